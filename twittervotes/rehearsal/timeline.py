"""All posts up to now, and the index in which some of them appear late.

Callers provide the time; it never looks at a clock. Thread-safe.
"""

from __future__ import annotations

import threading
from bisect import bisect_right, insort
from heapq import heappop, heappush, merge
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

from twittervotes.rehearsal.audience import Tweet, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.rehearsal.query import Query

_id = attrgetter("id")


class Posting(Protocol):
    """A source of posts: an audience, or one that also edits."""

    def popular(self) -> tuple[Tweet, ...]:
        """Return the popular posts."""

    def tweets(self) -> Iterator[Tweet]:
        """Yield all posts, in the order in which they are indexed."""

    def current(self, tweets: list[Tweet]) -> list[Tweet]:
        """Return the current version of each post, once."""

    def fall_silent(self) -> None:
        """End the posts soon; edits of existing ones still come."""


class Timeline:
    """What an audience has posted, and what the network has indexed of it."""

    def __init__(self, audience: Posting) -> None:
        self._lock = threading.Lock()
        self._audience = audience
        self._coming = audience.tweets()
        self._next = next(self._coming, None)
        self._popular = audience.popular()
        self._posted = list(self._popular)
        self._unindexed: list[tuple[int, Tweet]] = []
        self._tagged: dict[str, list[Tweet]] = {}
        self._indexed: dict[int, Tweet] = {}
        for tweet in self._popular:
            self._index(tweet)

    def advance(self, now_ms: int) -> None:
        """Generate posts, and index them, up to now."""
        with self._lock:
            while self._next is not None and self._next.posted_ms <= now_ms:
                self._posted.append(self._next)
                heappush(self._unindexed, (self._next.indexed_ms, self._next))
                self._next = next(self._coming, None)
            while self._unindexed and self._unindexed[0][0] <= now_ms:
                self._index(heappop(self._unindexed)[1])

    def fall_silent(self) -> None:
        """End the posts soon; edits of existing ones still come."""
        self._audience.fall_silent()

    def posted(self) -> list[Tweet]:
        """Return all posts, indexed or not, in the order of posting."""
        with self._lock:
            return self._audience.current(self._posted.copy())

    def by_id(self, number: int) -> Tweet | None:
        """Return an indexed post, or an indexed version of one."""
        with self._lock:
            return self._indexed.get(number)

    def tags(self) -> list[str]:
        """Return all indexed tags, as the network compares them."""
        with self._lock:
            return list(self._tagged)

    def found(self, query: Query, above: int, upto: int, most: int) -> list[Tweet]:
        """Return the newest posts with IDs above one bound and up to the other."""
        with self._lock:
            return list(islice(self._downwards(query, above, upto), most))

    def popular(self, query: Query, above: int, upto: int) -> list[Tweet]:
        """Return the popular posts that the query matches, within the same bounds."""
        return [each for each in self._popular if above < each.id <= upto and query.finds(each)]

    def _index(self, tweet: Tweet) -> None:
        self._indexed[tweet.id] = tweet
        for tag in set(map(plain, tweet.tags)):
            insort(self._tagged.setdefault(tag, []), tweet, key=_id)

    def _downwards(self, query: Query, above: int, upto: int) -> Iterator[Tweet]:
        if not query.groups:
            return
        runs = [self._run(tag, above, upto) for tag in sorted(query.groups[0])]
        last = 0
        for tweet in merge(*runs, key=_id, reverse=True):
            if tweet.id != last and query.finds(tweet):
                yield tweet
            last = tweet.id

    def _run(self, tag: str, above: int, upto: int) -> Iterator[Tweet]:
        tweets = self._tagged.get(tag, [])
        first = bisect_right(tweets, above, key=_id)
        behind = bisect_right(tweets, upto, lo=first, key=_id)
        return (tweets[place] for place in range(behind - 1, first - 1, -1))
