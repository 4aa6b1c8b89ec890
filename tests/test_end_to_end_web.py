"""The ballot page's whole path, with real kills of the box and of the counting program."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest
from ballot_boxes import TAGS, asked
from patience import PATIENCE_S, until

from twittervotes.ballots import receipts
from twittervotes.core.contest.acts import Act, ActKind, second_after
from twittervotes.core.contest.clock import Clock
from twittervotes.core.ledger.file import is_new
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger
from twittervotes.sources.web import keys

pytestmark = pytest.mark.long

VOTERS, THREADS = 400, 6


@dataclass
class Hall:
    """People who vote by code when they are called, and retry until they have a receipt.

    They are called some at a time: however slow the machine, there are people left for each kill.
    """

    port: int
    secret: keys.Keys
    receipts: dict[int, str] = field(default_factory=dict)  # by voter
    refused: list[tuple[int, int]] = field(default_factory=list)
    errors: int = 0
    _calls: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        for number in range(THREADS):
            voters = range(1 + number, VOTERS + 1, THREADS)
            thread = threading.Thread(target=self._vote_all, args=(voters,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def call(self, people: int) -> None:
        """Let so many more people vote."""
        self._calls.release(people)

    def join(self) -> None:
        self.call(VOTERS)
        for thread in self._threads:
            thread.join(2 * PATIENCE_S)
            assert not thread.is_alive()

    def _vote_all(self, voters: range) -> None:
        for voter in voters:
            self._calls.acquire()
            self._vote(voter)
            time.sleep(0.05)  # so that some are still voting when the box is killed

    def _vote(self, voter: int) -> None:
        body = {"choice": TAGS[voter % 3], "code": self.secret.code(voter)}
        headers = {
            "content-type": "application/json",
            "idempotency-key": secrets.token_urlsafe(18),
        }
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                answer = asked(
                    self.port,
                    "POST",
                    "/v1/contests/vote/ballots",
                    json.dumps(body).encode(),
                    headers,
                )
            except (OSError, HTTPException):
                answer = None
            if answer is not None and answer.status in (200, 201):
                self.receipts[voter] = str(answer.said["receipt"])
                return
            if answer is not None and answer.status < 500:
                self.refused.append((voter, answer.status))
                return
            self.errors += 1
            time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def counter(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the real program, for a new vote or for the one in the folder."""
    ledger = folder / "vote.votes"
    words = [sys.executable, "-m", "twittervotes", "--config", str(folder / "config.yaml")]
    words += ["--view", "none", "--settle", "1s", "--ledger", str(ledger)]
    if is_new(ledger):
        words += ["--source", "web", "--hashtags", *TAGS]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def box_of(process: subprocess.Popen[str]) -> psutil.Process | None:
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(process.pid).children():
            if "twittervotes.ballots" in child.cmdline():
                return child
    return None


def test_every_receipt_counts_once_despite_kills(
    tmp_path: Path,
) -> None:
    port, key_file = free_port(), tmp_path / "ballots.key"
    config = tmp_path / "config.yaml"
    config.write_text(f"every: 0.2s\nweb: {{level: code, port: {port}, keys: {key_file}}}\n")
    config.chmod(0o600)
    hall = Hall(port, keys.load(key_file))
    ledger = tmp_path / "vote.votes"
    boxes: set[int] = set()

    def votes_in() -> int:
        with Reader(ledger) as reader:
            return reader.posts

    for round_ in range(3):
        with counter(tmp_path) as program:
            until(lambda program=program: box_of(program))
            if not round_:
                until(lambda: not is_new(ledger))
                hall.begin()
            before = len(hall.receipts)
            hall.call(40)
            until(lambda before=before: len(hall.receipts) > before + 20)
            for _ in range(2):
                box = box_of(program)
                assert box is not None
                boxes.add(box.pid)
                box.kill()
                until(
                    lambda program=program, box=box: (
                        (found := box_of(program)) is not None and found.pid != box.pid
                    )
                )
                before = len(hall.receipts)
                hall.call(20)
                until(lambda before=before: len(hall.receipts) > before + 5)
            seen = votes_in()
            hall.call(20)
            until(lambda seen=seen: votes_in() > seen)
            program.kill()
            program.wait()
        assert verify(ledger).finding is None
    with counter(tmp_path) as program:
        hall.join()
        program.kill()
        program.wait()
    with Ledger.reopen(ledger) as reopened:
        reopened.act(Act(ActKind.CLOSED, second_after(Clock().today())))
    with counter(tmp_path) as program:
        said, _ = program.communicate(timeout=2 * PATIENCE_S)
        code = program.returncode
    result = json.loads(said)
    assert hall.refused == []
    assert len(hall.receipts) == VOTERS
    assert hall.errors > 0
    assert len(boxes) == 6
    truth = [sum(TAGS[voter % 3] == tag for voter in hall.receipts) for tag in TAGS]
    assert (code, result["state"]) == (0, "provisional")
    assert [each["votes"] for each in result["tally"]] == truth
    assert result["sources"][0]["gaps"] == []
    assert result["sources"][0]["completeness"] == "exact"
    with Reader(ledger) as reader:
        for receipt in list(hall.receipts.values())[:50]:
            found = receipts.looked_up(reader, receipt)
            assert found is not None
            assert found.status.words == "Counted"
    assert not list(tmp_path.glob("*.lock"))
    assert receipts.box_of(ledger).exists()


def test_a_lost_box_is_a_gap_over_the_whole_period(tmp_path: Path) -> None:
    port, key_file = free_port(), tmp_path / "ballots.key"
    config = tmp_path / "config.yaml"
    config.write_text(f"every: 0.2s\nweb: {{level: code, port: {port}, keys: {key_file}}}\n")
    config.chmod(0o600)
    hall = Hall(port, keys.load(key_file))
    ledger = tmp_path / "vote.votes"
    with counter(tmp_path) as program:
        until(lambda: not is_new(ledger) and box_of(program))
        hall._vote(1)
        until(lambda: _posts(ledger) == 1)
        hall._vote(2)
        program.kill()
        program.wait()
    for path in tmp_path.glob("vote-box*"):
        path.unlink()
    with counter(tmp_path) as program:
        until(lambda: box_of(program))
        hall._vote(3)
        until(lambda: _posts(ledger) >= 2)
        program.kill()
        program.wait()
    with Ledger.reopen(ledger) as reopened:
        reopened.act(Act(ActKind.CLOSED, second_after(Clock().today())))
    with counter(tmp_path) as program:
        said, _ = program.communicate(timeout=2 * PATIENCE_S)
        code = program.returncode
    result = json.loads(said)
    (source,) = result["sources"]
    assert code == 3
    assert source["gaps"][0]["from"] == result["contest"]["opens"]
    assert "no longer has the ballots" in source["gaps"][0]["reason"]
    assert result["total"] in (2, 3)


def _posts(ledger: Path) -> int:
    with Reader(ledger) as reader:
        return int(reader.posts)
