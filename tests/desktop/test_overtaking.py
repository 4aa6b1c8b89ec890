"""Rows that change places: calmly, rarely, and never one over another."""

from __future__ import annotations

import tkinter as tk
from itertools import combinations, pairwise
from random import Random

import pytest
from hand import OPENS_MS, Hand, snapshot
from hypothesis import given
from hypothesis import strategies as st
from test_display import height, opened, sized

from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.desktop.canvas.images import Images
from twittervotes.desktop.canvas.items import Area, Look
from twittervotes.desktop.canvas.sizes import Sizes
from twittervotes.desktop.canvas.theme_colours import palette
from twittervotes.desktop.vote.bars import Bars
from twittervotes.desktop.vote.frame import Moment, Order
from twittervotes.desktop.vote.layout import plan
from twittervotes.desktop.vote.overtaking import (
    TAKES_MS,
    TURN_MS,
    RowMotion,
    eased,
    parts,
    pose,
    takes_ms,
)
from twittervotes.desktop.vote.ranking import CLEAR_S, CLOSE_S, EVERY_S, Ranking, places_in

WIDE, HIGH = 1000, 900


@pytest.mark.parametrize("number", [2, 3, 8, 12, 30])
def test_rows_never_overlap_in_any_frame(hand: Hand, number: int) -> None:
    hand.show(snapshot(1, 2))
    canvas = tk.Canvas(hand.root, width=WIDE, height=HIGH)
    colours = palette("dark")
    look = Look(colours, Sizes(hand.root, 1.0), Images(hand.root))
    random = Random(number)
    votes = [*range(100 * number, 0, -100)]
    labels = tuple(f"A choice {i}" for i in range(number))
    made = snapshot(*votes, labels=labels)
    bars = Bars(canvas, look, made.contest.choices)
    bars.order = Order.VOTES
    bars.lay(Area(0, 0, WIDE, HIGH), plan(number, (WIDE, HIGH), look.px, narrow=False))
    now = 100.0
    bars.show(moment(made), now)
    settled(bars, now)
    whole = texts(canvas, number)
    for _ in range(4):
        before = [*votes]
        i = random.randrange(number - 1)
        votes[i], votes[i + 1] = votes[i + 1], votes[i]
        while random.random() < 0.5 or votes == before:
            random.shuffle(votes)
        now += 20
        bars.show(moment(snapshot(*votes, labels=labels)), now)
        assert settled(bars, now + 0.5) < now + CLEAR_S, "figures arrive before rows go"
        now += CLEAR_S
        seen = 0
        for frame in range(TAKES_MS // 20 + 5):
            seen += bars.move(now + frame * 0.02)
            boxes = [shown_boxes(canvas, f"choice{i}") for i in range(number)]
            for one, other in combinations(boxes, 2):
                assert not any(overlap(a, b) for a in one for b in other), f"{frame * 20} ms"
            assert all(whole[tag] == text for tag, text in texts(canvas, number).items())
        assert seen * 20 >= TURN_MS - 20
        now = settled(bars, now + 2)
        tops = [canvas.coords(f"choice{i}-name") for i in range(number)]
        best = sorted(range(number), key=lambda i: -votes[i])
        places = [(tops[i][0] > WIDE / 2, tops[i][1]) for i in best]
        assert places == sorted(places), "and in the end they stand as their votes are"


def moment(made: Snapshot) -> Moment:
    votes = made.tally.votes
    return Moment(made, OPENS_MS, (0,) * len(votes), percentages(votes))


def settled(bars: Bars, now: float) -> float:
    """Let everything arrive, and return when it has."""
    while bars.move(now):
        now += 0.1
    return now


def texts(canvas: tk.Canvas, number: int) -> dict[str, str]:
    """Return the names and letters that are shown."""
    tags = [f"choice{i}-{part}" for i in range(number) for part in ("name", "letter")]
    shown = [tag for tag in tags if canvas.itemcget(tag, "state") != "hidden"]
    return {tag: str(canvas.itemcget(tag, "text")) for tag in shown}


def shown_boxes(canvas: tk.Canvas, tag: str) -> list[tuple[int, int, int, int]]:
    """Return where the texts, the badge and the bar of a row are."""
    items = [item for item in canvas.find_withtag(tag) if canvas.type(item) == "text"]
    items += [canvas.find_withtag(f"{tag}-bar-strip")[0], canvas.find_withtag(f"{tag}-badge")[0]]
    return [
        canvas.bbox(item)
        for item in items
        if canvas.itemcget(item, "state") != "hidden" and canvas.bbox(item)
    ]


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    beside = one[2] - 1 <= other[0] + 1 or other[2] - 1 <= one[0] + 1
    return not (beside or one[3] - 2 <= other[1] + 2 or other[3] - 2 <= one[1] + 2)


def test_places_follow_the_order_on_screen(hand: Hand) -> None:
    votes = [*range(300, 0, -10)]
    hand.show(snapshot(*votes))
    canvas = sized(hand, opened(hand), "1280x720")
    hand.show(snapshot(300, 290, 280, 270, 260, 250, 295, *votes[7:]))
    assert numbers(hand, canvas) == [str(i) for i in range(1, 11)], "the seventh waits"
    hand.until(lambda: height(canvas, 6) < height(canvas, 1))
    hand.until(lambda: not hand.window.is_moving)
    assert numbers(hand, canvas) == [str(i) for i in range(1, 11)]
    hand.show(snapshot(300, 290, 280, 290, 260, 250, 295, *votes[7:]))
    assert numbers(hand, canvas)[:5] == ["1", "2", "3", "4", "5"], "equal, but not yet neighbours"
    hand.until(lambda: height(canvas, 3) < height(canvas, 2))
    hand.until(lambda: not hand.window.is_moving)
    assert numbers(hand, canvas)[:5] == ["1", "2", "=3", "=3", "5"]


def numbers(hand: Hand, canvas: tk.Canvas) -> list[str]:
    """Return the places that are shown, from top to bottom."""
    rows = [i for i in range(30) if hand.text(f"choice{i}-place", canvas)]
    rows.sort(key=lambda i: height(canvas, i))
    return [hand.text(f"choice{i}-place", canvas) for i in rows]


ORDERS = st.integers(1, 50).flatmap(lambda n: st.permutations(range(n)))


@given(ORDERS, st.integers(1, 50), st.integers(0, TAKES_MS))
def test_visible_rows_stay_a_row_apart(after: list[int], lanes: int, at_ms: int) -> None:
    before = range(len(after))
    found = parts(before, after, lambda slot: slot // lanes)
    seen: dict[int, list[float]] = {}
    for i, part in enumerate(found):
        now = pose(part, at_ms)
        assert (part is RowMotion.STAYS) <= (before[i] == after[i])
        if now.level > 0:
            start, end = divmod(before[i], lanes), divmod(after[i], lanes)
            column = end[0] if now.way >= 1 else start[0]
            seen.setdefault(column, []).append(start[1] + (end[1] - start[1]) * now.way)
    for rows in seen.values():
        assert all(two - one >= 0.999 for one, two in pairwise(sorted(rows)))


def test_a_row_that_rises_far_fades() -> None:
    def by(steps: int) -> tuple[RowMotion, ...]:
        after = [*range(1, steps + 1), 0]
        return parts(range(steps + 1), after, lambda _: 0)

    assert by(1) == (RowMotion.FADES, RowMotion.RISES)
    assert by(2) == (RowMotion.FADES, RowMotion.FADES, RowMotion.RISES)
    assert by(3) == (RowMotion.SINKS, RowMotion.SINKS, RowMotion.SINKS, RowMotion.FADES)


@given(ORDERS, st.integers(1, 50), st.integers(1, 3))
def test_lanes_are_never_empty_for_long(after: list[int], lanes: int, columns: int) -> None:
    before = range(len(after))

    def column(slot: int) -> int:
        return slot // lanes if slot < lanes * columns else -1

    found = parts(before, after, column)
    shown = min(len(after), lanes * columns)
    for at_ms in range(0, TAKES_MS + 1, 20):
        poses = [pose(part, at_ms) for part in found]
        slots = [after[i] if one.way else i for i, one in enumerate(poses)]
        visible = [
            one
            for one, slot in zip(poses, slots, strict=True)
            if one.level > 0.2 and column(slot) >= 0
        ]
        quick = takes_ms(found) == TURN_MS
        if not quick:
            assert len(visible) >= shown - 2
        elif not 90 <= at_ms <= 160:
            assert len(visible) == shown


def test_rows_turn_quickly_if_more_than_two_would_fade_or_one_appears() -> None:
    turns, rests = RowMotion.TURNS, RowMotion.RESTS
    assert parts(range(4), (3, 2, 1, 0), lambda _: 0) == (turns,) * 4
    assert parts(range(4), (1, 0, 3, 2), lambda _: 0).count(turns) == 0
    assert parts(range(5), (0, 1, 3, 2, 4), lambda slot: 0 if slot < 3 else -1) == (
        rests,
        rests,
        turns,
        turns,
        rests,
    )


def test_a_change_begins_and_ends_at_the_rows_places() -> None:
    for part in RowMotion:
        start, end = pose(part, 0), pose(part, TAKES_MS)
        assert (start.aside, start.level) == (0, 1) == (end.aside, end.level)
        assert (start.way, end.way) == (0, 1)
    ways = [eased(i / 50) for i in range(51)]
    assert ways == sorted(ways)


VOTES = st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=40)


@given(VOTES)
def test_the_order_changes_rarely_and_ends_by_votes(
    course: list[list[int]],
) -> None:
    ranking = Ranking()
    order, changed = ranking.jump(course[0]), -EVERY_S
    for second, votes in enumerate(course):
        found = ranking.follow(votes, float(second))
        if found != order:
            assert second - changed >= EVERY_S
            changed = second
            passes = [(i, j) for i, j in combinations(found, 2) if order.index(i) > order.index(j)]
            assert all(votes[i] > votes[j] for i, j in passes)
        order = found
    for more in range(1, 60):
        order = ranking.follow(votes, float(second + more))
    assert all(votes[i] >= votes[j] for i, j in pairwise(order))


def test_a_lead_must_last_before_rows_change_places() -> None:
    ranking = Ranking()
    ranking.jump((5, 4, 3))
    assert ranking.follow((5, 6, 3), 10.0) == [0, 1, 2]
    assert ranking.follow((6, 5, 3), 11.9) == [0, 1, 2], "it was lost again"
    assert ranking.follow((6, 7, 3), 12.0) == [0, 1, 2]
    assert ranking.follow((6, 7, 3), 12.0 + CLEAR_S) == [1, 0, 2]
    close = (5000, 4999, 3)
    assert ranking.follow(close, 20.0) == [1, 0, 2]
    assert ranking.follow(close, 20.0 + CLEAR_S) == [1, 0, 2]
    assert ranking.follow(close, 20.0 + CLOSE_S) == [0, 1, 2]


def test_places_count_down_the_order_and_neighbours_with_equal_votes_share_one() -> None:
    assert places_in((0, 2, 1), (9, 7, 8)) == (1, 3, 2)
    assert places_in((0, 1, 2), (8, 9, 7)) == (1, 2, 3), "the order is late"
    assert places_in((2, 0, 1, 3), (8, 8, 9, 8)) == (2, 2, 1, 2)
    assert places_in((0, 1, 2), (8, 9, 8)) == (1, 2, 3)


@pytest.mark.parametrize(("state", "waits"), [(State.OPEN, True), (State.PROVISIONAL, False)])
def test_rows_change_places_only_after_a_lasting_lead(
    hand: Hand, state: State, waits: bool
) -> None:
    hand.show(snapshot(9, 5))
    hand.press("<o>")
    hand.show(snapshot(9, 5))
    top = hand.canvas.coords("choice0-name")[1]
    hand.show(snapshot(9, 15, state=state))
    assert (hand.canvas.coords("choice0-name")[1] == top) is waits
    hand.until(lambda: hand.canvas.coords("choice1-name")[1] == top)
