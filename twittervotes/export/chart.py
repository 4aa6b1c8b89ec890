"""The chart of votes over time on paper: the positions of lines, bands and ticks; pure.

It shows what the window's chart shows (`presentation.trend`), for at most the eight choices with
the most votes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from twittervotes.presentation import marks
from twittervotes.presentation.marks import Mark
from twittervotes.presentation.trend import MINUTE, Trend, time_ticks, trend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.core.contest.snapshot import Snapshot

PAPER, TRACK = "#ffffff", "#e9edf2"
WIDTH, HEIGHT = 720, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 700, 12, 166
LINES, POINTS, TICKS = 8, 180, 8
LETTER = 11  # minimum distance of the letters at the ends of lines


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A choice's line: the points of its parts as SVG has them, and the position of its letter."""

    name: str
    mark: Mark
    parts: tuple[str, ...]
    end: tuple[float, float]
    letter_y: float


@dataclass(frozen=True, slots=True)
class Band:
    """A period in which a source has a gap or is silent, or the vote was paused."""

    x: float
    width: float
    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class SvgChart:
    """The drawing: lines, bands, and the ticks (position, label) of both axes.

    `title` says what is shown, `remark` over how long values are averaged.
    """

    title: str
    remark: str
    lines: tuple[ChartLine, ...]
    bands: tuple[Band, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    left_out: int


def mark(index: int, wish: str = "") -> Mark:
    """Return the mark of the choice at `index` on paper; `wish` is the operator's colour, or ""."""
    return marks.mark(index, (TRACK, PAPER), (PAPER, 0.4), wish)


def chart(snapshot: Snapshot) -> SvgChart | None:
    """Return the chart; None before the first vote."""
    if not snapshot.tally.minutes:
        return None
    drawn = trend(snapshot, snapshot.now_ms, most=POINTS)
    choices, totals = snapshot.contest.choices, snapshot.tally.votes
    shown = sorted(sorted(range(len(choices)), key=lambda i: -totals[i])[:LINES])
    scale = _Scale(drawn)
    lines = []
    for i in shown:
        parts = [[(scale.x(at), scale.y(value)) for at, value in part] for part in drawn.lines[i]]
        texts = tuple(" ".join(f"{x:.1f},{y:.1f}" for x, y in part) for part in parts)
        end = parts[-1][-1] if parts else (float(LEFT), float(BOTTOM))
        lines.append(ChartLine(choices[i].name, mark(i, choices[i].colour), texts, end, end[1]))
    averaged = f"averaged over {in_words(drawn.bin_ms // 1000)}"
    return SvgChart(
        title=drawn.title.capitalize(),
        remark="over the last minute" if drawn.smoothed_ms else averaged,
        lines=tuple(_parted(lines)),
        bands=tuple(scale.bands()),
        across=tuple(
            (scale.x(at), words)
            for at, words in time_ticks(drawn.start_ms, drawn.end_ms, TICKS, UTC)
        ),
        up=tuple(scale.up()),
        left_out=len(choices) - len(shown),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    drawn: Trend

    def x(self, at_ms: int) -> float:
        start, end = self.drawn.start_ms, self.drawn.end_ms
        return LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, (at_ms - start) / (end - start)))

    def y(self, value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * value / max(1, self.drawn.top)

    def bands(self) -> Iterator[Band]:
        for band in self.drawn.bands:
            if band.to_ms >= self.drawn.start_ms and band.from_ms <= self.drawn.end_ms:
                x = self.x(band.from_ms)
                yield Band(x, max(2.0, self.x(band.to_ms) - x), band.kind, band.word)

    def up(self) -> Iterator[tuple[float, str]]:
        for votes in _ticks(max(1, int(self.drawn.top)), 4):
            yield self.y(votes), f"{votes:,}"


def in_words(seconds: int) -> str:
    """Return a duration in words: 50 seconds, 1 minute, 7 days."""
    sizes = ((24 * 60 * MINUTE, "day"), (60 * MINUTE, "hour"), (MINUTE, "minute"), (1, "second"))
    size, unit = next((size, unit) for size, unit in sizes if seconds % size == 0)
    return f"{seconds // size} {unit}{'s' * (seconds > size)}"


def _parted(lines: list[ChartLine]) -> list[ChartLine]:
    """Move the letters at the ends of lines apart if they overlap."""
    upwards = sorted(lines, key=lambda line: -line.end[1])
    placed, y = [], float(BOTTOM + LETTER)
    for line in upwards:
        y = min(line.end[1], y - LETTER)
        placed.append((y, line))
    return [
        replace(line, letter_y=letter_y)
        for letter_y, line in sorted(placed, key=lambda it: lines.index(it[1]))
    ]


def _ticks(top: int, most: int) -> Iterator[int]:
    """Return at most `most` round numbers up to `top`."""
    sizes = (10**power * digit for power in range(19) for digit in (1, 2, 5))
    size = next(size for size in sizes if top // size <= most)
    return iter(range(size, top + 1, size))
