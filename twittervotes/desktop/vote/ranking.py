"""The order of choices by votes, which changes calmly.

Two choices that are neck and neck would change places with every post. So a choice passes another
only after leading for some seconds, and all changes that are due happen together. Pure: no clock.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERY_S = 3.0  # the order changes at most this often
CLEAR_S, CLOSE_S = 2.0, 5.0  # how long a lead must last, and a very small one
CLOSE = 1000  # a lead below one vote in so many is very small


class Ranking:
    """The choices, best first, as an audience sees them; tied choices keep their order."""

    def __init__(self) -> None:
        self._order: list[int] = []
        self._since: dict[tuple[int, int], float] = {}
        self._changed = float("-inf")

    def jump(self, votes: Sequence[int]) -> list[int]:
        """Sort by these votes at once; tied choices in their original order."""
        self._order = sorted(range(len(votes)), key=lambda i: (-votes[i], i))
        self._since = {}
        return self._order

    def follow(self, votes: Sequence[int], now: float) -> list[int]:
        """Update the order: choices pass that have led long enough at `now` (steady seconds)."""
        order = self._order
        if all(votes[above] >= votes[below] for above, below in pairwise(order)):
            self._since = {}
            return order
        self._since = {
            (below, above): self._since.get((below, above), now)
            for place, above in enumerate(order)
            for below in order[place + 1 :]
            if votes[below] > votes[above]
        }
        if now - self._changed >= EVERY_S:
            self._pass(votes, now)
        return self._order

    def _pass(self, votes: Sequence[int], now: float) -> None:
        least = sum(votes) / CLOSE
        due = {
            (below, above)
            for (below, above), since in self._since.items()
            if now - since >= (CLOSE_S if votes[below] - votes[above] < least else CLEAR_S)
        }
        order, is_sorted = [*self._order], False
        while not is_sorted:
            is_sorted = True
            for place, (above, below) in enumerate(pairwise([*order])):
                if (below, above) in due:
                    order[place : place + 2] = below, above
                    is_sorted = False
                    break
        if order != self._order:
            self._order, self._changed = order, now


def places_in(order: Sequence[int], votes: Sequence[int]) -> tuple[int, ...]:
    """Return each choice's place in `order`, from 1; neighbours with equal votes share one."""
    numbers = [0] * len(votes)
    for place, (above, i) in enumerate(pairwise([order[0], *order]), 1):
        numbers[i] = numbers[above] if place > 1 and votes[above] == votes[i] else place
    return tuple(numbers)
