"""The numbers that the window derives from snapshots, and their animation.

Pure: no clock, no Tk, and no decisions about what counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.posts import MINUTE_MS, STEP_MS

if TYPE_CHECKING:
    from twittervotes.core.contest.posts import Tally

GLIDE_S = 0.4
BAR_S = 0.6


def last_minute(tally: Tally, now_ms: int) -> tuple[float, ...]:
    """Estimate each choice's votes posted in the minute up to `now_ms`.

    Votes are known in steps of posting time, in minutes once a vote is long; of the step that the
    last 60 seconds cover partly, the same part is taken.
    """
    is_fine = tally.steps and tally.steps[-1][0] >= tally.minutes[-1][0]
    rows, width = (tally.steps, STEP_MS) if is_fine else (tally.minutes, MINUTE_MS)
    begins = now_ms - MINUTE_MS
    found = [0.0] * len(tally.votes)
    for at_ms, votes in reversed(rows):
        if at_ms + width <= begins:
            break
        share = min(1.0, (at_ms + width - begins) / width) if at_ms <= now_ms else 0.0
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
