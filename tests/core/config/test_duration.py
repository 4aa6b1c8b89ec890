"""How long something lasts, as an operator writes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.config.duration import (
    MOST_MS,
    duration,
    format_duration,
    interval,
    period,
    seconds,
)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("90", 90_000),
        ("90s", 90_000),
        ("3m", 180_000),
        ("1h30m", 5_400_000),
        ("1h 30m", 5_400_000),
        ("30d", 30 * 86_400_000),
        ("0.5s", 500),
        (".5", 500),
        ("1.5h", 5_400_000),
        ("500ms", 500),
        ("1m500ms", 60_500),
        ("05m", 300_000),
        ("3M", 180_000),
        (" 7 ", 7000),
        ("0", 0),
    ],
)
def test_a_duration_is_read(text: str, milliseconds: int) -> None:
    assert duration(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be a duration, e.g. 90s"),
        ("soon", "must be a duration, e.g. 90s"),
        ("5s3m", "must be a duration"),
        ("1e3", "must be a duration"),
        ("٣m", "must be a duration"),
        ("-5", "negative"),
        ("12:30", "12m30s for minutes and seconds, 12h30m for hours and minutes"),
        ("1h30", "needs a unit at its end: 1h30m"),
        ("0.0001s", "whole milliseconds"),
        ("3651d", "ten years"),
        ("9" * 10_000, "ten years"),
    ],
)
def test_an_invalid_duration_is_reported_with_its_fix(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        duration(text)


@given(st.integers(0, MOST_MS))
def test_what_is_spelt_is_read_as_the_same(milliseconds: int) -> None:
    assert duration(format_duration(milliseconds)) == milliseconds


@given(st.text(max_size=100))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        length = duration(text)
    except ValueError:
        return
    assert 0 <= length <= MOST_MS


def test_a_vote_lasts_whole_seconds_and_at_least_one() -> None:
    assert period("1") == 1000
    for text in ("0", "0.5s", "1.5s"):
        with pytest.raises(ValueError, match="whole seconds"):
            period(text)


def test_settling_may_last_no_time_but_not_half_a_second() -> None:
    assert seconds("0") == 0
    with pytest.raises(ValueError, match="whole seconds"):
        seconds("0.5s")


def test_polls_are_never_without_a_pause() -> None:
    assert interval("0.5s") == 500
    with pytest.raises(ValueError, match="at least 50ms"):
        interval("0")
