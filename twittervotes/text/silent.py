"""The view that shows nothing, for programs that want the result only."""

from __future__ import annotations

import threading

from twittervotes.core.contest.snapshot import Snapshot


class Silent:
    """A view without a screen: `run` waits until somebody calls `stop`."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def show(self, snapshot: Snapshot) -> None:
        """Show nothing."""

    def run(self) -> None:
        """Wait for the end; a signal may come in between."""
        while not self._ended.wait(0.5):
            pass

    def stop(self) -> None:
        """Let `run` return; from any thread, or a signal handler."""
        self._ended.set()
