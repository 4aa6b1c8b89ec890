"""The time for a count, from our own clock and those of the networks."""

from __future__ import annotations

import pytest
from doubles import StillClock

from twittervotes.core.polling.timekeeper import Timekeeper

NOON_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


def told(clock: StillClock, *ahead_ms: int) -> Timekeeper:
    keeper = Timekeeper(clock.clock())
    for number, each in enumerate(ahead_ms):
        keeper.note(str(number), each)
    return keeper


@pytest.mark.parametrize(
    ("ahead_ms", "off_ms"),
    [
        ((), 0),
        ((0,), 0),
        ((9_000, -9_000), 0),
        ((HOUR_MS,), 0),
        ((-HOUR_MS, -HOUR_MS - 4_000), -HOUR_MS),
        ((-HOUR_MS, 0), 0),
        ((-HOUR_MS, HOUR_MS), 0),
        ((-90_000, -HOUR_MS), -90_000),
    ],
)
def test_our_clock_applies_until_all_networks_disagree(
    ahead_ms: tuple[int, ...], off_ms: int
) -> None:
    assert told(StillClock(NOON_MS), *ahead_ms).today() == NOON_MS + off_ms


def test_a_clock_jump_changes_nothing_once_a_network_clock_is_known() -> None:
    clock = StillClock(NOON_MS)
    keeper = told(clock, 500)
    clock.forward(5_000)
    clock.today_ms += HOUR_MS
    assert keeper.today() == NOON_MS + 5_500
    clock.today_ms -= HOUR_MS
    assert keeper.today() == NOON_MS + 5_000


def test_a_clock_jump_changes_nothing_before_a_network_clock_is_known() -> None:
    clock = StillClock(NOON_MS)
    keeper = told(clock)
    clock.forward(5_000)
    clock.today_ms += HOUR_MS
    assert keeper.today() == NOON_MS + 5_000
    keeper.note("x", 0)
    assert keeper.today() == NOON_MS + 5_000 + HOUR_MS


def test_only_a_difference_of_some_seconds_is_news() -> None:
    keeper = Timekeeper(StillClock(NOON_MS).clock())
    assert keeper.note("x", -90_000)
    assert not keeper.note("x", -91_000)
    assert keeper.ahead_ms("x") == -90_000
    assert keeper.note("x", 0)
    assert (keeper.ahead_ms("x"), keeper.ahead_ms("unheard")) == (0, 0)


@pytest.mark.parametrize(
    ("ahead_ms", "waits_ms"),
    [((0, -90_000), 90_000), ((0, -HOUR_MS), 0), ((0, 90_000), 0), ((-90_000,), 0)],
)
def test_a_single_slow_clock_is_waited_for_within_limits(
    ahead_ms: tuple[int, ...], waits_ms: int
) -> None:
    assert told(StillClock(NOON_MS), *ahead_ms).behind_ms() == waits_ms
