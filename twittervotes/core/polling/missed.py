"""Posts that a source had seen before but that its final sweep did not list.

Such a post was edited, deleted or hidden, and no network announces all of these; so it is looked
up. The ledger knows what was seen before, whichever process read it, and however often the program
was started. Pure: posts in, look-ups out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twittervotes.core.contest.folding import fold
from twittervotes.core.contest.posts import Gap, Kind, LooksUp, Post, Sought, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.ledger.known_posts import Name

MOST_LOOK_UPS = 500  # requests; an emptied timeline is not looked up post by post
UNASKED = "So many posts are no longer listed that not all of them could be looked up."
UNKNOWN = "Posts are no longer listed, and cannot be looked up."


@dataclass(slots=True)
class Missed:
    """Posts to look up, several per request, and the period of those that can't be."""

    batches: list[tuple[Sought, ...]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def missed(
    source: LooksUp,
    seen: Iterable[tuple[str, Post]],
    contest: Contest,
    listed: Mapping[str, set[Name]],
    others: Iterable[Source],
) -> Missed:
    """Return what `source` must look up after the final sweeps of all sources.

    `seen` are the posts that it has seen, with their IDs, in their current version; `listed` is
    what each source's sweep has listed, by source. A source that knows a post at first hand
    decides: what one of the `others` lists so exists, and what `source` lists so is looked up if it
    was considered withdrawn. Copies of another network's posts are left to that network, if it is
    queried.
    """
    here, carries = listed.get(source.name, set()), carrying(contest)
    others = tuple(others)
    theirs = {other.network for other in others} - {source.network}
    elsewhere = [
        (other.speaks_for, listed.get(other.name, set()))
        for other in others
        if isinstance(other, LooksUp)
    ]

    def is_doubtful(post: Post) -> bool:
        name, is_first_hand = post[:2], source.speaks_for(post)
        if post.network in theirs:
            return False
        if post.kind == Kind.WITHDRAWN:
            return name in here and is_first_hand and post.revision > 0
        if name in here or post.at_ms < contest.opens_ms or not carries(post):
            return False
        return is_first_hand or not any(
            name in there and speaks_for(post) for speaks_for, there in elsewhere
        )

    sought: list[Sought] = []
    unknown: list[int] = []
    for id_there, post in seen:
        if is_doubtful(post):
            if name := source.name_of(post, id_there):
                sought.append(Sought(name, post))
            else:
                unknown.append(post.at_ms)
    most = MOST_LOOK_UPS * source.at_once
    asked, unasked = sought[:most], [each.post.at_ms for each in sought[most:]]
    starts = range(0, len(asked), source.at_once)
    return Missed(
        [tuple(asked[start : start + source.at_once]) for start in starts],
        [
            Gap(min(times), max(times), why)
            for times, why in ((unknown, UNKNOWN), (unasked, UNASKED))
            if times
        ],
    )


def carrying(contest: Contest) -> Callable[[Post], bool]:
    """Return a predicate: whether a post has one of the contest's tags."""
    networks: dict[str, frozenset[str]] = {}

    def carries(post: Post) -> bool:
        if post.network not in networks:
            networks[post.network] = frozenset(fold(tag, post.network) for tag in contest.tags)
        wanted = networks[post.network]
        return any(fold(tag, post.network) in wanted for tag in post.tags.split(" "))

    return carries
