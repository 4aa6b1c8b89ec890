"""The fast path from plain posts to columns, for networks whose IDs are numbers.

A decoder reads a whole page, or many lines of a file, in one pass, and these functions check the
result. Each raises ValueError if a post needs a closer look; then the reference decoder reads post
by post. Both must give the same posts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from twittervotes.core.contest.posts import LONGEST_VALUE
from twittervotes.sources._common import HIGHEST_ID, MOST_TAGS
from twittervotes.sources.lenient import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from twittervotes.core.contest.numbered import NumberedPosts

T = TypeVar("T")

AROUND: Final = b" \t\r,]\x1e"  # what may follow a value on its line


def id_numbers(ids: list[str]) -> list[int]:
    """Return IDs as numbers; raise ValueError unless all are canonical and possible."""
    numbers = list(map(int, ids))
    is_usual = list(map(str, numbers)) == ids
    if not is_usual or (ids and not 0 < min(numbers) <= max(numbers) <= HIGHEST_ID):
        raise ValueError("an unusual ID")
    return numbers


def check_tag_sets(told: Iterable[tuple[str, int]]) -> None:
    """Raise ValueError unless all hashtags are plain."""
    for tag_set, number in set(told):
        tags = tag_set.partition("\t")[2]
        words = tags.split()
        if len(words) != number or number > MOST_TAGS or " ".join(words) != tags:
            raise ValueError("an empty hashtag, or one with a space")
        if not tags.isprintable() or len(tag_set) > LONGEST_VALUE:
            raise ValueError("hashtags with control characters, or too long")


def first_lines(
    lines: Sequence[bytes], decode: Callable[[bytes], T], posts: Callable[[list[T]], NumberedPosts]
) -> NumberedPosts:
    """Return the posts of the first lines, up to one that isn't a plain post."""
    found: list[T] = []
    try:
        for line in lines:
            found += [decode(line.rstrip(AROUND))]
    except UNREADABLE:
        pass  # this line needs a closer look; those before it are fine
    while found:
        try:
            return posts(found)
        except UNREADABLE:  # one of them does, too
            found = found[: len(found) // 2]
    return posts([])
