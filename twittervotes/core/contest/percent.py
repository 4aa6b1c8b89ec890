"""Percentages of a result, used by everything that shows or writes one.

Pure arithmetic on whole numbers: no vote is ever lost or invented by rounding.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TENTHS = 1000


def percentages(votes: Sequence[int]) -> tuple[float, ...]:
    """Return each choice's share in percent, to a tenth; equal votes have equal shares.

    Shares are truncated to a tenth, and the rest up to 100.0 goes to the largest remainders. If it
    doesn't suffice for all choices with equal votes, these are rounded to the nearest tenth
    instead, and the sum may be 99.9 or 100.1. Before the first vote all are 0.0.
    """
    total = sum(votes)
    if not total:
        return (0.0,) * len(votes)
    tenths = {number: number * TENTHS // total for number in votes}
    remainder = {number: number * TENTHS % total for number in votes}
    alike = Counter(votes)
    left = TENTHS - sum(tenths[number] for number in votes)
    for number in sorted(alike, key=lambda number: (-remainder[number], -number)):
        fits = alike[number] <= left
        if fits or (left and 2 * remainder[number] >= total):
            tenths[number] += 1
        if not fits:
            break
        left -= alike[number]
    return tuple(tenths[number] / 10 for number in votes)


def places(votes: Sequence[int]) -> tuple[int, ...]:
    """Return each choice's place, from 1; choices with equal votes share one, as in 1, 2, 2, 4."""
    best = sorted(votes, reverse=True)
    first = {number: place for place, number in reversed([*enumerate(best, 1)])}
    return tuple(first[number] for number in votes)
