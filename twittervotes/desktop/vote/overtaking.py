"""How rows change places so that no two ever overlap: which ones glide, which fade, and when.

Rows that keep their order among themselves glide, all with one easing, so each stays clear of the
next. All others first fade out, and fade in at their new place once it is free. If more than two
would fade, or a row appears, lanes would stay empty for long: then all rows that move fade quickly,
and none glides. Pure arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TAKES_MS, TURN_MS = 820, 250
MOST_FADING = 2
ASIDE = 12
DIMMED = 0.55
RISING = 2.5  # a rising row glides, rather than the one or two it passes, but not rather than three


class RowMotion(Enum):
    """A row's movement while rows change places."""

    STAYS = auto()
    RISES = auto()
    SINKS = auto()
    FADES = auto()
    TURNS = auto()  # fades quickly, as all that move do
    RESTS = auto()  # stays as it is while others turn


@dataclass(frozen=True, slots=True)
class Pose:
    """A row's position on its way, its sideways offset, and its opacity."""

    way: float = 1.0
    aside: float = 0.0
    level: float = 1.0


def parts(
    before: Sequence[int], after: Sequence[int], column: Callable[[int], int]
) -> tuple[RowMotion, ...]:
    """Return each row's movement from its place `before` to its place `after`.

    `column` returns the column of a place, -1 for one that is not shown.
    """
    found = [RowMotion.FADES] * len(before)
    for lane in {*map(column, before)} - {-1}:
        rows = [
            row
            for row in sorted(range(len(before)), key=before.__getitem__)
            if column(before[row]) == lane == column(after[row])
        ]
        for row in _in_order(rows, before, after):
            step = after[row] - before[row]
            found[row] = (
                RowMotion.RISES if step < 0 else RowMotion.SINKS if step else RowMotion.STAYS
            )
    appears = any((column(a) < 0) != (column(b) < 0) for a, b in zip(before, after, strict=True))
    shown = (column(a) >= 0 for a in before)
    fading = sum(
        one is RowMotion.FADES and is_shown for one, is_shown in zip(found, shown, strict=True)
    )
    if appears or fading > MOST_FADING:
        ways = zip(before, after, strict=True)
        return tuple(RowMotion.TURNS if a != b else RowMotion.RESTS for a, b in ways)
    return tuple(found)


def takes_ms(found: Sequence[RowMotion]) -> int:
    """Return how long rows with these movements take."""
    return TURN_MS if RowMotion.TURNS in found else TAKES_MS


def _in_order(rows: list[int], before: Sequence[int], after: Sequence[int]) -> list[int]:
    """Return the rows that stay visible: the heaviest set that keeps its order."""
    best: list[tuple[float, list[int]]] = []
    for row in rows:
        weight = RISING if after[row] < before[row] else 1.0
        earlier = [one for one in best if after[one[1][-1]] < after[row]]
        most, chain = max(earlier, key=lambda one: one[0], default=(0.0, []))
        best.append((most + weight, [*chain, row]))
    return max(best, key=lambda one: one[0], default=(0.0, []))[1]


def pose(part: RowMotion, at_ms: float) -> Pose:
    """Return the pose of a row with this movement, so long after the change began."""
    if part in (RowMotion.TURNS, RowMotion.RESTS):
        half = TURN_MS / 2
        gone, back = _ramp(at_ms, 0, half), _ramp(at_ms, half, TURN_MS)
        return Pose(float(at_ms >= half), 0.0, 1 - gone + back if part is RowMotion.TURNS else 1.0)
    if part is RowMotion.FADES:
        gone, back = _ramp(at_ms, 0, 180), _ramp(at_ms, 600, 760)
        is_back = at_ms >= 360
        return Pose(float(is_back), ASIDE * ((back - 1) if is_back else -gone), 1 - gone + back)
    way = eased(_ramp(at_ms, 180, 600))
    up = _ramp(at_ms, 0, 140) - _ramp(at_ms, 620, TAKES_MS)
    if part is RowMotion.RISES:
        return Pose(way, ASIDE * up)
    return Pose(way, 0.0, 1 - (1 - DIMMED) * up)


def eased(share: float) -> float:
    """Return cubic-bezier(.4, 0, .1, 1) at `share` of the time: a gentle start, a slow end."""
    low, high = 0.0, 1.0
    for _ in range(20):
        t = (low + high) / 2
        x = 3 * (1 - t) ** 2 * t * 0.4 + 3 * (1 - t) * t**2 * 0.1 + t**3
        low, high = (t, high) if x < share else (low, t)
    return 3 * (1 - low) * low**2 + low**3 if share < 1 else 1.0


def _ramp(at_ms: float, begins: float, ends: float) -> float:
    return min(1.0, max(0.0, (at_ms - begins) / (ends - begins)))
