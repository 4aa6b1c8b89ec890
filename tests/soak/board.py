"""A board beside the vote, which is killed, stopped and flooded; the count must not notice."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twittervotes.client import Board, BoardError

FLOOD_S, STREAMS, ASKING = 3.0, 200, 4
SHOWS_WITHIN_S = 60.0
REQUESTS = ("/", "/c/{}", "/v1/contests/{}/state", "/v1/contests/{}/pack.zip", "/c/{}/proof")


@dataclass
class Beside:
    """The board of one ledger; it is started when it is first needed."""

    ledger: Path
    home: Path
    url: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        self._let_go()
        command = (sys.executable, "-m", "twittervotes", "board", str(self.ledger), "--port", "0")
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "HOME": str(self.home)},
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        found = re.search(r"http://[^\s/]+", line)
        self.url = found[0] if found else ""

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self._let_go()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def flood(self) -> None:
        """Open more streams than anyone reads, and ask for everything as fast as it goes."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        slug, ends = re.sub("[^a-z0-9]+", "-", self.ledger.stem.lower()), time.monotonic() + FLOOD_S
        with ExitStack() as opened:
            for _ in range(STREAMS):
                with suppress(OSError):
                    each = opened.enter_context(socket.create_connection((host, int(port)), 5))
                    each.sendall(f"GET /v1/contests/{slug}/stream HTTP/1.1\r\nhost: x\r\n".encode())
            threads = [
                threading.Thread(target=_ask, args=(host, int(port), slug, ends))
                for _ in range(ASKING)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def differs(self, result: dict[str, Any]) -> str:
        """Tell how the board differs from a result in the end; "" if it shows the same."""
        self.start()
        wanted = {each["choice"]: each["votes"] for each in result["tally"]}
        ends, shown = time.monotonic() + SHOWS_WITHIN_S, {}
        with Board(self.url) as board:
            while time.monotonic() < ends:
                with suppress(BoardError):
                    for each in board.summaries():
                        shown = {share.tag: share.votes for share in each.state.tally}
                if shown == wanted:
                    return ""
                time.sleep(0.5)
        return f"the board shows {shown}, and the result is {wanted}"

    def _let_go(self) -> None:
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None


def _ask(host: str, port: int, slug: str, ends: float) -> None:
    number = 0
    while time.monotonic() < ends:
        path = REQUESTS[number % len(REQUESTS)].format(slug)
        number += 1
        with suppress(OSError), socket.create_connection((host, port), 5) as asking:
            asking.settimeout(5)
            asking.sendall(
                f"GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()
            )
            while asking.recv(65_536):
                pass
