"""A rehearsal's network in a process of its own, seen from the process that starts it.

The two hold a pipe between them; when its other end is gone, for whatever reason, the network ends.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

import msgspec

from twittervotes.core.errors import ConfigError
from twittervotes.rehearsal.door import LOOPBACK
from twittervotes.rehearsal.settings import Credentials, Fault, RehearsalSettings
from twittervotes.rehearsal.truth import TruePost, Truth
from twittervotes.rehearsal.twitter import SEARCH, Log
from twittervotes.rehearsal.x_settings import XSettings

STARTS_WITHIN_S = 15
ENDS_WITHIN_S = 2
ANSWERS_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Script:
    """What the network's process is told: its settings, and what the audience posts about."""

    settings: RehearsalSettings
    tags: tuple[str, ...]
    x: XSettings | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """What the network's process says when it is ready."""

    port: int
    credentials: Credentials


class Stage:
    """A running rehearsal: where it answers, the keys it accepts, and what truly happened."""

    def __init__(self, process: subprocess.Popen[bytes], cue: Cue) -> None:
        self._process = process
        self._port = cue.port
        self.credentials = cue.credentials
        self.url = f"http://{LOOPBACK}:{cue.port}{SEARCH}"

    @property
    def pid(self) -> int:
        """The id of the network's process."""
        return self._process.pid

    def truth(self, opens_ms: int, closes_ms: int) -> Truth:
        """Return the true votes of a period, whose end is not part of it."""
        query = urlencode({"opens_ms": opens_ms, "closes_ms": closes_ms})
        return msgspec.json.decode(self.call("GET", f"truth?{query}"), type=Truth)

    def posts(self) -> list[TruePost]:
        """Return all posts up to now, indexed or not, in the order of posting."""
        return msgspec.json.decode(self.call("GET", "posts"), type=list[TruePost])

    def log(self) -> Log:
        """Return what the network has seen of its clients."""
        return msgspec.json.decode(self.call("GET", "log"), type=Log)

    def fail_next(self, fault: Fault | str, times: int = 1) -> None:
        """Let the next searches go wrong."""
        query = urlencode({"fault": Fault(fault).value, "times": times})
        self.call("POST", f"fail?{query}")

    def stop(self) -> None:
        """End the network; calling it again does nothing."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def call(self, method: str, what: str) -> bytes:
        """Return what the network tells about itself."""
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=ANSWERS_WITHIN_S)
        try:
            connection.request(method, f"/rehearsal/{what}")
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(f"The rehearsal refused {what}: {body.decode()}")
        return body


def start(settings: RehearsalSettings, tags: tuple[str, ...]) -> Stage:
    """Start a network whose audience posts about `tags`, and wait until it answers.

    Raises ConfigError when it cannot start, as when its port is taken.
    """
    return Stage(*opened(Script(settings, tags)))


def opened(script: Script) -> tuple[subprocess.Popen[bytes], Cue]:
    """Start a network's process, and wait until it answers. Raises ConfigError as `start`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "twittervotes.rehearsal", "--staged"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    too_late = threading.Timer(STARTS_WITHIN_S, process.kill)
    too_late.start()
    try:
        return process, _handed_over(process, script)
    except (OSError, msgspec.MsgspecError) as error:
        process.kill()
        process.communicate()
        raise ConfigError(
            "The rehearsal's network did not start; "
            f"if its port ({script.settings.port}) is taken, set rehearsal.port to 0."
        ) from error
    finally:
        too_late.cancel()


def _handed_over(process: subprocess.Popen[bytes], script: Script) -> Cue:
    if process.stdin is None or process.stdout is None:
        raise OSError("a process without pipes")
    process.stdin.write(msgspec.json.encode(script) + b"\n")
    process.stdin.flush()
    return msgspec.json.decode(process.stdout.readline(), type=Cue)
