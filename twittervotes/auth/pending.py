"""What a sign-in waits for: recognised by a secret name, good for a single try.

A foreign name leaves it pending, or any web page could spoil a sign-in. Safe to use from several
threads.
"""

from __future__ import annotations

import hmac
import threading
from typing import Generic, TypeVar

T = TypeVar("T")

PENDING_S = 600.0


class Pending(Generic[T]):
    """At most one thing that is waited for; a new one makes the one before worthless."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[str, T, float] | None = None

    def put(self, name: str, value: T, now: float) -> None:
        """Wait for whoever brings `name`."""
        with self._lock:
            self._held = name, value, now

    def take(self, name: str) -> tuple[T, float] | None:
        """Return what `name` stands for and since when, and forget it; None for a foreign name."""
        with self._lock:
            if self._held is None or not name:
                return None
            mine, value, since = self._held
            if not hmac.compare_digest(name.encode(), mine.encode()):
                return None
            self._held = None
            return value, since
