"""A board with a desk, started as a user would, and people who use it."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import requests
from board_votes import document, ledger, write
from patience import PATIENCE_S, until

from twittervotes.core.contest.snapshot import State
from twittervotes.desk.database import opened
from twittervotes.desk.people import People
from twittervotes.desk.roles import EVERY, Role

PASSWORD = "correct horse battery"


class Desk:
    """A board with a desk in a process of its own; `show` and `other` are its votes."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.file = folder / "desk.sqlite"
        command = [sys.executable, "-m", "twittervotes", "board", str(folder), "--desk"]
        command += ["--people", str(self.file), "--port", "0", *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline() for _ in range(2)]
        if not person_in(self.file):
            lines.append(self.process.stdout.readline())
        found = re.search(r"http://\S+?(?=/)", lines[0])
        assert found, lines
        self.url = found[0]
        link = re.search(r"/join/(\S+)", lines[-1])
        self.first = link[1] if link else ""

    def close(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE_S)

    def knows(self, *slugs: str) -> None:
        for slug in slugs:
            until(lambda: requests.get(f"{self.url}/v1/contests/{slug}", timeout=9).ok)  # noqa: B023


def person_in(file: Path) -> bool:
    people = People(opened(file))
    try:
        return bool(people.everyone())
    finally:
        people.close()


def votes(folder: Path) -> None:
    """Make two votes under way, whose counters have just written their files."""
    for name in ("show", "other"):
        write(
            ledger(folder / f"{name}.votes", settled=False),
            document(3, 2, 1, state=State.OPEN),
        )


def person(file: Path, name: str, role: Role, contest: str = EVERY) -> None:
    """Make an account, as by an invitation."""
    people = People(opened(file))
    from twittervotes.desk.people import Person

    token = people.invite(Person(0, "test", {}), role, contest)
    people.join(token, name, PASSWORD)
    people.close()


@contextlib.contextmanager
def counting(ledger_file: Path, *words: str) -> Iterator[None]:
    """Count a rehearsal without a window, until the result is certified or the block ends."""
    command = [sys.executable, "-m", "twittervotes", "--source", "rehearsal", "--view", "none"]
    command += ["--stay", "--settle", "1s", "--ledger", str(ledger_file), *words]
    command += ["--hashtags", "debian", "arch"]
    counter = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(ledger_file.with_name(f"{ledger_file.stem}-graphics").joinpath("board.json").exists)
        yield
    finally:
        counter.terminate()
        counter.wait(PATIENCE_S)


class User:
    """Somebody at the desk: signed in, by the session's cookie, or nobody."""

    def __init__(self, desk: Desk, name: str = "") -> None:
        self.url = desk.url
        self.session = requests.Session()
        self.csrf = ""
        if name:
            people = People(opened(desk.file))
            self.session.cookies["desk"] = people.sign_in(name, PASSWORD)
            people.close()
            self.csrf = self.session.get(f"{self.url}/v1/me", timeout=PATIENCE_S).json()["csrf"]

    def ask(
        self, method: str, path: str, *, form: bool = False, **body: object
    ) -> requests.Response:
        """Send a request as a page of the board would."""
        headers = {"origin": self.url, "x-csrf-token": self.csrf}
        if form:
            data = {"csrf": self.csrf, **body}
            return self.session.request(
                method,
                self.url + path,
                data=data,
                headers=headers,
                allow_redirects=False,
                timeout=PATIENCE_S,
            )
        return self.session.request(
            method,
            self.url + path,
            json=body if body or method == "POST" else None,
            headers=headers,
            allow_redirects=False,
            timeout=PATIENCE_S,
        )
