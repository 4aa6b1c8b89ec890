"""The real program, started as an operator starts it: a folder with its files, a process.

It knows how to start, interrupt, freeze and kill it, and what it printed. It knows no networks.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from simulators.everywhere_launcher import RunningEverywhere
from twittervotes.auth import oauth1_token
from twittervotes.core.counting.result import iso
from twittervotes.core.ledger.file import is_new

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app.py"
ENDS_WITHIN_S = 60
SOURCES = ("x", "twitter", "mastodon", "bluesky")


@dataclass(frozen=True)
class Ended:
    """What the program left: its exit code, its result (None: none), its output."""

    code: int
    result: dict[str, Any] | None
    said: str


@dataclass
class Program:
    """The program of one vote. `app` is started in place of app.py."""

    folder: Path
    tags: tuple[str, ...]
    opens_ms: int
    closes_ms: int
    settle: str = "8s"
    every: str = "0.3s"
    sources: tuple[str, ...] = SOURCES
    ledger: Path = field(default_factory=Path)
    app: Path = APP
    variables: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        if self.ledger == Path():
            self.ledger = self.folder / "vote.votes"

    def prepare(self, stage: RunningEverywhere) -> None:
        """Write the configuration for all the networks, and the token of the first program."""
        config = self.folder / "config.yaml"
        config.write_text(stage.config)
        config.chmod(0o600)
        keys = stage.credentials
        oauth1_token.write(
            self.folder / ".twitterauth",
            oauth1_token.Token(keys.oauth_token, keys.oauth_token_secret),
        )

    def words(self) -> list[str]:
        """Return the command line: of a new vote, or of one that is resumed."""
        words = [sys.executable, str(self.app), "--view", "none", "--every", self.every]
        words += ["--settle", self.settle, "--ledger", str(self.ledger)]
        words += ["--source", *self.sources]
        if not is_new(self.ledger):
            return words
        period = [f"opens={iso(self.opens_ms)}", f"closes={iso(self.closes_ms)}"]
        return [*words, "--hashtags", *self.tags, "--rule", *period]

    def start(self) -> None:
        """Start it, or start it again."""
        with (self.folder / "said").open("ab") as said, (self.folder / "told").open("wb") as told:
            self.process = subprocess.Popen(
                self.words(),
                cwd=self.folder,
                env=self.environment(),
                stdout=told,
                stderr=said,
            )

    def environment(self) -> dict[str, str]:
        """Return the variables of a user who has nothing but this folder."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not (name.startswith(("XDG_", "TWITTERVOTES_")) or name.lower().endswith("_proxy"))
        }
        return {**kept, "HOME": str(self.folder), **self.variables}

    @property
    def running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise RuntimeError("the program was not started")
        return self.process

    def is_over(self) -> bool:
        return self.running.poll() is not None

    def workers(self) -> list[psutil.Process]:
        """Return its worker processes that live now."""
        try:
            children = psutil.Process(self.running.pid).children()
            return [each for each in children if "spawn_main" in " ".join(each.cmdline())]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self.running.kill()
        self.running.wait()

    def interrupt(self) -> Ended:
        """Press Ctrl-C, and wait for its end."""
        self.running.send_signal(signal.SIGINT)
        return self.ended(ENDS_WITHIN_S)

    def ended(self, within_s: float) -> Ended:
        """Wait for its end, and return what it left."""
        code = self.running.wait(within_s)
        told = (self.folder / "told").read_text()
        return Ended(code, json.loads(told) if told.strip() else None, self.said())

    def said(self) -> str:
        return (self.folder / "said").read_text(errors="replace")

    def again(self, *words: str, within_s: float = ENDS_WITHIN_S) -> Ended:
        """Run it a second time beside itself, and return how that ended."""
        done = subprocess.run(
            [*self.words(), *words],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            check=False,
            timeout=within_s,
        )
        return Ended(done.returncode, None, done.stderr.decode(errors="replace"))


def end_all(programs: Sequence[Program]) -> None:
    """Leave nothing running."""
    for program in programs:
        if program.process is not None and program.process.poll() is None:
            program.process.kill()
            program.process.wait()
