"""docs/adding-a-source.md: its code is installed as it is, and counts a vote."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from doubles import WireServer, reply
from patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-source.md").read_text("utf-8")
MOST_LINES = 60


def block(language: str) -> str:
    """Return the one block of the page that is in `language`."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)
    return found


GUESTS = (
    ("1", "ann", "Mine is #deb_ian"),
    ("2", "bob", "#Debian, what else"),
    ("3", "cem", "I like #arch."),
    ("4", "ann", "or rather #arch"),
    ("5", "dag", "#debian #arch"),
    ("6", "eve", "#cats"),
)


@pytest.fixture
def book() -> Iterator[WireServer]:
    """Serve a guest book that is unreachable at first, grows, and is cut off once."""
    began: list[str] = []

    def guests(number: int) -> Callable[[socket.socket], None]:
        def told(connection: socket.socket) -> None:
            if not began:  # the vote is open when it is first asked
                began.append(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
            found = [
                {"id": key, "who": who, "at": began[0], "words": words}
                for key, who, words in GUESTS[:number]
            ]
            connection.sendall(reply(json.dumps(found).encode()))

        return told

    server = WireServer()
    server.replies = [reply(b"<html>", 503), guests(3), reply(b"[{"), guests(6)]
    yield server
    server.close()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Install the package of the page, as pip lays it out, into a folder of its own."""
    about = tomllib.loads(block("toml"))
    (tmp_path / "guestbook.py").write_text(block("python"), "utf-8")
    folder = tmp_path / "twittervotes_guestbook-1.0.dist-info"
    folder.mkdir()
    name, version = about["project"]["name"], about["project"]["version"]
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, entries in about["project"]["entry-points"].items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (folder / "entry_points.txt").write_text("\n".join(lines))
    return tmp_path


def run(installed: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "twittervotes", *argv],
        cwd=installed,
        env={**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def configured(installed: Path, address: str) -> None:
    text = block("yaml").replace("https://example.org/guests.json", address)
    assert address in text
    (installed / "config.yaml").write_text(text, "utf-8")


def test_the_code_is_short() -> None:
    lines = [line for line in block("python").splitlines() if line.strip()]
    assert len(lines) < MOST_LINES


def test_the_code_is_formatted_and_typed_like_ours(installed: Path) -> None:
    for command in (
        ["ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), "guestbook.py"],
        ["ruff", "check", "--isolated", "--line-length=100", "--select=F,I", "guestbook.py"],
        ["mypy", "--strict", "--config-file", os.devnull, "guestbook.py"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=installed,
            env={**os.environ, "MYPYPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_a_vote_is_counted_with_it_from_end_to_end(installed: Path, book: WireServer) -> None:
    configured(installed, book.url)
    argv = "--hashtags debian ubuntu arch --time 6s --settle 1s --every 0.5s --view none"
    done = run(installed, *argv.split(), "--ledger", "guests.votes")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    votes = {row["choice"]: row["votes"] for row in result["tally"]}
    assert votes == {"debian": 2, "ubuntu": 0, "arch": 1}
    assert result["verdicts"]["repeat"] == result["verdicts"]["spoilt"] == 1
    (source,) = result["sources"]
    assert (source["name"], source["completeness"]) == ("guestbook", "exact")
    assert source["failed"] == 2
    assert "The guest book answered 503." in done.stderr
    assert run(installed, "verify", "guests.votes").returncode == 0
    without = installed / "without"  # the package
    without.mkdir()
    assert run(without, "verify", str(installed / "guests.votes")).returncode == 0
    explained = run(installed, "explain", "guests.votes", "https://example.org/guests/1")
    assert "account ann on guestbook" in explained.stdout
    assert "  #debian\n" in explained.stdout


def test_it_is_listed_and_examined_like_a_source_of_ours(installed: Path, book: WireServer) -> None:
    (installed / "config.yaml").write_text("sources: [guestbook]\n", "utf-8")
    done = run(installed, "sources")
    assert "needs: Set guestbook.address in the configuration." in done.stdout
    done = run(installed, "--hashtags", "debian", "arch", "--time", "10m", "--view", "none")
    assert done.returncode == 2, done.stdout
    assert "Set guestbook.address in the configuration." in done.stderr
    assert not list(installed.rglob("*.votes"))
    configured(installed, book.url)
    done = run(installed, "sources")
    assert re.search(
        r"^guestbook +ready +A guest book over HTTP; needs its address$", done.stdout, re.M
    )
    (installed / "config.yaml").write_text(
        f"sources: [guestbook]\nview: none\nguestbook: {{address: {book.url}}}\n"
        "mastodon: {instances: ['http://127.0.0.1:9']}\nbluesky: {hosts: ['127.0.0.1:9']}\n",
        "utf-8",
    )
    done = run(installed, "doctor")
    assert "guestbook: The guest book answered 503." in done.stdout
    assert "→ Check guestbook.address." in done.stdout
    done = run(installed, "doctor")
    assert "ok    guestbook: answers." in done.stdout
    assert done.returncode == 0, done.stdout
