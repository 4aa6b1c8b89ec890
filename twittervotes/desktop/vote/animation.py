"""The numbers that the window derives from snapshots, and their animation.

Pure: no clock, no Tk, and no decisions about what counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twittervotes.core.contest.posts import Tally

MINUTE_MS = 60_000
GLIDE_S = 0.3


def last_minute(tally: Tally, now_ms: int) -> tuple[float, ...]:
    """Estimate each choice's votes posted in the minute up to `now_ms`.

    Votes are known per minute of posting; of the minute that the last 60 seconds cover partly, the
    same part is taken.
    """
    this = now_ms - now_ms % MINUTE_MS
    shares = {this: 1.0, this - MINUTE_MS: 1 - (now_ms - this) / MINUTE_MS}
    found = [0.0] * len(tally.votes)
    for minute, votes in reversed(tally.minutes):
        if minute < this - MINUTE_MS:
            break
        share = shares.get(minute, 0.0)
        for i, number in enumerate(votes):
            found[i] += number * share
    return tuple(found)


class Glide:
    """A number that moves to another: fast at first, then slowing down."""

    __slots__ = ("_began", "_start", "_takes", "target", "value")

    def __init__(self, value: float = 0.0) -> None:
        self.value = self.target = self._start = value
        self._began, self._takes = 0.0, GLIDE_S

    @property
    def moving(self) -> bool:
        """Whether it is still moving."""
        return self.value != self.target

    def aim(self, target: float, now: float, takes: float = GLIDE_S) -> None:
        """Start moving to `target` at the time `now` (seconds of any steady clock)."""
        if target != self.target:
            left = self._began + self._takes - now if self.moving else 0.0
            self._start, self.target, self._began = self.value, target, now
            self._takes = max(takes, left)  # a small change doesn't cut a slow movement short

    def jump(self, target: float) -> None:
        """Jump to `target`."""
        self.value = self.target = self._start = target

    def move(self, now: float) -> float:
        """Return where the number is at the time `now`."""
        left = 1 - min(1.0, max(0.0, (now - self._began) / self._takes))
        self.value = (
            self.target if not left else self.target - (self.target - self._start) * (left**3)
        )
        return self.value


def ticks(top: float, most: int) -> tuple[int, ...]:
    """Return round numbers that divide a scale up to `top`: few, and at most `most` (2 or more)."""
    for size in (10**power * digit for power in range(13) for digit in (1, 2, 5)):
        if top // size <= most:
            return tuple(range(size, int(top) + 1, size))
    return ()
