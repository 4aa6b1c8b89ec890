"""A process that counts into a ledger may read it, too, without losing its locks on the file.

POSIX drops all locks of a process on a file as soon as the process closes any descriptor of it.
Another program then removes the notes into which the first one is still writing.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from twittervotes.core.ledger.reader import Reader

PROGRAM = """
import sys
from pathlib import Path

from samples import contest, page, post
from twittervotes.app.recent import recent
from twittervotes.core.ledger import file
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger
from twittervotes.export import export

def read(path):
    with Reader(path) as reader:
        assert reader.posts == 1

def exported(path):
    with Reader(path) as reader:
        export(reader, path.with_name("pack.zip"))

READINGS = {
    "plainly": lambda path: path.read_bytes(),
    "checking": file.check,
    "reader": read,
    "export": exported,
    "verify": verify,
    "copy": lambda path: file.copy(path, path.with_name("copy.votes")),
    "recent": lambda path: list(recent(path.parent)),
    "busy": lambda path: Ledger.reopen(path),
}

path, way = Path(sys.argv[1]), sys.argv[2]
ledger = Ledger.create(path, contest(), 1)
ledger.append([page([post("1")])], 2)
try:
    READINGS[way](path)
except file.LedgerBusyError:
    pass
print("read", flush=True)
sys.stdin.readline()
ledger.append([page([post("2")])], 3)
print("written", flush=True)
sys.stdin.readline()
"""
READINGS = ("checking", "reader", "export", "verify", "copy", "recent", "busy")


def kept(path: Path, way: str) -> int:
    """Read a ledger while it is counted into, let another program by, and kill the first one."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), way],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as counting:
        assert counting.stdin is not None
        assert counting.stdout is not None
        try:
            assert counting.stdout.readline() == "read\n"
            with closing(sqlite3.connect(path)) as other:  # it may write, and comes and goes
                other.execute("PRAGMA user_version")
            counting.stdin.write("\n")
            counting.stdin.flush()
            assert counting.stdout.readline() == "written\n"
        finally:
            counting.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    with Reader(path) as reader:
        posts: int = reader.posts
        return posts


@pytest.mark.parametrize("way", READINGS)
def test_what_is_written_after_a_reading_is_kept(tmp_path: Path, way: str) -> None:
    assert kept(tmp_path / "vote.votes", way) == 2


@pytest.mark.skipif(os.name != "posix", reason="other systems keep the locks")
def test_a_plain_reading_loses_what_is_written_after_it(tmp_path: Path) -> None:
    """The test above can fail."""
    assert kept(tmp_path / "vote.votes", "plainly") == 1
