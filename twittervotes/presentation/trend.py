"""The votes over time for every chart: rate, total or share, in bins that grow. Pure.

A bin is ten seconds in a short vote and grows with it. Only complete bins are drawn, so one that
has just begun doesn't look like a drop. A rate is the votes of the minute before, as in every
figure, or that of its bin if it is longer. Lines break in pauses, in gaps, and while no source
delivers data; while only some are silent, a band lies behind the lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import TypeVar

from twittervotes.core.contest.posts import FINE_MS, MINUTE_MS, STEP_MS
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.presentation.outage import outage

MOST_BINS = 90
MINUTE, HOUR, DAY = 60, 3600, 86_400
SIZES = (10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR,
         2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY)  # seconds  # fmt: skip
UNITS = (("minute", MINUTE, HOUR), ("hour", HOUR, DAY), ("day", DAY, 10**9))  # for bins below that
GAP, PAUSED, OUTAGE = "gap", "paused", "outage"
Point = tuple[int, float]  # a time, and a value
V = TypeVar("V")
Rows = Sequence[tuple[int, tuple[int, ...]]]


class TrendKind(StrEnum):
    """What a chart shows for each choice."""

    RATE = "votes per"
    TOTAL = "total votes"
    SHARE = "share of votes"


@dataclass(frozen=True, slots=True)
class TrendBand:
    """A period in which a source has a gap or delivers no data yet, or in which voting was paused.

    `kind` is GAP, PAUSED or OUTAGE, `word` its label. Lines break in it if `is_empty`.
    """

    from_ms: int
    to_ms: int
    kind: str
    word: str
    is_empty: bool = True


@dataclass(frozen=True, slots=True)
class Trend:
    """The lines of a chart: for each choice its parts, each a row of points.

    `times` are those of all points. `unit` is what a rate is per; `smoothed_ms` is the period over
    which it is averaged, 0 for its own bin.
    """

    kind: TrendKind
    start_ms: int
    end_ms: int
    bin_ms: int
    unit: str
    smoothed_ms: int
    lines: tuple[tuple[tuple[Point, ...], ...], ...]
    bands: tuple[TrendBand, ...]

    @property
    def title(self) -> str:
        """What the chart shows, in words."""
        return f"{self.kind} {self.unit}" if self.kind is TrendKind.RATE else self.kind.value

    @property
    def top(self) -> float:
        """The greatest value; 0 if nothing is drawn."""
        return max((value for line in self.lines for part in line for _, value in part), default=0)

    @property
    def times(self) -> tuple[int, ...]:
        """The times of all points."""
        return tuple(at for part in self.lines[0] for at, _ in part) if self.lines else ()

    def values(self, at_ms: int) -> tuple[int, tuple[float, ...]] | None:
        """Return the time of the point nearest to `at_ms` with each choice's value, if any."""
        times = self.times
        if not times:
            return None
        nearest = times.index(min(times, key=lambda time: abs(time - at_ms)))
        flat = [[value for part in line for _, value in part] for line in self.lines]
        return times[nearest], tuple(values[nearest] for values in flat)


def trend(
    snapshot: Snapshot, now_ms: int, kind: TrendKind = TrendKind.RATE, most: int = MOST_BINS
) -> Trend:
    """Return what a chart of `snapshot` draws at `now_ms`, in at most about `most` bins."""
    contest, tally = snapshot.contest, snapshot.tally
    is_over = snapshot.state in (State.CLOSING, State.PROVISIONAL, State.CERTIFIED)
    first = tally.minutes[0][0] if tally.minutes else contest.opens_ms or now_ms
    opens_ms = contest.opens_ms or first
    end_ms = max(opens_ms, min(now_ms, contest.closes_ms or now_ms))
    if tally.minutes and is_over:
        last = tally.steps[-1][0] + STEP_MS if tally.steps else tally.minutes[-1][0] + MINUTE_MS
        end_ms = max(end_ms, last)
    rows, unit = _rows(snapshot, end_ms)
    start = opens_ms - opens_ms % unit
    start = min(start, rows[0][0] if rows else start)
    bin_ms = max(unit, 1000 * step_of((end_ms - start) // 1000, most))
    number = max(1, -(-(end_ms - start) // bin_ms))
    votes = _added(rows, start, bin_ms, number, len(contest.choices))
    bands = tuple(_bands(snapshot, now_ms))
    ends = [(start + n * bin_ms, min(start + (n + 1) * bin_ms, end_ms)) for n in range(number)]
    if not is_over and ends[-1][1] - ends[-1][0] < bin_ms:
        ends.pop()  # it isn't whole yet
    is_drawn = [_is_known(begin, end, bands) for begin, end in ends]
    unit_name, unit_s = next(each for each in UNITS if bin_ms < 1000 * each[2])[:2]
    smooth = max(1, MINUTE_MS // bin_ms) if kind is TrendKind.RATE else 1
    lasting = [_counting(max(begin, opens_ms), end, contest.pauses) for begin, end in ends]
    lines: list[tuple[tuple[Point, ...], ...]] = []
    for choice in range(len(contest.choices)):
        if kind is TrendKind.RATE:
            times = [end if smooth > 1 else (begin + end) // 2 for begin, end in ends]
            own = [row[choice] for row in votes]
            rates = _rates(own, smooth, lasting, 1000 * unit_s)
            lines.append(tuple(map(tuple, _parts(times, rates, is_drawn))))
        else:
            times = [end for _, end in ends]
            values = _running(snapshot, votes, ends, choice, kind)
            lines.append(tuple(map(tuple, _parts(times, values, is_drawn))))
    if kind is not TrendKind.RATE:
        lines = _from_to(snapshot, lines, (start, end_ms), kind)
    smoothed = smooth * bin_ms if smooth > 1 else 0
    end_ms = max(end_ms, start + 1)
    return Trend(kind, start, end_ms, bin_ms, unit_name, smoothed, tuple(lines), bands)


def step_of(seconds: int, most: int) -> int:
    """Return the smallest round step, in seconds, with at most `most` steps in `seconds`."""
    found = next((size for size in SIZES if size * most >= seconds), SIZES[-1])
    return found if found < SIZES[-1] else found * max(1, -(-seconds // (found * most)))


def time_ticks(
    start_ms: int, end_ms: int, most: int, zone: tzinfo | None = None
) -> tuple[tuple[int, str], ...]:
    """Return about `most` round times between two, with their labels in `zone`.

    Without a zone they are in local time.
    """

    def local(at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)

    step = step_of((end_ms - start_ms) // 1000, most)
    size, shift = (
        1000 * step,
        round((local(start_ms).utcoffset() or UTC.utcoffset(None)).total_seconds()) * 1000,
    )
    form = "%H:%M:%S" if step < MINUTE else "%H:%M" if step < DAY else "%Y-%m-%d"
    first = start_ms + -(start_ms + shift) % size
    return tuple((at, local(at).strftime(form)) for at in range(first, end_ms + 1, size))


def _rows(snapshot: Snapshot, end_ms: int) -> tuple[Rows, int]:
    """Return the votes over time in the finest steps known for the whole vote."""
    tally = snapshot.tally
    is_fine = end_ms <= snapshot.contest.opens_ms + FINE_MS
    return (
        (tally.steps, STEP_MS)
        if is_fine and (tally.steps or not tally.minutes)
        else (
            tally.minutes,
            MINUTE_MS,
        )
    )


def _added(rows: Rows, start: int, bin_ms: int, number: int, width: int) -> list[list[int]]:
    votes = [[0] * width for _ in range(number)]
    for at_ms, numbers in rows:
        row = votes[min(max(0, (at_ms - start) // bin_ms), number - 1)]
        for i, more in enumerate(numbers):
            row[i] += more
    return votes


def _bands(snapshot: Snapshot, now_ms: int) -> Iterator[TrendBand]:
    for source in snapshot.sources:
        for gap in source.gaps:
            yield TrendBand(gap.from_ms, gap.to_ms, GAP, GAP)
    for from_ms, to_ms in snapshot.contest.pauses:
        yield TrendBand(from_ms, now_ms if to_ms is None else to_ms, PAUSED, PAUSED)
    if found := outage(snapshot, now_ms):
        yield TrendBand(found.since_ms, now_ms, OUTAGE, found.label, is_empty=found.is_total)


def _is_known(begin: int, end: int, bands: Sequence[TrendBand]) -> bool:
    """Return whether more than half of a bin lies outside of empty bands."""
    return all(
        2 * (min(end, band.to_ms) - max(begin, band.from_ms)) < end - begin
        for band in bands
        if band.is_empty
    )


def _counting(begin: int, end: int, pauses: Sequence[tuple[int, int | None]]) -> int:
    """Return for how long votes counted between two times."""
    paused = sum(
        max(0, min(end, end if until is None else until) - max(begin, since))
        for since, until in pauses
    )
    return max(1000, end - begin - paused)


def _running(
    snapshot: Snapshot,
    votes: list[list[int]],
    ends: list[tuple[int, int]],
    choice: int,
    kind: TrendKind,
) -> list[float]:
    """Return a choice's votes, or its share of all, at the end of each bin."""
    contest, values = snapshot.contest, []
    own = every = 0
    for n, (_, end) in enumerate(ends):
        own += votes[n][choice]
        every += sum(votes[n])
        hands = [
            (each.votes, each.tag == contest.choices[choice].tag)
            for each in contest.adjustments
            if each.at_ms <= end
        ]
        mine = own + sum(number for number, is_own in hands if is_own)
        total = every + sum(number for number, _ in hands)
        values.append(float(mine) if kind is TrendKind.TOTAL else 100 * mine / max(1, total))
    return values


def _parts(times: list[int], values: list[V], is_drawn: list[bool]) -> list[list[tuple[int, V]]]:
    parts: list[list[tuple[int, V]]] = [[]]
    for time, value, drawn in zip(times, values, is_drawn, strict=True):
        if drawn:
            parts[-1].append((time, value))
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def _rates(votes: list[int], width: int, lasting: list[int], unit_ms: int) -> list[float]:
    """Return the rate at each bin: the votes of the last minute, `width` bins, or by its own time.

    A vote that opened less than a minute ago has the votes so far, as the figures beside it say.
    """
    if width > 1:
        return [float(sum(votes[max(0, n - width + 1) : n + 1])) for n in range(len(lasting))]
    return [number * unit_ms / ms for number, ms in zip(votes, lasting, strict=False)]


def _from_to(
    snapshot: Snapshot,
    lines: list[tuple[tuple[Point, ...], ...]],
    span: tuple[int, int],
    kind: TrendKind,
) -> list[tuple[tuple[Point, ...], ...]]:
    """Make lines of totals begin at zero, and all lines end at the current votes."""
    tally, (start, end) = snapshot.tally, span
    found = []
    for choice, parts in enumerate(lines):
        made = [list(part) for part in parts] or [[]]
        if kind is TrendKind.TOTAL:
            made[0].insert(0, (start, 0.0))
        value = float(tally.votes[choice])
        if kind is TrendKind.SHARE:
            value = 100 * value / max(1, tally.total)
        if not made[-1] or made[-1][-1][0] < end:
            made[-1].append((end, value))
        found.append(tuple(tuple(part) for part in made))
    return found
