"""The commands, run as from a shell, and a ledger to run them on."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from counted import Run, Told, made

from twittervotes.app.main import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command with arguments, as from a shell.

    What a command reports as an error begins with its name, as each error must; `err` is the rest.
    """
    handler = signal.getsignal(signal.SIGTERM)

    def run(*argv: object) -> Told:
        words, is_parsed = [str(each) for each in argv], True
        try:
            code = main(words)
        except SystemExit as ended:
            code, is_parsed = int(ended.code or 0), False
        told = capsys.readouterr()
        lines = told.err.splitlines(keepends=True)
        before = re.match(r"twittervotes( [a-z]+)?: ", lines[-1]) if lines else None
        if code == 2:
            assert before, told.err
        if is_parsed and before:
            lines = [line.removeprefix(before[0]) for line in lines]
        return Told(code, told.out, "".join(lines))

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def vote(tmp_path: Path) -> Path:
    """Return a provisional result: debian 2, ubuntu 1, arch 1."""
    return made(tmp_path / "vote.votes")
