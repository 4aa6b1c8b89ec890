"""The time for a count: the local clock, capped by the network clocks.

A vote opens and closes by the time of day, but each post is judged by its network's time. A local
clock that is ahead, or jumps ahead, must not end a vote before its last posts, and one lying
network must not delay it. So the time is never later than the network clocks, or, until one is
known, than our own clock at start-up; these advance by a clock that never jumps. If all network
clocks are behind ours, the closest one applies. A local clock that is behind loses nothing: the
vote ends late.
"""

from __future__ import annotations

from twittervotes.core.contest.clock import MOST_APART_MS, Clock

LONGEST_BEHIND_MS = 10 * 60_000  # a network whose clock is further behind is not waited for


class Timekeeper:
    """The time of one count; call `note` with each network's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.today() - clock.now()
        self._theirs: dict[str, int] = {}  # each network's clock minus the clock that never jumps

    def now(self) -> int:
        """Return the time of a clock that never jumps."""
        return self._clock.now()

    def today(self) -> int:
        """Return the time of day."""
        off_ms = max(map(self._ahead_ms, self._theirs.values() or (self._began,)))
        return self._clock.today() + (off_ms if off_ms < -MOST_APART_MS else 0)

    def note(self, name: str, ahead_ms: int) -> bool:
        """Record how far a network's clock is ahead of ours; return whether that is new.

        Networks report whole seconds and the response takes a while, so small differences are
        ignored.
        """
        told = self._clock.today() + ahead_ms - self._clock.now()
        known = self._theirs.get(name)
        if known is not None and abs(told - known) <= MOST_APART_MS:
            return False
        self._theirs[name] = told
        return True

    def ahead_ms(self, name: str) -> int:
        """Return how far a network's clock is ahead of this computer's; 0 if unknown."""
        return self._ahead_ms(self._theirs[name]) if name in self._theirs else 0

    def behind_ms(self) -> int:
        """Return how far the slowest network clock to wait for is behind `today`."""
        today = self.today() - self._clock.today()
        behind = [today - self.ahead_ms(name) for name in self._theirs]
        late = [ms for ms in behind if MOST_APART_MS < ms <= LONGEST_BEHIND_MS]
        return max(late, default=0)

    def _ahead_ms(self, other: int) -> int:
        return other + self._clock.now() - self._clock.today()
