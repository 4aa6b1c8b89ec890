"""The simulated Bluesky: one audience, hosts of its Jetstream, and a service with the search.

A class with `start` and `stop`, so that one process can run several networks. It has its own time
of day, and deliberately uses nothing of the counting code under test.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType

from simulators.bluesky_course import Course
from simulators.bluesky_host import Host, Manners
from simulators.bluesky_service import Service
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.rehearsal.truth import Truth

TICK_S = 0.02
TWO_HOSTS = (Manners(), Manners(drops=0.1))


class Bluesky:
    """The network; by default its second host drops a part of all posts."""

    def __init__(
        self,
        settings: RehearsalSettings,
        tags: tuple[str, ...],
        manners: tuple[Manners, ...] = TWO_HOSTS,
        *,
        returns: bool = True,
    ) -> None:
        self.course = Course(settings, tags, time.time_ns() // 1_000_000, returns=returns)
        self.hosts = tuple(Host(n, settings, each) for n, each in enumerate(manners))
        self.service = Service(self.course, settings)
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="bluesky", daemon=True)

    def start(self) -> None:
        """Listen, with each host and the service on a free port of loopback."""
        self._advance()
        for host in self.hosts:
            host.start()
        self.service.start()
        self._ticker.start()

    def stop(self) -> None:
        """Stop everything; harmless if called twice."""
        self._ended.set()
        for host in self.hosts:
            host.stop()
        self.service.stop()

    def truth(self, opens_ms: int, closes_ms: int) -> Truth:
        """Return the current true votes of a period."""
        self._advance()
        return self.course.truth(opens_ms, closes_ms, time.time_ns() // 1_000_000)

    def __enter__(self) -> Bluesky:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _advance(self) -> None:
        now_us = time.time_ns() // 1000
        happenings = self.course.advance(now_us // 1000)
        for host in self.hosts:
            host.take(happenings, now_us)

    def _tick(self) -> None:
        while not self._ended.wait(TICK_S):
            self._advance()
