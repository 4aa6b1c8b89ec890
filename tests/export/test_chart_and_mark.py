"""Lines and marks on paper: correct positions, and distinguishable choices."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from held import CLOSES, CONTEST, OPENS

from twittervotes.core.contest.contest import Choice
from twittervotes.core.contest.posts import Tally
from twittervotes.core.contest.snapshot import Gap, Snapshot, SourceState, SourceStatus, State
from twittervotes.export.chart import (
    BOTTOM,
    LEFT,
    LINES,
    PAPER,
    POINTS,
    RIGHT,
    TICKS,
    TOP,
    TRACK,
    SvgChart,
    chart,
    mark,
)
from twittervotes.presentation.marks import contrast, readable
from twittervotes.presentation.trend import trend

MINUTE = 60_000


def snapshot(
    minutes: dict[int, tuple[int, ...]], gaps: tuple[Gap, ...] = (), closes_ms: int | None = CLOSES
) -> Snapshot:
    width = len(next(iter(minutes.values()), (0,)))
    totals = tuple(sum(row[i] for row in minutes.values()) for i in range(width))
    choices = tuple(Choice(f"c{i}") for i in range(width))
    contest = replace(CONTEST, choices=choices, closes_ms=closes_ms)
    source = SourceStatus("s", SourceState.DONE, "all read", gaps=gaps)
    tally = Tally(totals, (), minutes=tuple(minutes.items()))
    return Snapshot(contest, State.PROVISIONAL, CLOSES + MINUTE, tally, (source,), "")


def points(made: SvgChart, line: int = 0) -> list[tuple[float, float]]:
    pairs = [pair for part in made.lines[line].parts for pair in part.split(" ")]
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in pairs)]


def drawn(shown: Snapshot) -> SvgChart:
    made = chart(shown)
    assert made is not None
    return made


def test_every_minute_of_the_period_has_its_point() -> None:
    made = drawn(snapshot({OPENS: (4, 1), OPENS + 3 * MINUTE: (2, 2)}))
    assert made.remark == "averaged over 1 minute"
    heights = [(BOTTOM - y) / (BOTTOM - TOP) * 4 for _, y in points(made)]
    assert heights == [pytest.approx(votes, abs=0.01) for votes in (4, 0, 0, 2, 0, 0, 0, 0)]
    middles = [(x - LEFT) / (RIGHT - LEFT) * 8 for x, _ in points(made)]
    assert middles == [pytest.approx(n + 0.5, abs=0.01) for n in range(8)]


def test_the_report_draws_what_the_window_draws() -> None:
    shown = snapshot({OPENS: (4, 1), OPENS + 3 * MINUTE: (2, 2)})
    pauses = ((OPENS + 2 * MINUTE, OPENS + 3 * MINUTE),)
    shown = replace(shown, contest=replace(shown.contest, pauses=pauses))
    lines = trend(shown, shown.now_ms).lines
    made = drawn(shown)
    assert [len(line.parts) for line in made.lines] == [len(parts) for parts in lines] == [2, 2]
    for line, parts in zip(made.lines, lines, strict=True):
        xs = [float(pair.split(",")[0]) for text in line.parts for pair in text.split(" ")]
        times = [at for part in parts for at, _ in part]
        share = [(at - OPENS) / (CLOSES - OPENS) for at in times]
        assert xs == [pytest.approx(LEFT + (RIGHT - LEFT) * each, abs=0.1) for each in share]


def test_before_the_first_vote_there_is_nothing_to_draw() -> None:
    assert chart(snapshot({})) is None


@pytest.mark.parametrize("minutes", [1, 90, 180, 181, 5_000, 100_000, 10_000_000])
def test_a_chart_of_any_length_loses_no_vote(minutes: int) -> None:
    votes = {OPENS + n * MINUTE: (3,) for n in range(0, minutes, max(1, minutes // 50))}
    made = drawn(snapshot(votes, closes_ms=OPENS + minutes * MINUTE))
    top = max(int(words.replace(",", "")) for _, words in made.up)
    scale = next(y for y, words in made.up if int(words.replace(",", "")) == top)
    heights = [(BOTTOM - y) / (BOTTOM - scale) * top for _, y in points(made)]
    assert len(heights) <= POINTS + 1
    if minutes == len(heights):  # test_trend has the others, in full precision
        assert sum(heights) == pytest.approx(3 * len(votes), rel=0.02)
    assert len(made.across) <= TICKS + 2


def test_votes_in_the_time_of_grace_are_drawn() -> None:
    made = drawn(snapshot({OPENS: (1,), CLOSES + MINUTE: (1,)}))
    assert [x for x, _ in points(made)] == sorted(x for x, _ in points(made))
    assert len(points(made)) == 10


def test_a_pause_is_shown_as_a_band() -> None:
    shown = snapshot({OPENS: (1,)})
    pauses = ((OPENS + 60_000, OPENS + 120_000), (OPENS + 240_000, None))
    chart = drawn(replace(shown, contest=replace(shown.contest, pauses=pauses)))
    assert [band.word for band in chart.bands] == ["paused", "paused"]
    assert chart.bands[0].width == pytest.approx((RIGHT - LEFT) / 8)
    assert chart.bands[1].x + chart.bands[1].width == pytest.approx(RIGHT)


def test_a_report_made_during_an_outage_marks_it() -> None:
    shown = snapshot({OPENS: (1,)})
    now_ms = OPENS + 4 * MINUTE
    source = replace(shown.sources[0], doing=SourceState.TROUBLE, last_ms=OPENS + 2 * MINUTE)
    chart = drawn(replace(shown, state=State.OPEN, now_ms=now_ms, sources=(source,)))
    (band,) = chart.bands
    assert (band.kind, band.word) == ("outage", "No data")
    assert band.x + band.width == pytest.approx(RIGHT)
    assert band.width == pytest.approx((RIGHT - LEFT) / 2)


def test_a_gap_is_shown_in_place() -> None:
    gaps = (
        Gap(OPENS + 2 * MINUTE, OPENS + 4 * MINUTE, ""),
        Gap(OPENS - 99 * MINUTE, OPENS - MINUTE, "before all that is drawn"),
    )
    (band,) = drawn(snapshot({OPENS: (1,)}, gaps)).bands
    assert (band.x - LEFT) / (RIGHT - LEFT) == pytest.approx(2 / 8)
    assert band.width / (RIGHT - LEFT) == pytest.approx(2 / 8)


def test_the_leading_choices_have_separate_lines_and_letters() -> None:
    made = drawn(snapshot({OPENS: tuple(range(20))}))
    assert [line.name for line in made.lines] == [f"c{i}" for i in range(12, 20)]
    assert (len(made.lines), made.left_out) == (LINES, 12)
    letters = sorted(line.letter_y for line in made.lines)
    assert all(b - a >= 10.9 for a, b in pairwise(letters))


@pytest.mark.parametrize("index", range(60))
def test_every_mark_is_readable(index: int) -> None:
    its = mark(index)
    assert contrast(its.colour, PAPER) >= 4.5
    assert contrast(its.colour, TRACK) >= 4.5


def test_every_mark_is_unlike_all_others() -> None:
    looks = {(mark(i).colour, mark(i).pattern) for i in range(60)}
    assert len(looks) == 60
    assert len({mark(i).letter for i in range(800)}) == 800


@pytest.mark.parametrize("wish", ["#ffff00", "#FFFFFF", "#000000", "red", '"><script>', "#12345g"])
def test_a_wished_colour_is_adjusted_to_be_readable(wish: str) -> None:
    colour = mark(0, wish).colour
    assert contrast(colour, TRACK) >= 4.5
    assert len(colour) == 7
    assert readable("#000000", TRACK, PAPER) == "#000000"
    if wish == "#ffff00":
        red, green, blue = colour[1:3], colour[3:5], colour[5:]
        assert red == green != blue
