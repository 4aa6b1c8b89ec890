"""What charts draw: bins that grow, no bin that isn't whole, breaks in pauses and gaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.contest import Adjustment, Choice, Contest
from twittervotes.core.contest.posts import MINUTE_MS, STEP_MS, Tally
from twittervotes.core.contest.snapshot import Gap, Snapshot, SourceState, SourceStatus, State
from twittervotes.presentation.trend import SIZES, TrendKind, step_of, time_ticks, trend

OPENS = 1_795_183_200_000


def snapshot(
    *steps: tuple[int, ...],
    state: State = State.OPEN,
    closes_ms: int | None = None,
    gaps: tuple[Gap, ...] = (),
    pauses: tuple[tuple[int, int | None], ...] = (),
) -> Snapshot:
    """A vote with these votes in each ten seconds after its opening."""
    width = len(steps[0])
    rows = tuple((OPENS + n * STEP_MS, row) for n, row in enumerate(steps) if any(row))
    minutes: dict[int, list[int]] = {}
    for at_ms, row in rows:
        into = minutes.setdefault(at_ms // MINUTE_MS * MINUTE_MS, [0] * width)
        for i, more in enumerate(row):
            into[i] += more
    contest = Contest(
        "?",
        tuple(Choice(f"c{i}") for i in range(width)),
        opens_ms=OPENS,
        closes_ms=closes_ms,
        pauses=pauses,
    )
    tally = Tally(
        tuple(map(sum, zip(*steps, strict=True))),
        (),
        minutes=tuple((at_ms, tuple(row)) for at_ms, row in minutes.items()),
        steps=rows,
    )
    source = SourceStatus("s", SourceState.POLLING, "polling", gaps=gaps)
    return Snapshot(contest, state, OPENS + len(steps) * STEP_MS, tally, (source,), "")


def test_each_bin_of_ten_seconds_says_the_votes_of_the_minute_before() -> None:
    made = trend(snapshot(*[(4, 1)] * 12), OPENS + 120_000)
    assert (made.bin_ms, made.smoothed_ms) == (10_000, 60_000)
    (line,), (other,) = made.lines
    assert [value for _, value in line] == [4, 8, 12, 16, 20] + [24] * 7
    assert [value for _, value in other] == [1, 2, 3, 4, 5] + [6] * 7
    assert line[0][0] == OPENS + 10_000


def test_an_incomplete_bin_is_not_drawn() -> None:
    shown = snapshot((5,), (5,), (1,))
    made = trend(shown, OPENS + 23_000)
    assert [value for part in made.lines[0] for _, value in part] == [5, 10]
    over = replace(shown, state=State.CERTIFIED)
    over = replace(over, contest=replace(shown.contest, closes_ms=OPENS + 22_000))
    assert len(trend(over, OPENS + 99_000).times) == 3, "the last bin of a vote is whole as it is"


def test_a_first_bin_of_two_seconds_is_no_peak() -> None:
    shown = snapshot((20,), (5,))
    shown = replace(shown, contest=replace(shown.contest, opens_ms=OPENS + 8_000))
    made = trend(shown, OPENS + 20_000)
    assert [value for part in made.lines[0] for _, value in part] == [20, 25]


@pytest.mark.parametrize("kind", TrendKind)
def test_a_pause_breaks_the_line(kind: TrendKind) -> None:
    paused = (OPENS + 60_000, OPENS + 90_000)
    steps = [(6, 2)] * 6 + [(0, 0)] * 3 + [(6, 2)] * 6
    made = trend(snapshot(*steps, pauses=(paused,)), OPENS + 150_000, kind)
    for line in made.lines:
        before, after = line
        assert before[-1][0] <= paused[0]
        assert after[0][0] >= paused[1]
    if kind is TrendKind.RATE:
        before, after = made.lines[0]
        assert (before[-1][1], after[0][1], after[-1][1]) == (36, 18, 36)
    assert [(band.from_ms, band.to_ms, band.word) for band in made.bands] == [(*paused, "paused")]


def test_a_gap_breaks_the_line() -> None:
    gap = Gap(OPENS + 20_000, OPENS + 40_000, "")
    made = trend(snapshot(*[(6,)] * 8, gaps=(gap,)), OPENS + 80_000)
    assert [len(part) for part in made.lines[0]] == [2, 4]


@pytest.mark.parametrize(
    ("others", "parts", "word"),
    [((), [6], "No data"), ((SourceState.POLLING,), [8], "No Mastodon data")],
)
def test_an_outage_is_a_band_and_breaks_lines_only_if_it_is_total(
    others: tuple[SourceState, ...], parts: list[int], word: str
) -> None:
    shown, now_ms = snapshot(*[(6,)] * 8), OPENS + 80_000
    sources = (
        SourceStatus("mastodon", SourceState.TROUBLE, "no answer", last_ms=OPENS + 60_000),
        *(SourceStatus("bluesky", doing, "listening", last_ms=now_ms) for doing in others),
    )
    made = trend(replace(shown, sources=sources), now_ms)
    assert [len(part) for part in made.lines[0]] == parts
    (band,) = made.bands
    assert (band.from_ms, band.to_ms, band.word) == (OPENS + 60_000, now_ms, word)
    over = replace(shown, sources=sources, state=State.PROVISIONAL)
    assert trend(over, now_ms).bands == ()


def test_a_source_that_never_answered_has_been_silent_since_the_opening() -> None:
    source = SourceStatus("mastodon", SourceState.TROUBLE, "no answer")
    shown = replace(snapshot(*[(6,)] * 8), sources=(source,))
    assert trend(shown, OPENS + 80_000).bands[0].from_ms == OPENS


def test_a_pause_that_has_not_ended_is_drawn_to_now() -> None:
    made = trend(snapshot(*[(6,)] * 4, pauses=((OPENS + 20_000, None),)), OPENS + 40_000)
    assert [len(part) for part in made.lines[0]] == [2]
    assert made.bands[0].to_ms == OPENS + 40_000


@pytest.mark.parametrize(
    ("minutes", "bin_s"), [(5, 10), (15, 10), (16, 30), (45, 30), (90, 60), (119, 120), (600, 600)]
)
def test_bins_grow_with_the_vote(minutes: int, bin_s: int) -> None:
    shown = snapshot(*[(1,)] * (minutes * 6))
    made = trend(shown, OPENS + minutes * MINUTE_MS)
    assert made.bin_ms == bin_s * 1000
    values = [round(value, 6) for part in made.lines[0] for _, value in part]
    assert set(values[max(0, 60 // bin_s - 1) :]) == {6.0}
    assert max(values) == 6


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=400),
    st.sampled_from(TrendKind),
)
def test_no_vote_is_lost_and_every_line_has_the_same_times(
    steps: list[tuple[int, int]], kind: TrendKind
) -> None:
    shown = snapshot(*steps, state=State.CERTIFIED, closes_ms=OPENS + len(steps) * STEP_MS)
    made = trend(shown, OPENS + len(steps) * STEP_MS, kind)
    times = [[at for part in line for at, _ in part] for line in made.lines]
    assert times[0] == times[1] == sorted(times[0])
    assert len(times[0]) <= 92
    ends = [line[-1][-1][1] for line in made.lines]
    votes = shown.tally.votes
    if kind is TrendKind.TOTAL:
        assert ends == [float(number) for number in votes]
    elif kind is TrendKind.SHARE and sum(votes):
        assert sum(ends) == pytest.approx(100)
    elif kind is TrendKind.RATE and not made.smoothed_ms:
        starts = range(OPENS, made.end_ms, made.bin_ms)
        spans = [min(made.end_ms, at + made.bin_ms) - at for at in starts]
        drawn = [value for part in made.lines[0] for _, value in part]
        sums = (value * span / MINUTE_MS for value, span in zip(drawn, spans, strict=True))
        assert sum(sums) == pytest.approx(votes[0])


def test_votes_by_hand_join_the_total_at_their_time() -> None:
    shown = snapshot(*[(1, 0)] * 6)
    by_hand = Adjustment("c1", 9, "", "", OPENS + 30_000)
    contest = replace(shown.contest, adjustments=(by_hand,))
    tally = replace(shown.tally, votes=(6, 9), by_hand=(0, 9))
    made = trend(replace(shown, contest=contest, tally=tally), OPENS + 60_000, TrendKind.TOTAL)
    assert [value for _, value in made.lines[1][0]] == [0, 0, 0, 9, 9, 9, 9]


def test_before_the_first_vote_nothing_is_higher_than_nothing() -> None:
    made = trend(snapshot((0, 0), (0, 0)), OPENS + 20_000)
    assert made.top == 0
    assert made.values(OPENS) == (OPENS + 10_000, (0.0, 0.0))
    assert trend(snapshot((0,)), OPENS).values(OPENS) is None


def test_the_values_at_a_time_are_those_of_the_nearest_bin() -> None:
    made = trend(snapshot(*[(n, 1) for n in range(200)]), OPENS + 2_000_000)
    assert made.values(OPENS + 31_000) == (OPENS + 30_000, (3.0, 3.0))


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(2, 12))
def test_ticks_are_round_and_evenly_apart(start_s: int, lasts_s: int, most: int) -> None:
    ticks = time_ticks(start_s * 1000, (start_s + lasts_s) * 1000, most, UTC)
    times = [at for at, _ in ticks]
    step = step_of(lasts_s, most)
    assert len(ticks) <= most + 1
    assert all(at % (1000 * step) == 0 for at in times)
    assert {b - a for a, b in pairwise(times)} <= {1000 * step}
    assert step in SIZES or step % SIZES[-1] == 0


def test_ticks_are_round_in_local_time() -> None:
    zone = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead
    ticks = time_ticks(OPENS, OPENS + 12 * 3_600_000, 6, zone)
    assert {words[-3:] for _, words in ticks} == {":00"}
