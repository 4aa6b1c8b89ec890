"""A count of posts that no ledger holds: they get their numbers here."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post, Tally
from twittervotes.core.counting.running import Count, placed


class LooseCount:
    """A running count that is given posts as they are."""

    def __init__(self, contest: Contest) -> None:
        self._shelf: dict[int, Post] = {}
        self._numbers: dict[Post, int] = {}
        self._next = count(1)
        self._count = Count(contest, lambda numbers: {n: self._shelf[n] for n in numbers})

    def add(self, posts: Iterable[Post]) -> None:
        new = {next(self._next): post for post in posts}
        self._shelf |= new
        self._numbers |= {post: number for number, post in new.items()}
        self._count.add(placed(new))

    def remove(self, posts: Iterable[Post]) -> None:
        self._count.remove(placed({self._numbers[post]: post for post in posts}))

    def tally(self) -> Tally:
        return self._count.tally()
