"""How a round of one hashtag goes from page to page. Pure: ids and times in, the next step out.

A round begins with the newest page, which costs nothing of the scarce limit on paging, and is
whole where that page comes down to the cursor and some minutes below it. Otherwise it goes on
upward from there with `min_id`, until it meets the first page or an empty one; a short page is not
the last. The first round and the final sweep go down with `max_id` to the opening of the vote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twittervotes.sources.mastodon.decode import DecodedTimeline, earlier, order, time_of

if TYPE_CHECKING:
    from twittervotes.core.contest.posts import Ask

NEWEST, DOWN, UP = "", "down", "up"
MINUTE_MS = 60_000


class PageRequest(NamedTuple):
    """One request of a round: which way it goes on, from which id, and up to which."""

    way: str
    id: str = ""
    upto: str = ""

    @classmethod
    def of(cls, token: str) -> PageRequest:
        """Read a request out of a page token."""
        return cls(*token.split(":"))

    def token(self) -> str:
        """Return the request as a page token."""
        return ":".join(self)

    @property
    def is_paging(self) -> bool:
        """Whether it asks for another page of a round."""
        return self.way in (DOWN, UP)

    def is_overlap(self, ask: Ask) -> bool:
        """Tell whether all that it can find was there before the cursor, but for late posts."""
        return self.way == UP and bool(ask.since) and order(self.upto) <= order(ask.since)

    def leads_nowhere(self, ids: tuple[str, ...]) -> bool:
        """Tell whether a page is on the wrong side of the id, so that going on would never end."""
        if not ids or not self.is_paging:
            return False
        if self.way == UP:
            return order(max(ids, key=order)) <= order(self.id)
        return order(min(ids, key=order)) >= order(self.id)


def following(
    ask: Ask, step: PageRequest, found: DecodedTimeline, overlap_ms: int
) -> PageRequest | None:
    """Return where the round goes on behind a page, None where it ends."""
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
    """Tell whether to read the overlap too: once a minute, by the posts' own clock."""
    before, now = time_of(since), time_of(newest)
    return before is None or now is None or before // MINUTE_MS < now // MINUTE_MS


def _is_before_opening(ask: Ask, lowest: str, found: DecodedTimeline, slack_ms: int) -> bool:
    """Tell whether all below is older than the vote; ids and times must agree, as either lies."""
    at_ms = time_of(lowest)
    if at_ms is None:
        return bool(found.posts) and all(post.at_ms < ask.opens_ms for post in found.posts)
    if at_ms >= ask.opens_ms - slack_ms:
        return False
    return all(post.at_ms < ask.opens_ms for post in found.posts)
