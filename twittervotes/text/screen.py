"""The vote in a terminal, with keys; in a pipe, one line per change.

Like every view it receives frozen snapshots from any thread and draws the newest in its own.
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.clock import of_day
from twittervotes.core.contest.snapshot import Intents, Snapshot, State
from twittervotes.core.terminal_text import harmless
from twittervotes.text.keys import TerminalKeys
from twittervotes.text.picture import drawn, line

if TYPE_CHECKING:
    from collections.abc import Iterator

REDRAW_S, TURN_S, MEANT_S = 0.25, 0.1, 5.0
UNDER_WAY = frozenset({State.SCHEDULED, State.OPEN, State.PAUSED, State.CLOSING})
RUNNING = frozenset({State.OPEN, State.PAUSED})
ASKED = {  # the question after a key's first press
    "q": "Voting isn't over. Press q again to quit; reopen with --ledger FILE.",
    "c": "Press c again to close voting. It can't be reopened.",
    "p": "Press p again to pause voting. Posts made meanwhile won't count.",
}
MINUTE_MS = 60_000


class Screen:
    """The text view, on stdout unless given a console; its keys send `intents`."""

    def __init__(self, intents: Intents, console: Console | None = None) -> None:
        self._intents = intents
        self._console = console or Console()
        self._inbox: SimpleQueue[Snapshot | None] = SimpleQueue()
        self._line = ""
        self._shown: Snapshot | None = None
        self._asked, self._asked_at, self._drawn_at = "", -MEANT_S, 0.0

    def show(self, snapshot: Snapshot) -> None:
        """Show `snapshot` soon; may be called from any thread."""
        self._inbox.put(snapshot)

    def stop(self) -> None:
        """End `run` once everything is drawn; may be called from any thread or a signal handler."""
        self._inbox.put(None)

    def run(self) -> None:
        """Draw until stopped."""
        if self._console.is_terminal:
            with TerminalKeys() as keys:
                self._draw(keys)
            return
        while self._take(REDRAW_S):
            self._print_line()

    def _draw(self, keys: TerminalKeys) -> None:
        """Draw repeatedly; start over after Ctrl-Z or a resize."""
        is_wanted = True
        while is_wanted:
            size = self._console.size
            with above(self._console) as live:
                while is_wanted and not keys.is_to_sleep() and self._console.size == size:
                    is_wanted = self._take(TURN_S)
                    typed = keys.pressed()
                    is_wanted = is_wanted and self._obey(typed)
                    if typed or not is_wanted or time.monotonic() - self._drawn_at >= REDRAW_S:
                        self._draw_on(live)
            if keys.is_to_sleep():
                keys.sleep()
            elif is_wanted:
                self._console.clear()  # otherwise lines wrapped at the old width would stay

    def _draw_on(self, live: Live) -> None:
        self._drawn_at = time.monotonic()
        if self._shown:
            height = self._console.size.height
            live.update(drawn(self._shown, height, self._notice()), refresh=True)

    def _take(self, seconds: float) -> bool:
        """Take snapshots for `seconds`; return whether the view continues."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                newest = self._inbox.get(timeout=left)
            except Empty:
                break
            if newest is None:
                self._print_line()
                return False
            self._shown = newest
        return True

    def _obey(self, typed: str) -> bool:
        """Act on keys; return whether the view continues."""
        shown = self._shown
        state = shown.state if shown else None
        for key in typed.lower():
            if key == "u":
                self._intents.update()
            elif key == "p" and state is State.OPEN and self._is_meant(key):
                self._intents.pause()
            elif key == "p" and state is State.PAUSED:
                self._intents.resume()
            elif key in "+=" and shown and state in RUNNING and shown.contest.closes_ms:
                until_ms = max(shown.contest.closes_ms, shown.now_ms) + MINUTE_MS
                self._intents.act(Act(ActKind.EXTENDED, until_ms=until_ms))
            elif key == "c" and state in RUNNING and self._is_meant(key):
                self._intents.close()
            elif key == "q" and (state not in UNDER_WAY or self._is_meant(key)):
                return False
        return True

    def _is_meant(self, key: str) -> bool:
        """Return whether a key was pressed twice; ask for confirmation the first time."""
        is_meant = self._asked == key and self._is_question_open()
        self._asked, self._asked_at = ("", -MEANT_S) if is_meant else (key, time.monotonic())
        return is_meant

    def _is_question_open(self) -> bool:
        return time.monotonic() - self._asked_at < MEANT_S

    def _notice(self) -> str:
        if self._is_question_open():
            return ASKED[self._asked]
        return self._shown.refused if self._shown else ""

    def _print_line(self) -> None:
        """In a pipe, print a line if it is new."""
        if self._shown is None or self._console.is_terminal:
            return
        said = line(self._shown)
        if said != self._line:
            self._line = said
            words = harmless(f"{of_day(self._shown.now_ms)} {said}")
            self._console.print(words, soft_wrap=True, markup=False, highlight=False)


@contextmanager
def above(console: Console) -> Iterator[Live]:
    """Yield a picture that is redrawn in place; log lines scroll past above it."""
    before = sys.stderr
    shares = before is not None and before.isatty()
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and shares and handler.stream is before
    ]
    live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=shares)
    with live:
        for handler in handlers:
            handler.setStream(sys.stderr)
        try:
            yield live
        finally:
            for handler in handlers:
                handler.setStream(before)
