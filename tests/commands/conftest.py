"""The commands, run as from a shell, and a ledger to run them on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from counted import Run, Told, made

from twittervotes.app.main import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command with arguments, as from a shell."""
    handler = signal.getsignal(signal.SIGTERM)

    def run(*argv: object) -> Told:
        try:
            code = main([str(each) for each in argv])
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = capsys.readouterr()
        return Told(code, told.out, told.err)

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def vote(tmp_path: Path) -> Path:
    """Return a provisional result: debian 2, ubuntu 1, arch 1."""
    return made(tmp_path / "vote.votes")
