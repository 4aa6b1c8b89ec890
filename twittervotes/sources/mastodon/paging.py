"""How a round of one hashtag goes from page to page. Pure: IDs and times in, the next step out.

A round begins with the newest page, which doesn't use the scarce limit on paging, and is complete
if that page reaches some minutes below the cursor. Otherwise it continues upward from there with
`min_id`, until it meets the first page or an empty one; a short page isn't the last. The first
round and the final sweep go down with `max_id` to the opening of the vote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twittervotes.sources.mastodon.decode import DecodedTimeline, earlier, order, time_of

if TYPE_CHECKING:
    from twittervotes.core.contest.posts import Ask

NEWEST, DOWN, UP = "", "down", "up"
MINUTE_MS = 60_000


class PageRequest(NamedTuple):
    """One request of a round: its direction, its start, and its end."""

    way: str
    id: str = ""
    upto: str = ""

    @classmethod
    def of(cls, token: str) -> PageRequest:
        """Parse a page token."""
        return cls(*token.split(":"))

    def token(self) -> str:
        """Return the request as a page token."""
        return ":".join(self)

    @property
    def is_paging(self) -> bool:
        """Whether it requests another page of a round."""
        return self.way in (DOWN, UP)

    def is_overlap(self, ask: Ask) -> bool:
        """Return whether it can only find what existed before the cursor, except late posts."""
        return self.way == UP and bool(ask.since) and order(self.upto) <= order(ask.since)

    def leads_nowhere(self, ids: tuple[str, ...]) -> bool:
        """Return whether a page is on the wrong side of the ID, so that paging would never end."""
        if not ids or not self.is_paging:
            return False
        if self.way == UP:
            return order(max(ids, key=order)) <= order(self.id)
        return order(min(ids, key=order)) >= order(self.id)


def following(
    ask: Ask, step: PageRequest, found: DecodedTimeline, overlap_ms: int
) -> PageRequest | None:
    """Return the request after a page, None at the end of the round."""
    if not found.ids:
        return None
    lowest, highest = min(found.ids, key=order), max(found.ids, key=order)
    if step.way == UP:
        return PageRequest(UP, highest, step.upto) if order(highest) < order(step.upto) else None
    if ask.sweep or not ask.since:
        is_over = _is_before_opening(ask, lowest, found, overlap_ms)
        return None if is_over else PageRequest(DOWN, lowest)
    floor = earlier(ask.since, overlap_ms)
    if order(lowest) <= order(floor):
        return None
    step = PageRequest(UP, floor, lowest)
    return step if _is_due(ask.since, highest) or not step.is_overlap(ask) else None


def _is_due(since: str, newest: str) -> bool:
    """Return whether to read the overlap too: once a minute, by the posts' own clock."""
    before, now = time_of(since), time_of(newest)
    return before is None or now is None or before // MINUTE_MS < now // MINUTE_MS


def _is_before_opening(ask: Ask, lowest: str, found: DecodedTimeline, slack_ms: int) -> bool:
    """Return whether everything below is older than the vote; IDs and times must agree."""
    at_ms = time_of(lowest)
    if at_ms is None:
        return bool(found.posts) and all(post.at_ms < ask.opens_ms for post in found.posts)
    if at_ms >= ask.opens_ms - slack_ms:
        return False
    return all(post.at_ms < ask.opens_ms for post in found.posts)
