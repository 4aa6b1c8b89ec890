"""Percentages that add up to 100.0, used by everything that shows or writes a result.

Pure arithmetic on whole numbers: no vote is ever lost or invented by rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

TENTHS = 1000


def percentages(votes: Sequence[int]) -> tuple[float, ...]:
    """Return each choice's share in percent, to a tenth, by largest remainder.

    They add up to exactly 100.0 as soon as there is a vote, and are all 0.0 before. What rounding
    leaves over goes to the largest remainders, among equal ones to the more votes, then to the
    earlier choice; so equal votes may differ by 0.1, in a way that never changes between views.
    """
    total = sum(votes)
    if not total:
        return (0.0,) * len(votes)
    tenths = [number * TENTHS // total for number in votes]
    by_remainder = sorted(
        range(len(votes)), key=lambda i: (-(votes[i] * TENTHS % total), -votes[i], i)
    )
    for i in by_remainder[: TENTHS - sum(tenths)]:
        tenths[i] += 1
    return tuple(number / 10 for number in tenths)
