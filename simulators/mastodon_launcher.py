"""A simulated fediverse in its own process, as seen from the process that starts it.

A pipe connects the two; when its other end closes, for whatever reason, it ends.
"""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import sys
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import msgspec

from simulators.mastodon import Fediverse, FediverseLog
from simulators.mastodon_servers import InstanceServers
from simulators.mastodon_world import FediverseSettings
from twittervotes.rehearsal.settings import Fault, RehearsalSettings
from twittervotes.rehearsal.simulator_process import Process, SimulatorProcess, started
from twittervotes.rehearsal.truth import TruePost, Truth

ANSWERS_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Script:
    """The settings that the process receives."""

    settings: RehearsalSettings
    play: FediverseSettings
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """What the process sends when it is ready: the instances, and a token of the first."""

    urls: tuple[str, ...]
    token: str


class RunningFediverse(SimulatorProcess):
    """A running rehearsal of two instances."""

    def __init__(self, process: Process, cue: Cue) -> None:
        super().__init__(process)
        self.urls, self.token = cue.urls, cue.token

    def truth(self, opens_ms: int, closes_ms: int) -> Truth:
        """Return the true votes of a period, excluding its end."""
        query = urlencode({"opens_ms": opens_ms, "closes_ms": closes_ms})
        return msgspec.json.decode(self._call("GET", f"truth?{query}"), type=Truth)

    def posts(self) -> list[TruePost]:
        """Return the current version of all posts up to now, in the order of posting."""
        return msgspec.json.decode(self._call("GET", "posts"), type=list[TruePost])

    def log(self) -> FediverseLog:
        """Return the instances' statistics of their clients."""
        return msgspec.json.decode(self._call("GET", "log"), type=FediverseLog)

    def fail_next(self, fault: Fault | str, times: int = 1) -> None:
        """Make the next requests fail."""
        self._call("POST", f"fail?{urlencode({'fault': Fault(fault).value, 'times': times})}")

    def _call(self, method: str, what: str) -> bytes:
        host = urlsplit(self.urls[0]).netloc
        connection = http.client.HTTPConnection(host, timeout=ANSWERS_WITHIN_S)
        try:
            connection.request(method, f"/rehearsal/{what}")
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(f"The rehearsal refused {what}: {body.decode()}")
        return body


def start(
    settings: RehearsalSettings, tags: tuple[str, ...], play: FediverseSettings | None = None
) -> RunningFediverse:
    """Start a fediverse whose audience posts about `tags`, and wait until it responds."""
    script = Script(settings, play or FediverseSettings(), tags)
    sorry = "The rehearsed fediverse did not start."
    return RunningFediverse(*started("simulators.mastodon_launcher", script, Cue, sorry))


def _staged() -> None:
    # the counting program, which may still want to read the last posts, decides when it ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    script = msgspec.json.decode(sys.stdin.buffer.readline(), type=Script)
    token = secrets.token_urlsafe(33)
    doors = InstanceServers(Fediverse(script.settings, script.tags, token, script.play))
    doors.start()
    sys.stdout.buffer.write(msgspec.json.encode(Cue(doors.urls, token)) + b"\n")
    sys.stdout.buffer.flush()
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    _staged()
