"""How many requests an instance still allows, in windows aligned to the clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime

PAGING_WINDOWS = 3  # the limit on paging is for a window three times as long


@dataclass(frozen=True, slots=True)
class Told:
    """What a response reports of the limit with less left."""

    limit: int
    remaining: int
    reset_s: float
    allowed: bool = True

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        reset = datetime.fromtimestamp(self.reset_s, UTC)
        return (
            ("X-RateLimit-Limit", str(self.limit)),
            ("X-RateLimit-Remaining", str(self.remaining)),
            ("X-RateLimit-Reset", reset.strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
        )


class Allowance:
    """Counts the requests of each client: all of them, and those that page."""

    def __init__(self, limit: int, window_s: float) -> None:
        self._limit, self._window_s = limit, window_s
        self._lock = threading.Lock()
        self._used: dict[tuple[str, float, int], int] = {}

    def take(self, who: str, now_s: float, *, paging: bool) -> Told:
        """Count one request, and report the limit with less left."""
        windows = [self._window_s]
        if paging:
            windows.append(self._window_s * PAGING_WINDOWS)
        with self._lock:
            return min((self._counted(who, now_s, each) for each in windows), key=_left)

    def _counted(self, who: str, now_s: float, window_s: float) -> Told:
        number = int(now_s // window_s)
        used = self._used[who, window_s, number] = self._used.get((who, window_s, number), 0) + 1
        ends_s = (number + 1) * window_s + now_s % 1  # the fraction is noise, as in the original
        return Told(self._limit, max(0, self._limit - used), ends_s, used <= self._limit)


def _left(told: Told) -> tuple[bool, int]:
    return told.allowed, told.remaining
