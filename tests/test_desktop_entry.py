"""The entry in a Linux desktop: votes are known by their content, and opened with the program."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.ledger.writer import Ledger

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a Linux desktop's")


def run(*words: str) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "desktop_entry.py"), *words], check=True)


def test_the_entry_starts_this_program_with_the_file(home: Path) -> None:
    run()
    path = home / ".local" / "share" / "applications" / "twittervotes.desktop"
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    entry = parser["Desktop Entry"]
    assert entry["Exec"] == f"{sys.executable} -m twittervotes %f"
    assert entry["MimeType"] == "application/x-twittervotes;"
    run("--remove")
    assert not path.exists()


def test_a_program_in_a_folder_with_spaces_is_quoted() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tools'); import desktop_entry as d;"
        "print(d.quoted('/my 100% $tuff/python'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == r'"/my 100%% \\$tuff/python"'


@pytest.mark.skipif(not shutil.which("update-mime-database"), reason="needs shared-mime-info")
def test_a_votes_file_type_is_recognised(home: Path, tmp_path: Path) -> None:
    run()
    known = home / ".local" / "share" / "mime"
    assert "application/x-twittervotes:*.votes" in (known / "globs").read_text()
    assert b"TVVE" in (known / "magic").read_bytes()
    vote = tmp_path / "any.name"
    with Ledger.create(vote, Contest("?", (Choice("a"),), opens_ms=1000), Clock().today()):
        pass
    assert vote.read_bytes()[68:72] == b"TVVE"
