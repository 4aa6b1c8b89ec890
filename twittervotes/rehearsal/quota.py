"""How many requests a credential has left, in windows that begin with a first request."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Left:
    """What is left after a request; `reset_s` is in whole Unix seconds, like X's."""

    limit: int
    remaining: int
    reset_s: int
    allowed: bool = True

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The quota as response headers."""
        return (
            ("x-rate-limit-limit", str(self.limit)),
            ("x-rate-limit-remaining", str(self.remaining)),
            ("x-rate-limit-reset", str(self.reset_s)),
        )


class Budget:
    """The quota of each credential for one kind of request."""

    def __init__(self, limit: int, window_s: float) -> None:
        self._limit = limit
        self._window_s = window_s
        self._lock = threading.Lock()
        self._windows: dict[str, Left] = {}

    def take(self, who: str, now_s: float) -> Left:
        """Use one request of `who`, if one is left."""
        with self._lock:
            left = self._current(who, now_s)
            allowed = left.remaining > 0
            left = Left(left.limit, left.remaining - allowed, left.reset_s, allowed)
            self._windows[who] = left
            return left

    def look(self, who: str, now_s: float) -> Left:
        """Return what `who` has left, without using it."""
        with self._lock:
            return self._current(who, now_s)

    def _current(self, who: str, now_s: float) -> Left:
        left = self._windows.get(who)
        if left is None or now_s >= left.reset_s:
            return Left(self._limit, self._limit, math.ceil(now_s + self._window_s))
        return left
