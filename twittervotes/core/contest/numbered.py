"""Posts whose keys and accounts are numbers, as lists: the fast path from a network to columns.

A source that decodes whole pages creates these instead of a `Post` for each post. `columns_of` is
the reference: `columns` must return what it returns for `posts`.
"""

from __future__ import annotations

import struct
from itertools import chain, compress, repeat
from typing import TYPE_CHECKING, NamedTuple

from twittervotes.core.contest.columns import EMPTY, MOST_POSTS, PostColumns, sealed
from twittervotes.core.contest.posts import Post

if TYPE_CHECKING:
    from collections.abc import Sequence


class NumberedPosts(NamedTuple):
    """Posts of one network that were never edited, with one item per post in each list.

    The creator has checked that each can be stored (`posts.can_be_kept`).

    Attributes:
        network: The network of all posts.
        tag_sets: "kind TAB tags".
        keys: From 0 to below 2**63.
        voters: The accounts, in the same range.
        times: When each was posted, in milliseconds since 1970 UTC.
        births: When its account was created; 0 if unknown.
    """

    network: str
    tag_sets: list[str]
    keys: list[int]
    voters: list[int]
    times: list[int]
    births: list[int]

    @property
    def size(self) -> int:
        """The number of posts."""
        return len(self.keys)

    def columns(self, salt: bytes) -> PostColumns:
        """Return the posts as columns, with their accounts sealed by `salt`.

        Raises:
            ValueError: There are more posts than an entry holds.
        """
        network, n = self.network, self.size
        if not n:
            return EMPTY
        if n > MOST_POSTS:
            raise ValueError(f"an entry holds {MOST_POSTS:,} posts at most")
        places = dict[str, int]()
        index = [places.setdefault(each, len(places)) for each in self.tag_sets]
        return PostColumns(
            n,
            "".join([f"{network}\t{each}\n" for each in places]).encode(),
            struct.pack(f"<{n}H", *index),
            struct.pack(f"<{n}Q", *self.keys),
            b"",
            sealed([f"{network}:{voter}" for voter in self.voters], salt),
            struct.pack(f"<{n}q", *self.times),
            struct.pack(f"<{n}q", *self.births) if any(self.births) else b"",
            b"",
            struct.pack(f"<{n}Q", *self.voters),
        )

    def posts(self) -> list[Post]:
        """Return the posts."""
        told = [each.split("\t", 1) for each in self.tag_sets]
        kinds, tags = zip(*told, strict=True) if told else ((), ())
        keys, voters = map(str, self.keys), map(str, self.voters)
        return list(
            map(
                Post,
                repeat(self.network),
                keys,
                voters,
                self.times,
                tags,
                kinds,
                repeat(0),
                self.births,
            )
        )

    def only(self, keep: Sequence[bool]) -> NumberedPosts:
        """Return the posts for which `keep` is true."""
        return NumberedPosts(
            self.network,
            list(compress(self.tag_sets, keep)),
            list(compress(self.keys, keep)),
            list(compress(self.voters, keep)),
            list(compress(self.times, keep)),
            list(compress(self.births, keep)),
        )


def together(parts: Sequence[NumberedPosts]) -> NumberedPosts:
    """Join several lots of posts of one network."""
    if len(parts) == 1:
        return parts[0]
    return NumberedPosts(
        parts[0].network,
        list(chain.from_iterable(part.tag_sets for part in parts)),
        list(chain.from_iterable(part.keys for part in parts)),
        list(chain.from_iterable(part.voters for part in parts)),
        list(chain.from_iterable(part.times for part in parts)),
        list(chain.from_iterable(part.births for part in parts)),
    )
