"""X's queries: their text, the names in them, and how far back they go.

A round begins some minutes before the newest known post, for posts that are indexed late, but never
before the opening of the vote: earlier posts would be billed and not count. The first round and the
final sweep begin at the opening. None goes back beyond the seven days that X provides. All are
bounded by `since_id`, which is made from a time (an ID begins with one) and kept for all pages of a
round; times are never sent in addition.
https://docs.x.com/x-api/posts/search/integrate/build-a-query
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.posts import Ask, Feed, Gap
from twittervotes.sources.x.network import X

if TYPE_CHECKING:
    from collections.abc import Iterable

Names = Literal["tweet", "post"]

LEAST: Final = 10  # the minimum page size
MOST: Final = 100
LONGEST: Final = 512
WITHOUT_REPOSTS: Final = " -is:retweet"
SHIFT: Final = 22  # an ID is milliseconds << 22 and a serial number
BEGAN_MS: Final = 1_288_834_974_657  # the time of the first such ID
WEEK_MS: Final = 7 * 86_400_000
MARGIN_MS: Final = 60_000  # distance from the end of the seven days, which moves on
FIELDS: Final[dict[Names, str]] = {
    "tweet": "created_at,author_id,entities,referenced_tweets,edit_history_tweet_ids,note_tweet",
    "post": "created_at,author_id,entities,referenced_posts,edit_history_post_ids,note_post",
}
OTHER: Final[dict[Names, Names]] = {"tweet": "post", "post": "tweet"}


def queries(tags: tuple[str, ...], end: str) -> tuple[Feed, ...]:
    """Return queries that together find posts with any of `tags`; each closes with `end`."""
    groups: list[str] = []
    for tag in tags:
        longer = f"{groups[-1]} OR #{tag}" if groups else f"#{tag}"
        if groups and len(longer) + len("()") + len(end) <= LONGEST:
            groups[-1] = longer
        else:
            groups.append(f"#{tag}")
    return tuple(Feed(each, (f"({each})" if " " in each else each) + end) for each in groups)


def wanted(feed: Feed) -> frozenset[str]:
    """Return the folded tags of a query; the search also finds similar ones."""
    return frozenset(fold(each, X) for each in feed.name.split(" OR "))


def parameters(ask: Ask, floor: int, most: int, names: Names) -> dict[str, str]:
    """Return the parameters of a search for posts above the ID `floor`."""
    told = {
        "query": ask.feed.query,
        "max_results": str(most),
        "sort_order": "recency",
        f"{names}.fields": FIELDS[names],
    }
    if WITHOUT_REPOSTS not in ask.feed.query:  # only there are the tags of what is reposted
        told["expansions"] = f"referenced_{names}s.id"
    if floor:
        told["since_id"] = str(floor)
    if ask.token:
        told["next_token"] = next_token(ask)
    return told


def look_up(ids: Iterable[str], names: Names) -> dict[str, str]:
    """Return the parameters that request posts by ID."""
    return {"ids": ",".join(ids), f"{names}.fields": FIELDS[names]}


def token(floor: int, following: str) -> str:
    """Return our token for the next page."""
    return f"{floor}:{following}"


def next_token(ask: Ask) -> str:
    """Return X's token for the requested page, "" for the first of a round."""
    return ask.token.partition(":")[2]


def floor(ask: Ask, overlap_ms: int) -> int:
    """Return the ID above which to search, 0 for as far back as X goes."""
    if ask.token:  # the pages of a round belong together
        return int(ask.token.partition(":")[0])
    opening, oldest = first_id(ask.opens_ms), first_id(oldest_ms(ask.today_ms))
    if not ask.since:
        return max(opening, oldest)
    return max(int(ask.since) - (overlap_ms << SHIFT), opening, oldest)


def gaps(ask: Ask) -> tuple[Gap, ...]:
    """Return what X no longer provides, reported at the beginning of a round."""
    from_ms = ask.opens_ms if ask.sweep else max(ask.opens_ms, ask.read_ms)
    to_ms = oldest_ms(ask.today_ms)
    if ask.token or from_ms >= to_ms:
        return ()
    again = " again" * ask.sweep
    reason = f"X returns the last seven days only; earlier posts could not be read{again}."
    return (Gap(from_ms, to_ms, reason),)


def first_id(at_ms: int) -> int:
    """Return the ID just below those of that millisecond."""
    return max(0, ((at_ms - BEGAN_MS) << SHIFT) - 1)


def made_ms(number: int) -> int:
    """Return the millisecond in which an ID was created."""
    return (number >> SHIFT) + BEGAN_MS


def oldest_ms(today_ms: int = 0) -> int:
    """Return how far back the search goes at that time, or now."""
    return (today_ms or int(time.time() * 1000)) - WEEK_MS + MARGIN_MS
