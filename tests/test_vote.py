"""The program when its output can't be written."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from patience import PATIENCE_S

from twittervotes.app import vote
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Tally
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.ledger.reader import Reader

OVER = Snapshot(Contest("?", ()), State.PROVISIONAL, 0, Tally((), ()), (), "")
ROOT = Path(__file__).resolve().parents[1]


def counted(ledger: Path, view: str, stdout: object) -> subprocess.CompletedProcess[str]:
    argv = ["--hashtags", "cats", "dogs", "--source", "rehearsal", "--time", "1s", "--settle", "0"]
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *argv, "--view", view, "--ledger", str(ledger)],
        cwd=ledger.parent,
        stdout=stdout,  # type: ignore[call-overload]
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("view", ["none", "text"])
def test_a_full_disk_for_the_output_costs_no_vote(view: str, tmp_path: Path) -> None:
    ledger = tmp_path / "one.votes"
    with Path("/dev/full").open("w") as full:
        done = counted(ledger, view, full)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last == "twittervotes: Can't write the result: No space left on device."
    assert "Traceback" not in done.stderr
    with Reader(ledger) as reader:
        assert reader.acts


def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = counted(tmp_path / "one.votes", "none", pipe)
    assert done.returncode == 0
    assert "BrokenPipe" not in done.stderr


def test_a_vote_that_is_being_recounted_is_not_over() -> None:
    assert vote._is_over(OVER)
    assert not vote._is_over(replace(OVER, recounting=99))
    assert vote._is_over(replace(OVER, recounting=99, trouble="The disk is full."))


def test_a_certified_vote_is_over() -> None:
    assert not vote._is_over(replace(OVER, state=State.PROVISIONAL), stay=True)
    assert vote._is_over(replace(OVER, state=State.CERTIFIED), stay=True)
    assert vote._is_over(replace(OVER, trouble="The disk is full."), stay=True)
