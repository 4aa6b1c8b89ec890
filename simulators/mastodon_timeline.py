"""What each instance of the simulated fediverse lists now and sends to its streams.

Callers provide the time; it never looks at a clock. Thread-safe.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from heapq import heappop, heappush
from queue import SimpleQueue
from typing import NamedTuple

from simulators.mastodon_json import status_json
from simulators.mastodon_world import ActKind, Fates, Status, folded
from twittervotes.rehearsal.audience import Audience, TweetKind

INSTANCES = 2
Event = tuple[str, str]  # its name and its data, as in a stream
Order = tuple[int, str]


class Bounds(NamedTuple):
    """The parameters of one page."""

    limit: int = 20
    max_id: str = ""
    since_id: str = ""
    min_id: str = ""


class Timelines:
    """All statuses up to now, as each instance has them."""

    def __init__(self, audience: Audience, fates: Fates) -> None:
        self.audience = audience
        self._lock = threading.Lock()
        self._coming = self._numbered(audience, fates)
        self._next = next(self._coming, None)
        self._happening: list[tuple[int, int, int, ActKind, Status]] = []
        self._posted: list[Status] = []
        self._here: list[dict[str, Status]] = [{} for _ in range(INSTANCES)]
        self._tagged: list[dict[str, list[tuple[Order, Status]]]] = [{} for _ in range(INSTANCES)]
        self._listeners: list[tuple[int, str, SimpleQueue[Event]]] = []
        self._now_ms = 0

    def advance(self, now_ms: int) -> None:
        """Generate posts and events up to now."""
        with self._lock:
            while self._next is not None and self._next.tweet.posted_ms <= now_ms:
                self._posted.append(self._next)
                self._plan(self._next)
                self._next = next(self._coming, None)
            while self._happening and self._happening[0][0] <= now_ms:
                at_ms, _, instance, does, status = heappop(self._happening)
                self._happen(at_ms, instance, does, status)
            self._now_ms = now_ms

    def bring(self, status: Status) -> None:
        """Add a status of another network, which is counted there."""
        with self._lock:
            self._plan(status)

    def posted(self) -> list[Status]:
        """Return all statuses of its own, arrived or not, in the order of posting."""
        with self._lock:
            return self._posted.copy()

    def page(self, instance: int, tag: str, bounds: Bounds) -> list[Status]:
        """Return a page, newest first, in whichever direction it was paged to."""
        with self._lock:
            listed = self._tagged[instance].get(tag, [])
            above = max(_bound(bounds.since_id), _bound(bounds.min_id))
            first = bisect_right(listed, above, key=_place)
            end = len(listed)
            if bounds.max_id:
                end = bisect_left(listed, _bound(bounds.max_id), key=_place)
            found = [status for _, status in listed[first : max(first, end)]]
        found = found[: bounds.limit] if bounds.min_id else found[-bounds.limit :]
        return found[::-1]

    def status(self, instance: int, id: str) -> Status | None:  # noqa: A002 - that is what it is
        """Return a status that an instance has, by its ID there."""
        with self._lock:
            return self._here[instance].get(id)

    def listen(self, instance: int, tag: str) -> SimpleQueue[Event]:
        """Return a queue that will receive all events of a tag."""
        queue: SimpleQueue[Event] = SimpleQueue()
        with self._lock:
            self._listeners.append((instance, tag, queue))
        return queue

    def leave(self, queue: SimpleQueue[Event]) -> None:
        """Stop feeding a queue."""
        with self._lock:
            self._listeners = [each for each in self._listeners if each[2] is not queue]

    @staticmethod
    def _numbered(audience: Audience, fates: Fates) -> Iterator[Status]:
        number = 0
        for tweets in (audience.popular(), audience.tweets()):
            for tweet in tweets:
                number += 1
                yield fates.status(number, tweet)

    def _plan(self, status: Status) -> None:
        for instance in range(INSTANCES):
            if instance in status.unseen_by:
                continue
            arrives_ms = status.arrives_ms(instance)
            self._add(arrives_ms, instance, ActKind.COMES, status)
            for version in status.versions[1:]:
                self._add(max(version.from_ms, arrives_ms), instance, ActKind.CHANGES, status)
            if status.deleted_ms is not None:
                self._add(max(status.deleted_ms, arrives_ms), instance, ActKind.GOES, status)

    def _add(self, at_ms: int, instance: int, does: ActKind, status: Status) -> None:
        # simultaneous events come in this order: new post, edit, deletion
        turn = status.number * 8 + (ActKind.COMES, ActKind.CHANGES, ActKind.GOES).index(does)
        heappush(self._happening, (at_ms, turn * INSTANCES + instance, instance, does, status))

    def _happen(self, at_ms: int, instance: int, does: ActKind, status: Status) -> None:
        id_here = status.id(instance)
        before = self._listed_under(instance, status)
        for tag in before:
            listed = self._tagged[instance][tag]
            del listed[bisect_left(listed, (len(id_here), id_here), key=_place)]
        if does is ActKind.GOES:
            self._here[instance].pop(id_here, None)
            self._tell(instance, before, "delete", id_here)
            return
        self._here[instance][id_here] = status
        tags = folded(status.version(at_ms).tags)
        is_boost = status.tweet.kind is TweetKind.RETWEET
        for tag in () if is_boost else tags:
            row = ((len(id_here), id_here), status)
            insort(self._tagged[instance].setdefault(tag, []), row, key=_place)
        event = "update" if does is ActKind.COMES else "status.update"
        # no event reports the loss of a hashtag
        if any(instance == where and tag in tags for where, tag, _ in self._listeners):
            self._tell(instance, tags, event, json.dumps(status_json(status, instance, at_ms)))

    def _listed_under(self, instance: int, status: Status) -> frozenset[str]:
        if status.id(instance) not in self._here[instance]:
            return frozenset()
        if status.tweet.kind is TweetKind.RETWEET:
            return frozenset()
        place = len(status.id(instance)), status.id(instance)
        found = set()
        for version in status.versions:
            for tag in folded(version.tags):
                listed = self._tagged[instance].get(tag, [])
                at = bisect_left(listed, place, key=_place)
                if at < len(listed) and listed[at][0] == place:
                    found.add(tag)
        return frozenset(found)

    def _tell(self, instance: int, tags: frozenset[str], name: str, data: str) -> None:
        for where, tag, queue in self._listeners:
            if where == instance and tag in tags:
                queue.put((name, data))


def _place(row: tuple[Order, Status]) -> Order:
    return row[0]


def _bound(id: str) -> Order:  # noqa: A002 - that is what it is
    return len(id), id
