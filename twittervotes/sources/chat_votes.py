"""The chat votes that this process has read: removals take effect while voting is open.

Removals of unknown messages are left to the ledger, which stores every removal and applies it when
the vote is settled.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.posts import Deleted, Kind, News, Post, Presence

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST: Final = 200_000  # remembered votes; removals of older ones wait until the vote is settled


@dataclass(slots=True)
class Votes:
    """Votes by key and by voter."""

    _by_key: OrderedDict[str, Post] = field(default_factory=OrderedDict)
    _keys_of: dict[str, set[str]] = field(default_factory=dict)
    _keys_by_id: dict[str, str] = field(default_factory=dict)

    def put(self, post: Post, id_here: str = "") -> None:
        """Remember a vote."""
        if post.key in self._by_key:
            return
        self._by_key[post.key] = post
        self._keys_of.setdefault(post.voter, set()).add(post.key)
        if id_here and id_here != post.key:
            self._keys_by_id[id_here] = post.key
        if len(self._by_key) > MOST:
            self._forget(next(iter(self._by_key)))

    def get(self, key: str) -> Post | None:
        """Return the vote with this key, if it is known and counts."""
        return self._by_key.get(key)

    def withdrawn(self, news: News) -> Iterator[Post]:
        """Yield the versions of known votes that follow from `news`, as `aside` makes them."""
        if isinstance(news, Presence):
            for key in sorted(self._keys_of.get(news.voter, ())):
                post = self._by_key[key]
                if post.at_ms < news.revision:
                    self._forget(key)
                    yield post._replace(kind=Kind.WITHDRAWN.value, revision=news.revision + 1)
        elif isinstance(news, Deleted):
            key = self._keys_by_id.get(news.name, "") if news.by_id else news.name
            if key in self._by_key:
                post = self._by_key[key]
                self._forget(key)
                yield post._replace(tags="", kind=Kind.WITHDRAWN.value, revision=0)

    def _forget(self, key: str) -> None:
        post = self._by_key.pop(key)
        keys = self._keys_of[post.voter]
        keys.discard(key)
        if not keys:
            del self._keys_of[post.voter]
