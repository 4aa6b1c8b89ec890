"""Files that a second process reads make the ledger that one process makes, and it dies alone."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
from pathlib import Path

import psutil
import pytest
from counted import Run
from patience import until
from samples import contest
from test_command_import import OPTIONS, lines, status, toot

from twittervotes.commands import importing, reading
from twittervotes.commands.reading import Readers, pieces
from twittervotes.core.contest.clock import Clock
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.ledger.reader import Reader
from twittervotes.sources.plugin import Registry, plugins

MANY = 3000


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    """Return files with posts of two networks, a deletion, an edit, and other lines."""
    some = [
        *(status(number, ("debian", "ubuntu", "cats")[number % 3]) for number in range(MANY)),
        {"delete": {"status": {"id_str": str(10**18 + 3)}}},
        "no JSON",
        *(status(number, "debian", 43) for number in range(MANY - 5, MANY + 5)),
    ]
    others = [
        *(toot(number, "debian") for number in range(20)),
        toot(7, "ubuntu", "2022-11-08T21:17:45.000Z"),
        status(5, "debian"),
        '{"created_at": "Tue',
    ]
    return [lines(tmp_path / "a.jsonl", *some), lines(tmp_path / "b.jsonl", *others)]


def test_two_processes_make_the_ledger_that_one_makes(
    run: Run, archives: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_bytes", lambda size: b"s" * size)
    monkeypatch.setattr(secrets, "token_hex", lambda size=32: "5" * 2 * size)
    monkeypatch.setattr(importing, "Clock", lambda: Clock(lambda: 1_700_000_000_000))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    told = []
    for size in (10**9, 0):
        monkeypatch.setattr(reading, "ALONE", size)
        out = tmp_path / f"{size}.votes"
        done = run("import", *archives, "--ledger", out, *OPTIONS)
        again = run("import", *archives, "--ledger", out, *OPTIONS)
        assert "No new posts" in again.out
        with Reader(out) as reader:
            told.append((done.err, reader.posts, reader.digest))
    assert told[0] == told[1]
    assert told[0][1] > MANY // 2


def readers() -> Readers:
    return Readers.of(Registry(plugins(), {}), contest())


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """Return a file that takes more parcels than may wait."""
    path = tmp_path / "long.jsonl"
    path.write_text(f"{json.dumps(status(1, 'debian'))}\n" * reading.AT_ONCE * 60)
    return path


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_reading_process_is_reported(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ALONE", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with pieces(readers(), [long], 1, lambda _: None) as read:
        next(read)
        for child in spawned():
            child.kill()
        with pytest.raises(TwittervotesError, match="import the same files again"):
            list(read)


def test_a_reading_process_ends_when_nobody_wants_more(
    long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ALONE", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with pieces(readers(), [long], 1, lambda _: None) as read:
        next(read)
        assert spawned() != []
    until(lambda: spawned() == [])


def spawned() -> list[psutil.Process]:
    """Return the processes that read for this one, without multiprocessing's own helper."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_readers_that_cannot_be_sent_read_in_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ALONE", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    found = readers()
    local = Readers(
        found.contest, tuple(((lambda told, r=r: r(told)), quick) for r, quick in found.readers)
    )
    path = lines(tmp_path / "a.jsonl", status(1, "debian"))
    with pieces(local, [path], 1, lambda _: None) as read:
        assert [piece.size for piece in read] == [1]
