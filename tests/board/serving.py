"""A board in its own process, started as a user would."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

from patience import PATIENCE_S, until

from twittervotes.client import Board, BoardError

Start = Callable[..., str]


@contextlib.contextmanager
def serving(*words: str, port: str = "0") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start `twittervotes board`; yield its URL and its process, and stop it at the end."""
    command = (sys.executable, "-m", "twittervotes", "board", *words, "--port", port)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+/", line)
        assert found, line
        yield found[0].rstrip("/"), process
        if process.poll() is None:
            process.terminate()
            assert process.wait(PATIENCE_S) in (0, -15)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def known(url: str, slug: str) -> Board:
    """Return a client of a board that knows a vote."""
    board = Board(url)

    def is_there() -> bool:
        try:
            board.contest(slug)
        except BoardError:
            return False
        return True

    until(is_there)
    return board
