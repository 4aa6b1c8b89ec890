"""The course of a vote as a line chart: the positions of its lines, bands and ticks; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twittervotes.board import wire

TOP = 10
MOST_LINES, LETTER = 8, 20.0
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)  # minutes between two ticks


@dataclass(frozen=True, slots=True)
class Size:
    """The picture's size, the area of the lines, and how many time labels fit."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    ticks: int


WIDE = Size(752, 290, 40, 712, 264, 8)
NARROW = Size(360, 190, 40, 318, 164, 4)


@dataclass(frozen=True, slots=True)
class ShareLine:
    """The share of one choice over time, and the position of its letter."""

    index: int
    letter: str
    name: str
    path: str
    letter_y: float


@dataclass(frozen=True, slots=True)
class ShareChart:
    """The chart. `rows` has the same data as a table: a time, and each line's share then."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    lines: tuple[ShareLine, ...]
    bands: tuple[tuple[float, float, str], ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    rows: tuple[tuple[int, tuple[float, ...]], ...]
    left_out: int


def chart(document: wire.Document, size: Size = WIDE) -> ShareChart | None:
    """Return how the shares of the choices developed; None with fewer than two points."""
    minutes = document.minutes
    total, points = [0] * len(document.contest.choices), []
    for number, row in enumerate(minutes.rows):
        total = [before + more for before, more in zip(total, row, strict=True)]
        if sum(total):
            at_ms = minutes.start_ms + (number + 1) * minutes.step_ms
            points.append((at_ms, [100 * votes / sum(total) for votes in total]))
    if len(points) < 2:
        return None
    drawn = sorted(sorted(range(len(total)), key=lambda i: -total[i])[:MOST_LINES])
    start, end = minutes.start_ms, points[-1][0]
    top = 20.0 * (max(max(shares[i] for i in drawn) for _, shares in points) // 20 + 1)
    top = min(100.0, top)

    def x(at_ms: int) -> float:
        return size.left + (size.right - size.left) * min(
            1.0, max(0.0, (at_ms - start) / (end - start))
        )

    def y(share: float) -> float:
        return size.bottom - (size.bottom - TOP) * share / top

    ends = _apart({i: y(points[-1][1][i]) for i in drawn}, size.bottom)
    lines = tuple(
        ShareLine(
            i,
            document.contest.choices[i].letter,
            document.contest.choices[i].name,
            "M" + "L".join(f"{x(at_ms):.1f} {y(shares[i]):.1f}" for at_ms, shares in points),
            ends[i],
        )
        for i in drawn
    )
    bands = tuple(
        (x(band.from_ms), max(2.0, x(band.to_ms or end) - x(band.from_ms)), band.words)
        for band in minutes.bands
        if band.from_ms < end and (band.to_ms or end) > start
    )
    step = 20 if top > 40 else 10
    every = max(1, len(points) // 12)
    return ShareChart(
        width=size.width,
        height=size.height,
        left=size.left,
        right=size.right,
        bottom=size.bottom,
        lines=lines,
        bands=bands[:16],
        across=tuple(
            (x(at_ms), _time(at_ms, end - start)) for at_ms in _ticks(start, end, size.ticks)
        ),
        up=tuple((y(share), f"{share}%") for share in range(0, int(top) + 1, step)),
        rows=tuple(
            (at_ms, tuple(shares[i] for i in drawn))
            for number, (at_ms, shares) in enumerate(points)
            if (len(points) - 1 - number) % every == 0
        ),
        left_out=len(total) - len(drawn),
    )


def _ticks(start: int, end: int, most: int) -> range:
    minutes = (end - start) // 60_000
    step = next((step for step in STEPS if minutes <= step * most), 0)
    size = 60_000 * (step or 1440 * (minutes // (1440 * most) + 1))
    return range(start + -start % size, end + 1, size)


def _time(at_ms: int, span_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.strftime("%H:%M" if span_ms < 48 * 3_600_000 else "%d %b")


def _apart(ends: dict[int, float], bottom: int) -> dict[int, float]:
    """Move the letters at the ends of lines apart if they overlap."""
    placed, y = {}, bottom + LETTER
    for index in sorted(ends, key=lambda i: -ends[i]):
        y = placed[index] = min(ends[index], y - LETTER)
    return placed
