"""Posts of one network that an import has read but not written yet, in the order of the file."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from twittervotes.core.contest.columns import PostColumns, columns_of, joined
from twittervotes.core.contest.numbered import NumberedPosts, together
from twittervotes.core.contest.posts import Post

if TYPE_CHECKING:
    from collections.abc import Iterator


class Gathered:
    """Posts, some of which came one by one and others many at once."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[Post | NumberedPosts] = []

    def put(self, post: Post) -> None:
        """Add a post."""
        self._parts.append(post)
        self.size += 1

    def put_all(self, posts: NumberedPosts) -> None:
        """Add posts."""
        self._parts.append(posts)
        self.size += posts.size

    def columns(self, salt: bytes) -> PostColumns:
        """Return all as columns, with their accounts sealed by `salt`."""
        return joined(list(self._pages(salt)))

    def _pages(self, salt: bytes) -> Iterator[PostColumns]:
        for is_one, parts in groupby(self._parts, lambda each: isinstance(each, Post)):
            some = list(parts)
            if is_one:
                yield columns_of([each for each in some if isinstance(each, Post)], salt)
            else:
                many = [each for each in some if isinstance(each, NumberedPosts)]
                yield together(many).columns(salt)
