"""What a release consists of: packages that install and count, a bundle that opens a window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import until
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


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    run = made("bundle", "--to", str(folder))
    assert run.returncode == 0, run.stdout + run.stderr
    assert "its trial vote counted" in run.stdout
    return folder / "twittervotes" / "twittervotes"


@pytest.fixture
def screen() -> Iterator[Display]:
    with Display(visible=False, size=(1280, 800), manage_global_env=False) as display:
        yield display


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="needs Xvfb")
def test_the_bundle_shows_a_vote_in_its_window(
    bundle: Path, screen: Display, tmp_path: Path
) -> None:
    ledger = tmp_path / "shown.votes"
    rehearsal = ("--source", "rehearsal", "--hashtags", "debian", "ubuntu", "--ledger", str(ledger))
    assert colours(screen) == 1
    with subprocess.Popen([bundle, *rehearsal], env=screen.env(), cwd=tmp_path) as process:
        try:
            until(lambda: process.poll() is not None or (colours(screen) > 50 and posts(ledger)))
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(WITHIN_S) == 0
        finally:
            process.kill()
    until(lambda: colours(screen) == 1)


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


@pytest.mark.long
def test_the_bundle_holds_nothing_that_only_the_checks_need(bundle: Path) -> None:
    held = os.listdir(bundle.parent / "_internal")
    assert "PIL" in held
    assert not {"babel", "cryptography", "hypothesis", "pytest", "sphinx"} & set(held)
