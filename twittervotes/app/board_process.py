"""A board beside the window, in its own process so that it can't slow the count."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import webbrowser
from functools import partial
from typing import TYPE_CHECKING

from twittervotes.desktop.widgets.board_sheet import ServedBoard
from twittervotes.network.address import own_address

if TYPE_CHECKING:
    from collections.abc import Callable

PORTS = ("8080", "0")  # the one that overlays are set to, or else any
LOOPBACK = "127.0.0.1"
ENDS_WITHIN_S = 5.0


class BoardProcess:
    """Starts a board and shows where it is; ends it with the program.

    `later` runs a function in the window's thread, `show` shows a board, `say` a sentence.
    """

    def __init__(
        self,
        later: Callable[[Callable[[], None]], None],
        show: Callable[[ServedBoard], None],
        say: Callable[[str], None],
    ) -> None:
        self._later = later
        self._show = show
        self._say = say
        self._process: subprocess.Popen[str] | None = None
        self._served: tuple[str, ServedBoard] | None = None  # which vote it serves, and where
        self._reading: threading.Thread | None = None
        self._lock = threading.Lock()

    def open(self, vote: str, *, shared: bool = False) -> None:
        """Show the board of a vote, "" for all of them; start it first if necessary."""
        running = self._process is not None and self._process.poll() is None
        if (
            running
            and self._served
            and (self._served[0], self._served[1].is_shared)
            == (
                vote,
                shared,
            )
        ):
            self._show(self._served[1])
            return
        threading.Thread(target=self._start, args=(vote, shared), daemon=True).start()

    def end(self) -> None:
        """Stop the board."""
        with self._lock:
            process, self._process, self._served = self._process, None, None
        if process is not None:
            process.terminate()
            try:
                process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._reading is not None:
            self._reading.join(ENDS_WITHIN_S)

    def _start(self, vote: str, shared: bool) -> None:
        self.end()
        host = own_address() if shared else LOOPBACK
        said = ""
        for port in PORTS:
            words = ["board", *([vote] if vote else []), "--host", host, "--port", port]
            with self._lock:
                self._process = process = _started(words)
            said = process.stdout.readline() if process.stdout else ""
            if found := re.search(r"http://[^\s/]+", said):
                break
            process.communicate()
        else:
            self._later(partial(self._say, said.strip() or "The board can't be started."))
            return
        # Read the rest of its output too, so that it never blocks on a full pipe.
        self._reading = threading.Thread(target=process.communicate, daemon=True)
        self._reading.start()
        served = ServedBoard(
            found[0],
            host != LOOPBACK,
            browse=partial(webbrowser.open, found[0]),
            share=lambda share: self.open(vote, shared=share),
            stop=self.end,
        )
        self._served = vote, served
        self._later(partial(self._show, served))


def _started(words: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        (sys.executable, "-m", "twittervotes", *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
