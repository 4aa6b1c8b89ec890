"""The numbers the window works out for itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hand import MINUTE_MS, OPENS_MS, snapshot
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.posts import STEP_MS, Tally
from twittervotes.desktop.canvas.strokes import Patch, Stroke, dashes, drawn
from twittervotes.desktop.vote.animation import (
    GLIDE_S,
    Glide,
    last_minute,
    ticks,
)
from twittervotes.desktop.vote.chart import apart
from twittervotes.presentation.numbers import grouped, lasting
from twittervotes.presentation.trend import trend


def tally(*minutes: tuple[int, ...], first: int = OPENS_MS) -> Tally:
    votes = tuple(map(sum, zip(*minutes, strict=True)))
    return Tally(
        votes, (), minutes=tuple((first + i * MINUTE_MS, m) for i, m in enumerate(minutes))
    )


def test_a_partly_covered_minute_counts_in_part() -> None:
    assert last_minute(tally((100, 10), (20, 4)), OPENS_MS + 90_000) == (70.0, 9.0)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=60),
    st.integers(0, 5),
)
def test_rows_say_what_the_chart_says_at_its_end(
    steps: list[tuple[int, int]], after_opening: int
) -> None:
    opens_ms = OPENS_MS + after_opening * STEP_MS
    shown = snapshot(0, 0)
    minutes: dict[int, list[int]] = {}
    for n, row in enumerate(steps):
        into = minutes.setdefault((opens_ms + n * STEP_MS) // MINUTE_MS * MINUTE_MS, [0, 0])
        into[:] = [a + b for a, b in zip(into, row, strict=True)]
    counted = Tally(
        tuple(map(sum, zip(*steps, strict=True))),
        (),
        minutes=tuple((at_ms, tuple(row)) for at_ms, row in minutes.items()),
        steps=tuple((opens_ms + n * STEP_MS, row) for n, row in enumerate(steps)),
    )
    now_ms = opens_ms + len(steps) * STEP_MS
    contest = replace(shown.contest, opens_ms=opens_ms, closes_ms=None)
    made = trend(replace(shown, contest=contest, tally=counted), now_ms)
    assert made.smoothed_ms == MINUTE_MS
    ends = tuple(parts[-1][-1][1] for parts in made.lines)
    assert ends == last_minute(counted, now_ms)


def test_old_votes_are_not_in_the_last_minute() -> None:
    assert last_minute(tally((100, 10)), OPENS_MS + 5 * MINUTE_MS) == (0.0, 0.0)


def test_nothing_is_in_the_last_minute_before_the_first_vote() -> None:
    assert last_minute(Tally((0, 0), ()), OPENS_MS) == (0.0, 0.0)


def test_a_glide_never_turns_back() -> None:
    glide = Glide()
    glide.aim(100, 5.0)
    seen = [glide.move(5.0 + i * 0.01) for i in range(60)]
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert seen[-1] == 100
    assert not glide.moving
    assert glide.move(5.0 + GLIDE_S) == 100


def test_a_glide_with_a_new_target_continues_from_its_position() -> None:
    glide = Glide()
    glide.aim(100, 0.0)
    half = glide.move(0.1)
    glide.aim(0, 0.1)
    assert glide.move(0.1) == half
    assert glide.move(0.1 + GLIDE_S) == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "00:00"), (-5, "00:00"), (151, "02:31"), (3600, "1:00:00"), (90061, "25:01:01")],
)
def test_durations_from_an_hour_on_show_hours(seconds: int, words: str) -> None:
    assert lasting(seconds) == words


def test_numbers_are_written_with_their_thousands_apart() -> None:
    assert grouped(1234567) == "1,234,567"
    assert grouped(-12) == "−12"


@given(st.floats(0, 1e9), st.integers(2, 5))
def test_ticks_are_few_and_within_the_scale(top: float, most: int) -> None:
    steps = ticks(top, most)
    assert len(steps) <= most
    assert all(0 < step <= top for step in steps)
    assert top < 1 or steps


def test_overlapping_letters_at_line_ends_are_moved_apart() -> None:
    placed = apart([(50, 0), (52, 1), (51, 2)], 10, 0, 100)
    heights = sorted(y for _, y in placed)
    assert [b - a >= 10 for a, b in pairwise(heights)] == [True, True]
    assert [i for i, _ in placed] == [0, 2, 1]


def test_dashes_continue_round_a_corner() -> None:
    parts = list(dashes([(0, 0), (10, 0), (10, 10)], (6, 2)))
    assert parts == [[(0, 0), (6, 0)], [(8, 0), (10, 0), (10, 4)], [(10, 6), (10, 10)]]
    assert list(dashes([(0, 0), (9, 0)], ())) == [[(0, 0), (9, 0)]]


def test_a_line_is_drawn_in_its_colour_above_the_patches() -> None:
    line = Stroke(((0.0, 10.0), (40.0, 10.0)), "#4c9be8", 4)
    behind = [Patch(5, 0, 30, 20, "#102030"), Patch(10, 3, 40, 4, "#ffffff")]
    image = drawn((40, 20), "#000000", behind, [line])
    assert image.size == (40, 20)
    assert image.getpixel((20, 10)) == (0x4C, 0x9B, 0xE8)
    assert [image.getpixel((x, 18)) for x in (4, 5, 29, 30)] == [
        (0, 0, 0),
        (0x10, 0x20, 0x30),
        (0x10, 0x20, 0x30),
        (0, 0, 0),
    ]
    assert [image.getpixel((20, y)) for y in (2, 3, 4)] == [
        (0x10, 0x20, 0x30),
        (0xFF, 0xFF, 0xFF),
        (0x10, 0x20, 0x30),
    ]


def test_the_chart_picture_is_opaque() -> None:
    assert drawn((40, 20), "#000000", [], []).mode == "RGB"
