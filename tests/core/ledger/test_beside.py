"""Reading a ledger leaves no files beside it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from samples import contest, page, post

from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import current_posts
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "one.votes"
    with Ledger.create(path, contest(), 1) as ledger:
        ledger.append([page([post("1")])], 1)
    return path


def files(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.parent.iterdir()}


@pytest.mark.parametrize("read", [lambda path: Reader(path).close(), verify])
def test_a_ledger_that_was_read_is_alone_again(path: Path, read: Callable[[Path], object]) -> None:
    before = files(path)
    read(path)
    assert files(path) == before


def test_a_damaged_ledger_is_left_alone_too(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE entries SET body = 'x' WHERE kind = 'page'")
    before = files(path)
    assert verify(path).finding
    assert files(path) == before


def test_closing_leaves_no_files_beside_the_ledger(path: Path) -> None:
    before = files(path)
    with Reader(path) as reader:
        written = reader.written()
        assert next(written)
    assert files(path) == before
    del written


def test_who_reads_last_takes_away_what_others_needed(path: Path) -> None:
    first, second = Reader(path), Reader(path)
    first.close()
    assert Path(f"{path}-shm").exists()
    with Ledger.reopen(path) as ledger:
        ledger.append([page([post("2")])], 1)
        assert [each.key for each in current_posts(second)] == ["1"]
        second.close()
    assert {each.name for each in path.parent.iterdir()} == {path.name}


def test_a_killed_writers_files_are_kept_for_the_next(path: Path) -> None:
    code = (
        "import os, pathlib, sys\n"
        "from samples import page, post\n"
        "from twittervotes.core.ledger.writer import Ledger\n"
        "ledger = Ledger.reopen(pathlib.Path(sys.argv[1]))\n"
        "ledger.append([page([post('2')])], 1)\n"
        "os._exit(0)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, path], env=environment, check=True)
    held = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    with Reader(path) as reader:
        assert reader.posts == 2
    assert (path.read_bytes(), Path(f"{path}-wal").read_bytes()) == held
    Ledger.reopen(path).close()
    with Reader(path) as reader:
        assert reader.posts == 2


def test_a_journal_that_a_stranger_put_there_is_not_acted_on(path: Path) -> None:
    Path(f"{path}-wal").touch()
    Path(f"{path}-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(600))
    before = files(path)
    with pytest.raises(LedgerError):
        Reader(path)
    assert files(path) == before
