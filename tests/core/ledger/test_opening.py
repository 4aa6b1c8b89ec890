"""A ledger's file is opened with care, and in one place only."""

from __future__ import annotations

import _thread
import ast
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from patience import PATIENCE_S
from samples import contest, page, post

from twittervotes.core.ledger import file, opening
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger

PACKAGE = Path(opening.__file__).parents[2]
ENDLESS = "WITH RECURSIVE x(n) AS (SELECT began() UNION ALL SELECT 1 FROM x) SELECT count(*) FROM x"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "wählt? 50 %#1.votes"  # signs that mean something in a URI
    Ledger.create(path, contest(), 1).close()
    return path


def test_sqlite_is_connected_to_a_file_in_one_place_only() -> None:
    places = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("sqlite3.connect")
        if ast.unparse(node.args[0]) not in ("':memory:'", "''")
    }
    assert places == {
        "core/ledger/opening.py",
        "standalone/verify.py",
        "standalone/verify_format1.py",
    }


def test_a_signal_ends_a_query_that_would_never_end(path: Path) -> None:
    began = threading.Event()

    def interrupt() -> None:
        if began.wait(PATIENCE_S):
            _thread.interrupt_main()

    threading.Thread(target=interrupt, daemon=True).start()
    with closing(opening.connect(path, "mode=ro", sqlite3.Connection)) as db:
        db.create_function("began", 0, began.set)
        with pytest.raises(KeyboardInterrupt), file.told(path):
            db.execute(ENDLESS).fetchone()


def test_opening_a_missing_ledger_creates_no_file(tmp_path: Path) -> None:
    path = tmp_path / "none.votes"
    for how in ("mode=ro", "mode=rw"):
        with (
            pytest.raises(sqlite3.OperationalError),
            closing(opening.connect(path, how, sqlite3.Connection)) as db,
        ):
            db.execute("SELECT 1 FROM sqlite_master")
    assert not path.exists()


def test_a_new_ledger_never_has_a_journal(path: Path) -> None:
    """Its header says so from the start: a program killed at any moment leaves none."""
    header = path.read_bytes()[18:20]
    assert header == b"\2\2"
    with Ledger.reopen(path), Reader(path):
        assert not Path(f"{path}-journal").exists()


@pytest.mark.parametrize("cut_short", [False, True])
def test_an_interrupted_checkpoint_loses_nothing(
    path: Path, tmp_path: Path, cut_short: bool
) -> None:
    copy = tmp_path / "copy.votes"
    ledger = Ledger.reopen(path)
    try:
        for number in range(30):
            posts = [post(f"{number}-{each}") for each in range(100)]
            ledger.append([page(posts)], 2)
        digest = ledger.digest
        for ending in ("", "-wal"):  # as a killed program leaves them
            shutil.copyfile(f"{path}{ending}", f"{copy}{ending}")
    finally:
        ledger.close()
    if cut_short:  # the first page is in the file, with the new size; the pages after it aren't yet
        data = bytearray(copy.read_bytes())
        data[28:32] = (1000).to_bytes(4, "big")
        data[92:96] = data[24:28]
        copy.write_bytes(data)
    with Reader(copy) as reader:
        assert reader.digest == digest
    taken_up = Ledger.reopen(copy)
    assert taken_up.digest == digest
    taken_up.close()
