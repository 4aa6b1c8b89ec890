"""Commands as processes: beside a running vote, and interrupted by Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE_S, until
from samples import contest, page, post

from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger

SELF = [sys.executable, "-m", "twittervotes"]


# It writes its draft, and does not come to its end before it is interrupted.
SLOW = """
import sys, time
from twittervotes.app.main import main
from twittervotes.core.ledger import merge
copy = merge._copy
def copied_slowly(*given):
    copy(*given)
    time.sleep(600)
merge._copy = copied_slowly
sys.exit(main(sys.argv[1:]))
"""


def shell(*argv: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SELF, *map(str, argv)], text=True, capture_output=True, timeout=PATIENCE_S, check=False
    )


def has_posts(path: Path) -> bool:
    if not path.exists():
        return False
    with Reader(path) as reader:
        return bool(reader.posts)


def test_commands_work_beside_a_vote_that_counts_into_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "live.votes"
    argv = ["-ht", "debian", "ubuntu", "arch", "--source", "rehearsal", "--view", "none"]
    vote = subprocess.Popen(
        [*SELF, *argv, "--ledger", str(path), "--every", "0.2s"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        until(lambda: has_posts(path))
        told = json.loads(shell("result", path).stdout)
        assert told["state"] == "open"
        assert sum(told["verdicts"].values()) > 0
        recount = shell("recount", path, "--rule", "per_account=all")
        assert (recount.returncode, recount.stderr) == (0, "")
        assert "(a rehearsal)\nopen, " in recount.stdout
        proof = shell("verify", path)
        assert (proof.returncode, proof.stderr) == (0, "")
        merged = shell("merge", tmp_path / "merged.votes", path)
        assert (merged.returncode, merged.stderr) == (0, "")
        adjusted = shell("adjust", path, "arch", "+1", "--reason", "r", "--by", "Ada")
        assert adjusted.returncode == 2
        assert adjusted.stderr.startswith(
            f"twittervotes adjust: Another program is counting into {path}."
        )
        assert vote.poll() is None
        vote.send_signal(signal.SIGINT)
        out, _ = vote.communicate(timeout=PATIENCE_S)
    finally:
        vote.kill()
        vote.wait()
    assert json.loads(out)["digest"] == json.loads(shell("result", path).stdout)["digest"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process here")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_merge_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    big, out = tmp_path / "big.votes", tmp_path / "out.votes"
    with Ledger.create(big, contest(), 1) as ledger:
        for n in range(4):
            pages = [page([post(f"{n} {m}") for m in range(1000)], position=n)]
            ledger.append(pages, n)
    before = big.read_bytes()
    merge = subprocess.Popen(
        [sys.executable, "-c", SLOW, "merge", str(out), str(big)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: any(tmp_path.glob(".twittervotes-*.part/out.votes")))
        os.kill(merge.pid, number)
        told = merge.communicate(timeout=PATIENCE_S)
    finally:
        merge.kill()
        merge.wait()
    assert (merge.returncode, *told) == (
        130,
        "",
        "Interrupted; no partial files were left.\n",
    )
    assert list(tmp_path.iterdir()) == [big]
    assert big.read_bytes() == before
