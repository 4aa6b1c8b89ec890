"""The two clocks of a running count, in one place so that tests can replace them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

MOST_APART_MS = 10_000  # networks report whole seconds, and the response takes a while


def _today_ms() -> int:
    return time.time_ns() // 1_000_000


def _steady_ms() -> int:
    """Return the time of a clock that keeps running during sleep; Python's own may not."""
    if sys.platform == "linux":
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    if sys.platform == "darwin":
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000_000
    return time.monotonic_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """Two clocks: `today` returns the time of day in UTC milliseconds, `now` never jumps."""

    today: Callable[[], int] = _today_ms
    now: Callable[[], int] = _steady_ms


def of_day(at_ms: int) -> str:
    """Return the local time of day of `at_ms`, such as '14:05:02'."""
    return time.strftime("%H:%M:%S", time.localtime(at_ms / 1000))


def of_date(at_ms: int) -> str:
    """Return the local day and minute of `at_ms`, such as '2026-11-20 14:05'."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at_ms / 1000))


def apart(ahead_ms: int, whose: str) -> str:
    """Say how far a clock `ahead_ms` ahead of ours is off; "" if the difference is negligible."""
    if abs(ahead_ms) <= MOST_APART_MS:
        return ""
    way = "behind" if ahead_ms > 0 else "ahead of"
    return f"This computer's clock is {round(abs(ahead_ms) / 1000):,} s {way} {whose}"
