"""What time it is for a count: this computer's clock, but never later than all others say.

A vote opens and closes by the time of day, and posts are judged by that of their network. A clock
that is ahead, or jumps ahead, must not end a vote before its last posts; and one network that lies
must not hold it up. The others are the clocks of the networks; until one has told the time, our own
as it was at the beginning. They go on by one that never jumps. Where all of them are behind our
clock, the one nearest to it counts. A clock that is behind loses nothing: the end comes late.
"""

from __future__ import annotations

from twittervotes.core.contest.clock import MOST_APART_MS, Clock

LONGEST_BEHIND_MS = 10 * 60_000  # a network whose clock is further behind is not waited for


class Timekeeper:
    """The time of one count; `note` what each network tells."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.today() - clock.now()
        self._theirs: dict[str, int] = {}  # each network's clock less the one that never jumps

    def now(self) -> int:
        """Return the time by a clock that never jumps."""
        return self._clock.now()

    def today(self) -> int:
        """Return the time of day."""
        off_ms = max(map(self._ahead_ms, self._theirs.values() or (self._began,)))
        return self._clock.today() + (off_ms if off_ms < -MOST_APART_MS else 0)

    def note(self, name: str, ahead_ms: int) -> bool:
        """Take in how far a network's clock is ahead of ours; tell whether that is new.

        It tells whole seconds, and its answer takes a while: small differences are none.
        """
        told = self._clock.today() + ahead_ms - self._clock.now()
        known = self._theirs.get(name)
        if known is not None and abs(told - known) <= MOST_APART_MS:
            return False
        self._theirs[name] = told
        return True

    def ahead_ms(self, name: str) -> int:
        """Return how far a network's clock is ahead of this computer's; 0 where it told nothing."""
        return self._ahead_ms(self._theirs[name]) if name in self._theirs else 0

    def behind_ms(self) -> int:
        """Return how far the last network's clock to be waited for is behind `today`."""
        today = self.today() - self._clock.today()
        behind = [today - self.ahead_ms(name) for name in self._theirs]
        late = [ms for ms in behind if MOST_APART_MS < ms <= LONGEST_BEHIND_MS]
        return max(late, default=0)

    def _ahead_ms(self, other: int) -> int:
        return other + self._clock.now() - self._clock.today()
