"""Ballot boxes for tests: real ones in their own processes, and clients that vote there."""

from __future__ import annotations

import contextlib
import http.client
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from patience import PATIENCE_S

from twittervotes.ballots.notice import BallotChoice, VoteNotice
from twittervotes.ballots.process import BoxProcess
from twittervotes.ballots.setup import BoxSetup
from twittervotes.core.contest import contest as contests
from twittervotes.core.contest.contest import Contest
from twittervotes.sources.web import keys
from twittervotes.sources.web.settings import WebSettings
from twittervotes.sources.web.source import Web, sources

SLUG = "vote"
TAGS = ("debian", "ubuntu", "arch")
CONTEST = Contest("Which one?", tuple(contests.Choice(tag) for tag in TAGS))
NOTICE = VoteNotice(
    slug=SLUG,
    title="Which one?",
    level="code",
    choices=tuple(BallotChoice(tag, tag.capitalize(), "ABC"[i]) for i, tag in enumerate(TAGS)),
    opens_ms=0,
)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Answered:
    """What a box answered."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def said(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.body)
        return found


class RunningBox:
    """A box that serves, and what its clients need."""

    def __init__(
        self, folder: Path, notice: VoteNotice, *, name: str = "a-box", port: int = 0
    ) -> None:
        self.key_file = folder / "ballots.key"
        self.keys = keys.load(self.key_file)
        self.file = folder / name
        self.notice = notice
        self.process = BoxProcess(
            BoxSetup("127.0.0.1", port, str(self.file), str(self.key_file), notice, least_free=0)
        )

    @property
    def port(self) -> int:
        return self.process.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def source(self, contest: Contest = CONTEST) -> Web:
        settings = WebSettings(level="code", port=self.port, keys=str(self.key_file))
        (found,) = sources(settings, contest, self.notice.slug)
        return found

    def tell(self, **changed: object) -> VoteNotice:
        """Send the box the state of the vote, and wait until it has it."""
        self.notice = msgspec.structs.replace(self.notice, **changed)
        self.process.tell(self.notice)
        end = time.monotonic() + PATIENCE_S
        while True:
            told = self.get(f"/v1/contests/{SLUG}/ballot").said["notice"]
            if msgspec.convert(told, VoteNotice) == self.notice:
                return self.notice
            assert time.monotonic() < end, told
            time.sleep(0.02)

    def get(self, path: str, **headers: str) -> Answered:
        return asked(self.port, "GET", path, headers=headers)

    def cast(
        self, choice: str, number: int, retry: str = "", *, code: str = "", port: int = 0
    ) -> Answered:
        """Vote with the code of this number."""
        body = json.dumps({"choice": choice, "code": code or self.keys.code(number)})
        headers = {
            "content-type": "application/json",
            "idempotency-key": retry or secrets.token_urlsafe(18),
        }
        where = f"/v1/contests/{SLUG}/ballots"
        return asked(port or self.port, "POST", where, body.encode(), headers)

    def send(self, headers: dict[str, str] | None = None, **form: str) -> Answered:
        """Send the page's form."""
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return asked(
            self.port, "POST", "/ballots", urlencode(form).encode(), {**kind, **(headers or {})}
        )


def asked(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answered:
    """Ask a box once."""
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    ) as connection:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answered(answer.status, answer.read(), found)


@contextlib.contextmanager
def running(folder: Path, notice: VoteNotice = NOTICE, **more: object) -> Iterator[RunningBox]:
    """Run a box in a folder."""
    box = RunningBox(folder, notice, **more)  # type: ignore[arg-type]
    try:
        yield box
    finally:
        box.process.close()
