"""The votes over time as lines on paper: where each goes, what stands at the axes; pure.

From opening to closing, in steps of a minute or as many as keep the lines readable. Of many
choices the first eight by votes have a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from twittervotes.core.contest.posts import MINUTE_MS
from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.presentation import marks
from twittervotes.presentation.marks import Mark

PAPER, TRACK = "#ffffff", "#e9edf2"
WIDTH, HEIGHT = 720, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 700, 12, 166
LINES, POINTS, TICKS = 8, 180, 8
LETTER = 11  # how far apart letters at the ends of lines are
HOUR, DAY = 60, 24 * 60
STEPS = (1, 2, 5, 10, 15, 30, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY)


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A choice's line: its points as SVG wants them, and where its letter stands."""

    name: str
    mark: Mark
    points: str
    end: tuple[float, float]
    letter_y: float


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time in which a source has a gap, or in which the vote was paused."""

    x: float
    width: float
    word: str


@dataclass(frozen=True, slots=True)
class SvgChart:
    """What is drawn: lines, bands, and the ticks (place, words) of both axes."""

    unit: str
    lines: tuple[ChartLine, ...]
    bands: tuple[Band, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    left_out: int


def mark(index: int, wish: str = "") -> Mark:
    """Return the mark of the choice at `index` on paper; `wish` is the operator's colour, or ""."""
    return marks.mark(index, (TRACK, PAPER), (PAPER, 0.4), wish)


def chart(snapshot: Snapshot) -> SvgChart | None:
    """Return the chart, None before the first vote."""
    minutes = snapshot.tally.minutes
    if not minutes:
        return None
    start, end = _span(snapshot)
    step = _step((end - start) // MINUTE_MS, POINTS)
    size = step * MINUTE_MS
    start -= start % size
    number = -((start - end) // size)
    votes = _added(minutes, start, size, number)
    choices, totals = snapshot.contest.choices, snapshot.tally.votes
    drawn = sorted(sorted(range(len(choices)), key=lambda i: -totals[i])[:LINES])
    top = max(max(row) for row in votes.values())
    scale = _Scale(start, start + number * size, top)
    lines = []
    for i in drawn:
        points = [
            (scale.x(start + n * size + size // 2), scale.y(votes[n][i] if n in votes else 0))
            for n in range(number)
        ]
        text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        line = ChartLine(
            choices[i].name, mark(i, choices[i].colour), text, points[-1], points[-1][1]
        )
        lines.append(line)
    pauses = [
        (begun, scale.end if end is None else end, "paused")
        for begun, end in snapshot.contest.pauses
    ]
    gaps = [(gap.from_ms, gap.to_ms, "gap") for each in snapshot.sources for gap in each.gaps]
    return SvgChart(
        unit="minute" if step == 1 else _lasting(step),
        lines=tuple(_parted(lines)),
        bands=tuple(scale.bands(pauses + gaps)),
        across=tuple(scale.across()),
        up=tuple(scale.up()),
        left_out=len(choices) - len(drawn),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    start: int
    end: int
    top: int

    def x(self, at_ms: int) -> float:
        share = (at_ms - self.start) / (self.end - self.start)
        return LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, share))

    def y(self, votes: int) -> float:
        return BOTTOM - (BOTTOM - TOP) * votes / self.top

    def bands(self, stretches: Iterable[tuple[int, int, str]]) -> Iterator[Band]:
        for from_ms, to_ms, word in stretches:
            if to_ms >= self.start and from_ms <= self.end:
                x = self.x(from_ms)
                yield Band(x, max(2.0, self.x(to_ms) - x), word)

    def across(self) -> Iterator[tuple[float, str]]:
        step = _step((self.end - self.start) // MINUTE_MS, TICKS)
        size = step * MINUTE_MS
        form = "%H:%M" if step < DAY else "%Y-%m-%d"
        for at_ms in range(self.start + -self.start % size, self.end + 1, size):
            yield self.x(at_ms), datetime.fromtimestamp(at_ms / 1000, UTC).strftime(form)

    def up(self) -> Iterator[tuple[float, str]]:
        for votes in _ticks(self.top, 4):
            yield self.y(votes), f"{votes:,}"


def _span(snapshot: Snapshot) -> tuple[int, int]:
    """Return the time that is drawn: the period as far as it is known, and every vote."""
    contest, minutes = snapshot.contest, snapshot.tally.minutes
    first, last = minutes[0][0], minutes[-1][0]
    start = min(first, contest.opens_ms or first)
    end = max(last + MINUTE_MS, min(contest.closes_ms or 0, max(snapshot.now_ms, last)))
    return start, end


def _step(minutes: int, most: int) -> int:
    """Return the least round step of which at most `most` make up `minutes`."""
    longest = STEPS[-1]
    step = next((step for step in STEPS if step * most >= minutes), longest)
    return step if step < longest else longest * max(1, -(-minutes // (longest * most)))


def _added(
    minutes: Sequence[tuple[int, tuple[int, ...]]], start: int, size: int, number: int
) -> dict[int, list[int]]:
    """Return the votes of each step that has any."""
    votes: dict[int, list[int]] = {}
    for minute, numbers in minutes:
        row = votes.setdefault(min((minute - start) // size, number - 1), [0] * len(numbers))
        for i, more in enumerate(numbers):
            row[i] += more
    return votes


def _parted(lines: list[ChartLine]) -> list[ChartLine]:
    """Move the letters at the ends of the lines apart, where they would hide each other."""
    upwards = sorted(lines, key=lambda line: -line.end[1])
    placed, y = [], float(BOTTOM + LETTER)
    for line in upwards:
        y = min(line.end[1], y - LETTER)
        placed.append((y, line))
    return [
        ChartLine(line.name, line.mark, line.points, line.end, letter_y)
        for letter_y, line in sorted(placed, key=lambda it: lines.index(it[1]))
    ]


def _lasting(minutes: int) -> str:
    for size, unit in ((DAY, "days"), (HOUR, "hours")):
        if minutes % size == 0:
            number = minutes // size
            return f"{number} {unit}" if number > 1 else unit[:-1]
    return f"{minutes} minutes"


def _ticks(top: int, most: int) -> Iterator[int]:
    """Return round numbers up to `top`, `most` at most."""
    sizes = (10**power * digit for power in range(19) for digit in (1, 2, 5))
    size = next(size for size in sizes if top // size <= most)
    return iter(range(size, top + 1, size))
