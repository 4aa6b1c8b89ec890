"""A release: packages that install and count, a bundle that opens a window."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from patience import PATIENCE_S, until
from PIL import Image, ImageGrab
from pyvirtualdisplay import Display

from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader

ROOT = Path(__file__).resolve().parent.parent
WITHIN_S = 500  # a net for what hangs


def made(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "tools" / f"{tool}.py", *arguments],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


@pytest.mark.long
def test_the_packages_pass_their_checks_and_hold_a_vote(tmp_path: Path) -> None:
    run = made("dist", "--to", str(tmp_path))
    assert run.returncode == 0, run.stdout + run.stderr
    assert "its trial vote counted" in run.stdout
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".gz", ".whl"]


@pytest.mark.parametrize("tag", ["v0.0.0", "0.1.0", "v0.1.0.dev1"])
def test_a_tag_of_another_version_is_not_released(tmp_path: Path, tag: str) -> None:
    run = made("dist", "--to", str(tmp_path), "--tag", tag)
    assert run.returncode == 1
    assert f"the tag is {tag}, but twittervotes/__init__.py says" in run.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="needs Xvfb")
def test_the_bundle_counts_shows_its_window_and_serves_a_board(tmp_path: Path) -> None:
    """One test, because building a bundle takes a minute."""
    run = made("bundle", "--to", str(tmp_path))
    assert run.returncode == 0, run.stdout + run.stderr
    assert "its trial vote counted" in run.stdout
    assert [path.name.endswith(".tar.gz") for path in tmp_path.glob("twittervotes-*")] == [True]
    program = tmp_path / "twittervotes" / "twittervotes"
    held = {path.name for path in (program.parent / "_internal").iterdir()}
    assert "PIL" in held
    assert not {"babel", "cryptography", "hypothesis", "pytest", "sphinx"} & held
    shows_a_vote(program, tmp_path)
    serves_a_board(program, tmp_path)


def shows_a_vote(program: Path, folder: Path) -> None:
    ledger = folder / "shown.votes"
    rehearsal = ("--source", "rehearsal", "--hashtags", "debian", "ubuntu", "--ledger", str(ledger))
    screen = Display(
        visible=False,
        size=(1280, 800),
        manage_global_env=False,
        extra_args=["-noreset"],  # else it starts anew when its only client leaves
    )
    with (
        screen,
        started(program, *rehearsal, env=screen.env(), cwd=folder) as process,
    ):
        until(lambda: process.poll() is not None or (colours(screen) > 50 and posts(ledger)))
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def serves_a_board(program: Path, folder: Path) -> None:
    words = ("board", "--rehearsal", "--port", "0")
    with started(program, *words, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        found = re.search(r"http://\S+/", line)
        assert found, line
        assert "<title>Votes" in requests.get(found[0], timeout=PATIENCE_S).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) in (0, -signal.SIGTERM)


@contextmanager
def started(program: Path, *words: str, **how: Any) -> Iterator[subprocess.Popen[Any]]:
    """Start the program, and leave no process behind."""
    with subprocess.Popen([program, *words], **how) as process:
        try:
            yield process
        finally:
            process.kill()


def colours(screen: Display) -> int:
    """Count the colours on a screen: an empty one has one, a window with text and bars has many."""
    picture: Image.Image = ImageGrab.grab(xdisplay=screen.new_display_var)
    return len(picture.getcolors(maxcolors=1 << 24) or ())


def posts(ledger: Path) -> int:
    try:
        with Reader(ledger) as reader:
            return reader.posts
    except LedgerError:
        return 0
