"""Which periods a host has delivered, and where it has omitted posts that must exist.

A Jetstream host doesn't report what it lacks: it silently advances a cursor that is too old, and it
may continue for hours with account events but not a single post. The network has some fifty posts a
second, so a period without anyone's post was lost. Pure; times are microseconds of the host's
clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from twittervotes.core.contest.posts import Gap

HOLE_US: Final = 30_000_000  # longer than the network is ever silent

Stretch = tuple[int, int]


@dataclass(slots=True)
class ReadCoverage:
    """What was read in this process, over successive connections.

    Only posts prove coverage: a blind host continues with account events, and if its connection is
    cut meanwhile, the time up to the cut must not seem to have been read. So a covered period ends
    at its latest post, and the next connection starts from that post, `cursor_us`.
    """

    read: list[Stretch] = field(default_factory=list)
    cursor_us: int = 0
    _holes: list[Gap] = field(default_factory=list)
    _from_us: int = 0
    _post_us: int = 0
    _told_us: int = 0  # up to when a hole was reported
    _fresh: bool = False
    _blind: bool = False

    def begin(self, from_us: int) -> None:
        """Start a connection on which the host was asked for everything from `from_us` on."""
        self._keep()
        self.cursor_us = self._from_us = self._post_us = self._told_us = from_us
        self._fresh, self._blind = True, False

    def note(self, at_us: int, *, post: bool) -> None:
        """Record a frame; `post` is whether it is about a post, anyone's."""
        since_us = max(self._post_us, self._told_us)
        if at_us - since_us > HOLE_US or (self._blind and post and at_us > since_us):
            self._holes.append(_gap(since_us, at_us, _OLD if self._fresh else _SILENT))
            self._told_us, self._blind = at_us, True
        if post:
            self.cursor_us, self._fresh = at_us, False
            self._blind = self._blind and at_us < self._told_us
            if self._told_us > self._post_us:  # there is a hole between the last post and this one
                self._keep()
                self._from_us = self._post_us = at_us
            self._post_us = max(self._post_us, at_us)

    def holes(self) -> tuple[Gap, ...]:
        """Return the holes found since the last call."""
        holes, self._holes = tuple(self._holes), []
        return holes

    def missing(self, from_us: int, to_us: int) -> tuple[Gap, ...]:
        """Return the parts of a period that were never read in this process."""
        self._keep()
        found = []
        for begin, end in [*sorted(self.read), (to_us, to_us)]:
            if min(begin, to_us) - from_us > HOLE_US:
                found.append(_gap(from_us, min(begin, to_us), _OLD))
            from_us = max(from_us, end)
        return tuple(found)

    def _keep(self) -> None:
        """Add what the connection has covered so far."""
        begin_us, end_us = self._from_us, self._post_us
        if end_us <= begin_us:
            return
        if self.read and self.read[-1][0] <= begin_us <= self.read[-1][1]:
            before = self.read.pop()
            begin_us, end_us = before[0], max(before[1], end_us)
        self.read.append((begin_us, end_us))
        self._from_us = self._post_us


_OLD: Final = "The host had no older posts."
_SILENT: Final = "The host sent no posts for a while."


def _gap(from_us: int, to_us: int, reason: str) -> Gap:
    return Gap(from_us // 1000, to_us // 1000, reason)
