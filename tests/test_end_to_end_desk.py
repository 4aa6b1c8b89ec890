"""Acts that a desk requests, applied by the real program; both verifiers confirm the ledger."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE_S, until

from twittervotes.core.contest.acts import ActKind
from twittervotes.core.contest.clock import Clock
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.polling import requests
from twittervotes.core.polling.requests import ActAnswer, ActRequest, Kind
from twittervotes.standalone import verify as standalone

WORDS = ("--source", "rehearsal", "--view", "none", "--stay", "--settle", "1s", "--ledger")


def start(ledger: Path, *words: str) -> subprocess.Popen[str]:
    command = (sys.executable, "-m", "twittervotes", *WORDS, str(ledger), *words)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "show.votes"
    counter = start(path, "--hashtags", "debian", "arch")
    try:
        until((tmp_path / "show-graphics" / "board.json").exists)
        yield path
        counter.communicate(timeout=PATIENCE_S)
        assert counter.returncode == 0
    finally:
        counter.kill()
        counter.communicate()


def ask(ledger: Path, kind: Kind, votes: int = 0) -> ActAnswer:
    wanted = ActRequest(
        kind, "Ada", Clock().today() + 60_000, tag="arch", votes=votes, reason="jury"
    )
    name = requests.put(ledger, wanted)
    found: list[ActAnswer] = []

    def is_answered() -> bool:
        answer = requests.answer(ledger, name)
        found.extend([answer] if answer else [])
        return bool(found)

    until(is_answered)
    return found[0]


def test_from_a_pause_to_the_certified_result_by_requests(ledger: Path) -> None:
    board = ledger.parent / "show-graphics" / "board.json"

    def shown() -> dict[str, object]:
        state = json.loads(board.read_bytes())["state"]
        assert isinstance(state, dict)
        return state

    assert ask(ledger, "hide").applied
    until(lambda: shown()["hidden"])
    assert ask(ledger, "paused").applied
    assert not ask(ledger, "paused").applied
    until(lambda: shown()["state"] == "paused")
    assert ask(ledger, "adjusted", votes=4).applied
    assert ask(ledger, "closed").applied
    until(lambda: shown()["state"] == "provisional")
    assert shown()["hidden"]
    assert ask(ledger, "show").applied
    until(lambda: not shown()["hidden"])
    assert ask(ledger, "certified").applied
    until(lambda: not ledger.with_name("show.votes.lock").exists())
    with Reader(ledger) as reader:
        names = [(act.does, act.by) for act in reader.acts if act.request]
        requested = {act.request for act in reader.acts if act.request}
    assert names == [
        (does, "Ada")
        for does in (ActKind.PAUSED, ActKind.ADJUSTED, ActKind.CLOSED, ActKind.CERTIFIED)
    ]
    assert len(requested) == 4
    command = (sys.executable, "-m", "twittervotes", "verify", str(ledger))
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    alone = subprocess.run(
        (sys.executable, str(standalone.__file__), str(ledger)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert alone.returncode == 0, alone.stdout
