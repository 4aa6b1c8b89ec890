"""The window's chart: what a click shows, values under the pointer, breaks, ticks."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hand import OPENS_MS, Hand, MakeHand, snapshot

from twittervotes.core.contest.posts import STEP_MS
from twittervotes.core.contest.snapshot import Gap, Snapshot, SourceState, SourceStatus
from twittervotes.presentation.trend import TrendKind

TITLES = {
    TrendKind.RATE: "Votes per minute",
    TrendKind.TOTAL: "Total votes",
    TrendKind.SHARE: "Share of votes",
}


def held(*, pauses: tuple[tuple[int, int], ...] = (), gaps: tuple[Gap, ...] = ()) -> Snapshot:
    """A vote of three minutes: 12 and 6 votes in each ten seconds."""
    shown = snapshot(216, 108, now_ms=OPENS_MS + 180_000)
    steps = tuple((OPENS_MS + n * STEP_MS, (12, 6)) for n in range(18))
    minutes = tuple((OPENS_MS + n * 60_000, (72, 36)) for n in range(3))
    source = SourceStatus("rehearsal", SourceState.POLLING, "polling", gaps=gaps)
    return replace(
        shown,
        contest=replace(shown.contest, pauses=pauses),
        tally=replace(shown.tally, steps=steps, minutes=minutes),
        sources=(source,),
    )


def test_the_chart_says_what_it_shows(hand: Hand) -> None:
    hand.show(held())
    assert hand.text("chart-heading") == "Votes per minute"
    assert hand.text("chart-remark") == "over the last minute"


@pytest.mark.parametrize("kind", TrendKind)
def test_a_click_shows_rate_total_or_share(hand: Hand, kind: TrendKind) -> None:
    hand.show(held())
    left, top, right, bottom = hand.canvas.bbox(f"chart-{kind.name.lower()}")
    hand.canvas.event_generate("<Motion>", x=(left + right) // 2, y=(top + bottom) // 2)
    hand.canvas.event_generate("<Button-1>", x=(left + right) // 2, y=(top + bottom) // 2)
    hand.root.update()
    title = TITLES[kind]
    assert hand.text("chart-heading") == title
    hand.show(replace(held(), digest="a" * 64))
    assert hand.window.showing.trend is kind
    hand.press("<Control-t>")
    hand.until(lambda: hand.canvas.find_withtag("chart-heading"))
    shown = lambda: hand.text("chart-heading")  # noqa: E731
    hand.until(lambda: shown() == title)


@pytest.mark.parametrize("kind", TrendKind)
@pytest.mark.parametrize("size", ["1280x800", "900x600"])
def test_the_scale_never_ends_below_the_highest_line(
    hand: Hand, kind: TrendKind, size: str
) -> None:
    hand.resize(size)
    hand.show(held())
    hand.window.body.show_trend(kind)
    chart = hand.window.body._chart
    assert chart
    for votes in (1, 3, 7, 12, 29, 31, 58, 97, 333, 1160, 9999):
        shown = held()
        steps = tuple((at_ms, (votes, 1)) for at_ms, _ in shown.tally.steps)
        minutes = tuple((at_ms, (votes * 6, 6)) for at_ms, _ in shown.tally.minutes)
        total = (votes * 18, 18)
        tally = replace(shown.tally, votes=total, steps=steps, minutes=minutes)
        hand.show(replace(shown, tally=tally, digest=f"{votes:064}"))
        chart.show(hand.window.body._moment)  # type: ignore[arg-type]
        written = [word.item for word in chart._scale]
        written = [each for each in written if hand.canvas.itemcget(each, "state") != "hidden"]
        texts = [str(hand.canvas.itemcget(each, "text")) for each in written]
        numbers = [int(text.rstrip("%").replace(",", "")) for text in texts if text]
        assert chart._trend
        assert max(numbers) >= chart._trend.top
        assert max(numbers) <= max(2.5 * chart._trend.top, 1)


@pytest.mark.parametrize("event", ["<Motion>", "<Button-1>"])
def test_pointing_at_the_chart_shows_the_values_of_a_time(hand: Hand, event: str) -> None:
    hand.show(held())
    left, top, right, bottom = hand.canvas.bbox("lines")
    x, y = (left + right) // 2, (top + bottom) // 2
    hand.canvas.event_generate("<Motion>", x=x, y=y)
    hand.canvas.event_generate(event, x=x, y=y)
    hand.root.update()
    time, first, second = hand.text("chart-values").splitlines()
    assert time.endswith(("1:30", "1:40"))
    assert (first, second) == ("A  72", "B  36")
    box = hand.canvas.bbox("chart-values")
    assert left <= box[0]
    assert box[2] <= right + 40
    hand.canvas.event_generate("<Motion>", x=5, y=5)
    hand.root.update()
    assert hand.text("chart-values") == ""


def test_pauses_and_gaps_break_the_lines(hand: Hand) -> None:
    pauses = ((OPENS_MS + 60_000, OPENS_MS + 90_000),)
    gap = Gap(OPENS_MS + 120_000, OPENS_MS + 140_000, "")
    hand.show(held(pauses=pauses, gaps=(gap,)))
    chart = hand.window.body._chart
    assert chart
    assert chart._trend
    assert [len(part) for part in chart._trend.lines[0]] == [6, 3, 4]
    assert hand.text("paused") == "paused"
    assert hand.text("gap") == "gap"


def test_a_low_chart_draws_all_lines_and_the_letters_that_fit(hand: Hand) -> None:
    hand.resize("1280x800")
    votes = tuple(900 - 10 * i for i in range(12))
    steps = tuple((OPENS_MS + n * STEP_MS, votes) for n in range(18))
    shown = snapshot(*votes, now_ms=OPENS_MS + 180_000)
    hand.show(replace(shown, tally=replace(shown.tally, steps=steps)))
    chart = hand.window.body._chart
    assert chart
    assert len(chart._best) == 8
    boxes = sorted(
        (box for i in chart._best if (box := hand.canvas.bbox(chart._letters[i].item))),
        key=lambda b: b[1],
    )
    assert 1 < len(boxes) < 8
    assert all(one[1] + 14 <= other[1] + 1 for one, other in pairwise(boxes))
    tabs = hand.canvas.bbox("chart-share")
    assert boxes[0][1] >= tabs[3] - 4, "no letter lies on the words above"


@pytest.mark.parametrize("size", ["900x600", "1280x800", "1920x1080"])
def test_round_times_are_in_place_and_apart(hand: Hand, size: str) -> None:
    hand.show(held())
    hand.resize(size)
    hand.show(replace(held(), digest="b" * 64))
    shown = [
        item
        for item in hand.canvas.find_withtag("chart-time")
        if hand.canvas.itemcget(item, "state") != "hidden"
    ]
    boxes = sorted(hand.canvas.bbox(item) for item in shown)
    words = [hand.canvas.itemcget(item, "text") for item in shown]
    assert len(words) >= 3
    assert all(word[-2:] in ("00", "30", "01", "02", "03") for word in words)
    assert all(one[2] < other[0] for one, other in pairwise(boxes))
    middles = [(box[0] + box[2]) / 2 for box in boxes]
    gaps = {round(b - a) for a, b in pairwise(middles)}
    assert max(gaps) - min(gaps) <= 2, "the axis is linear"


def test_no_choice_of_three_is_missing_on_a_laptop(make: MakeHand) -> None:
    hand = make(scale=2.0)
    hand.resize("1800x1000")
    steps = tuple((OPENS_MS + n * STEP_MS, (5, 4, 3)) for n in range(18))
    shown = snapshot(90, 72, 54, now_ms=OPENS_MS + 180_000)
    hand.show(replace(shown, tally=replace(shown.tally, steps=steps)))
    chart = hand.window.body._chart
    assert chart
    assert chart._best == [0, 1, 2]
