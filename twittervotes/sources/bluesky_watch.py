"""Which stretches of time a host has handed out, and where it has left out what there must be.

A Jetstream host tells nothing of what it lacks: a cursor older than what it keeps is moved ahead
silently, and a host may go on for hours with news of accounts and not a single post. The network
has some fifty posts a second, so a stretch without anybody's post is one that is lost. Pure; times
are microseconds of the host's own clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from twittervotes.core.model import Gap

HOLE_US: Final = 30_000_000  # longer than the network is ever silent

Stretch = tuple[int, int]


@dataclass(slots=True)
class Watch:
    """What was read in this process, on one connection after another."""

    read: list[Stretch] = field(default_factory=list)
    _holes: list[Gap] = field(default_factory=list)
    _from_us: int = 0
    _post_us: int = 0
    _latest_us: int = 0
    _fresh: bool = False
    _blind: bool = False

    def begin(self, from_us: int) -> None:
        """A connection is open, on which the host was asked for all from `from_us` on."""
        self._keep()
        self._from_us = self._post_us = self._latest_us = from_us
        self._fresh, self._blind = True, False

    def note(self, at_us: int, *, post: bool) -> None:
        """A frame came; `post` is whether it brings news of a post, anybody's."""
        self._latest_us = max(self._latest_us, at_us)
        if at_us - self._post_us > HOLE_US or (self._blind and post and at_us > self._post_us):
            self._lose(at_us)
            self._blind = not post
        if post:
            self._fresh = False
            self._post_us = max(self._post_us, at_us)

    def holes(self) -> tuple[Gap, ...]:
        """Return the stretches lost since the last call."""
        holes, self._holes = tuple(self._holes), []
        return holes

    def missing(self, from_us: int, to_us: int) -> tuple[Gap, ...]:
        """Return the stretches of a period that were never read in this process."""
        self._keep()
        found = []
        for begin, end in [*sorted(self.read), (to_us, to_us)]:
            if min(begin, to_us) - from_us > HOLE_US:
                found.append(_gap(from_us, min(begin, to_us), _OLD))
            from_us = max(from_us, end)
        return tuple(found)

    def _lose(self, at_us: int) -> None:
        self._holes.append(_gap(self._post_us, at_us, _OLD if self._fresh else _SILENT))
        self._latest_us = self._post_us
        self._keep()
        self._from_us = self._post_us = self._latest_us = at_us

    def _keep(self) -> None:
        """Add what the connection has brought so far."""
        if self._latest_us > self._from_us:
            if self.read and self.read[-1][0] <= self._from_us <= self.read[-1][1]:
                begin, end = self.read.pop()
                self._from_us, self._latest_us = begin, max(end, self._latest_us)
            self.read.append((self._from_us, self._latest_us))
            self._from_us = self._latest_us


_OLD: Final = "The host had no older posts to hand out."
_SILENT: Final = "The host handed out no posts for a while."


def _gap(from_us: int, to_us: int, reason: str) -> Gap:
    return Gap(from_us // 1000, to_us // 1000, reason)
