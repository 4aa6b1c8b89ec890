"""One program at a time holds the lock beside a file, and no trace of it remains."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from patience import PATIENCE_S
from samples import contest, page, post

from twittervotes.core.file_lock import Lock, locked
from twittervotes.core.ledger.writer import Ledger


def test_the_locks_file_is_gone_when_it_is_let_go(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "it")
    assert lock.path == tmp_path / "it.lock"
    assert lock.path.exists()
    with pytest.raises(TimeoutError):
        Lock(tmp_path / "it", wait_s=0)
    assert lock.path.exists(), "who doesn't hold it doesn't remove it"
    lock.release()
    lock.release()
    assert list(tmp_path.iterdir()) == []
    Lock(tmp_path / "it", wait_s=0).release()


def test_a_ledger_that_nobody_has_open_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / "one.votes"
    with Ledger.create(path, contest(), 1) as ledger:
        ledger.append([page([post("1")])], 1)
    assert list(tmp_path.iterdir()) == [path]
    Ledger.reopen(path).close()
    assert list(tmp_path.iterdir()) == [path]


def test_two_names_of_a_file_have_one_lock(tmp_path: Path) -> None:
    (tmp_path / "name").symlink_to(tmp_path / "it")
    with locked(tmp_path / "it", wait_s=0), pytest.raises(TimeoutError):
        Lock(tmp_path / "name", wait_s=0)


def test_a_lock_that_somebody_took_from_us_is_not_removed(tmp_path: Path) -> None:
    first = Lock(tmp_path / "it")
    first.path.unlink()
    second = Lock(tmp_path / "it")
    first.release()
    assert second.path.exists()
    second.release()
    assert not second.path.exists()


HOLDER = """
import sys, time, pathlib
from twittervotes.core.file_lock import Lock
lock = Lock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_what_a_killed_program_held_is_taken_and_removed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "it")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(TimeoutError):
                Lock(tmp_path / "it", wait_s=0)
        finally:
            holder.kill()
    assert (tmp_path / "it.lock").exists()
    with locked(tmp_path / "it", wait_s=PATIENCE_S):
        pass
    assert list(tmp_path.iterdir()) == []


COUNTER = """
import sys, pathlib
from twittervotes.core.file_lock import locked
number = pathlib.Path(sys.argv[1])
for _ in range(100):
    with locked(number, wait_s=60):
        number.write_text(str(int(number.read_text()) + 1))
"""


def test_many_programs_that_take_and_remove_it_never_hold_it_together(tmp_path: Path) -> None:
    number = tmp_path / "number"
    number.write_text("0")
    command = [sys.executable, "-c", COUNTER, str(number)]
    programs = [subprocess.Popen(command) for _ in range(4)]
    try:
        assert [program.wait(PATIENCE_S) for program in programs] == [0] * 4
    finally:
        for program in programs:
            program.kill()
            program.wait()
    assert number.read_text() == "400"
    assert list(tmp_path.iterdir()) == [number]


def test_any_thread_may_let_go(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "it")
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join(PATIENCE_S)
    Lock(tmp_path / "it", wait_s=0).release()
