"""A rehearsal's network in its own process, as seen from the process that starts it.

A pipe connects the two; when its other end closes, for whatever reason, the network ends.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from twittervotes.rehearsal.http_server import LOOPBACK
from twittervotes.rehearsal.settings import Credentials, Fault, RehearsalSettings
from twittervotes.rehearsal.simulator_process import Process, SimulatorProcess, started
from twittervotes.rehearsal.truth import TruePost, Truth
from twittervotes.rehearsal.twitter import SEARCH, Log
from twittervotes.rehearsal.x_settings import SimulatedXSettings

ANSWERS_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Script:
    """What the network's process receives: its settings, and the tags of the audience's posts."""

    settings: RehearsalSettings
    tags: tuple[str, ...]
    x: SimulatedXSettings | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """What the network's process sends when it is ready."""

    port: int
    credentials: Credentials


class RunningRehearsal(SimulatorProcess):
    """A running rehearsal: its address, the keys it accepts, and its true result."""

    def __init__(self, process: Process, cue: Cue) -> None:
        super().__init__(process)
        self._port = cue.port
        self.credentials = cue.credentials
        self.url = f"http://{LOOPBACK}:{cue.port}{SEARCH}"

    def truth(self, opens_ms: int, closes_ms: int) -> Truth:
        """Return the true votes of a period, excluding its end."""
        query = urlencode({"opens_ms": opens_ms, "closes_ms": closes_ms})
        return msgspec.json.decode(self.call("GET", f"truth?{query}"), type=Truth)

    def posts(self) -> list[TruePost]:
        """Return all posts up to now, indexed or not, in the order of posting."""
        return msgspec.json.decode(self.call("GET", "posts"), type=list[TruePost])

    def log(self) -> Log:
        """Return the network's statistics of its clients."""
        return msgspec.json.decode(self.call("GET", "log"), type=Log)

    def fail_next(self, fault: Fault | str, times: int = 1) -> None:
        """Make the next searches fail."""
        query = urlencode({"fault": Fault(fault).value, "times": times})
        self.call("POST", f"fail?{query}")

    def call(self, method: str, what: str) -> bytes:
        """Return what the network reports about itself."""
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


def start(settings: RehearsalSettings, tags: tuple[str, ...]) -> RunningRehearsal:
    """Start a network whose audience posts about `tags`, and wait until it responds.

    Raises ConfigError if it can't start, for example because its port is taken.
    """
    return RunningRehearsal(*opened(Script(settings, tags)))


def opened(script: Script) -> tuple[Process, Cue]:
    """Start a network's process, and wait until it responds. Raises ConfigError like `start`."""
    sorry = (
        "The rehearsal's network did not start; "
        f"if its port ({script.settings.port}) is taken, set rehearsal.port to 0."
    )
    return started("twittervotes.rehearsal", script, Cue, sorry)
