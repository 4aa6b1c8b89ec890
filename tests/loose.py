"""A count of posts that no ledger holds: they get their numbers here."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post, Tally
from twittervotes.core.counting.running import Count, Loose


class LooseCount:
    """A running count that is given posts as they are."""

    def __init__(self, contest: Contest) -> None:
        self._shelf = Loose()
        self._numbers: dict[Post, int] = {}
        self._count = Count(contest, self._shelf)

    def add(self, posts: Iterable[Post]) -> None:
        new = [*posts]
        batch = self._shelf.put(new)
        self._numbers |= dict(zip(new, batch.numbers.tolist(), strict=True))
        self._count.add(batch)

    def remove(self, posts: Iterable[Post]) -> None:
        numbers = [self._numbers[post] for post in posts]
        self._count.remove(self._shelf.at(np.array(numbers, np.uint32)))

    def tally(self) -> Tally:
        return self._count.tally()
