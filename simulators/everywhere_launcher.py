"""All simulated networks in their own process, as seen from the process that starts it.

By hand, `python -m simulators.everywhere_launcher debian ubuntu arch` writes the configuration for
counting all of them at once; Ctrl-C ends it, and prints the true votes. Started by a program, it
receives commands on its standard input, line by line, and ends when that ends.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import signal
import sys
import threading
import time
from dataclasses import dataclass

import msgspec

from simulators.bluesky_service import IDENTIFIER, PASSWORD
from simulators.everywhere import HOSTS, Everywhere, Script
from simulators.faulty_proxy import ProxyFault
from twittervotes.core.contest.contest import chosen
from twittervotes.core.errors import ContestError
from twittervotes.rehearsal.settings import Credentials, Fault, RehearsalSettings
from twittervotes.rehearsal.simulator_process import Process, SimulatorProcess, answered, started
from twittervotes.rehearsal.truth import TruePost, Truth
from twittervotes.rehearsal.twitter import SEARCH as OLD_SEARCH

CONFIG = """\
sources: [x, mastodon, bluesky]
twitter:
  consumer_key: {keys.consumer_key}
  consumer_secret: {keys.consumer_secret}
  search_endpoint: http://{at[x]}{old_search}
x:
  bearer_token: {keys.bearer}
  api_url: http://{at[x]}
mastodon:
  instances: ["http://{at[mastodon-1]}", "http://{at[mastodon-2]}"]
  token: {token}
bluesky:
  hosts: [{hosts}]
  identifier: {identifier}
  app_password: {password}
  service: http://{at[bluesky-search]}
"""


@dataclass(frozen=True, slots=True)
class Cue:
    """What the process sends when it is ready: the addresses and the accepted credentials."""

    at: dict[str, str]
    credentials: Credentials
    token: str


@dataclass(frozen=True, slots=True)
class Order:
    """One command line; the process answers each with a line."""

    what: str
    where: str = ""
    how: str = ""
    times: int = 1
    opens_ms: int = 0
    closes_ms: int = 0


class RunningEverywhere(SimulatorProcess):
    """A running rehearsal of all networks."""

    def __init__(self, process: Process, cue: Cue) -> None:
        super().__init__(process)
        self._lock = threading.Lock()
        self.at, self.credentials, self.token = cue.at, cue.credentials, cue.token

    @property
    def config(self) -> str:
        """The configuration for counting all of them at once."""
        return _config(Cue(self.at, self.credentials, self.token))

    def truth(self, opens_ms: int, closes_ms: int) -> dict[str, Truth]:
        """Return the true votes of a period on each network, excluding its end."""
        order = Order("truth", opens_ms=opens_ms, closes_ms=closes_ms)
        return msgspec.json.decode(self._told(order), type=dict[str, Truth])

    def posts(self) -> dict[str, list[TruePost]]:
        """Return the current posts of each network, without deleted ones."""
        return msgspec.json.decode(self._told(Order("posts")), type=dict[str, list[TruePost]])

    def copies(self) -> int:
        """Return how many posts of Bluesky were copied into the fediverse."""
        return msgspec.json.decode(self._told(Order("copies")), type=int)

    def fall_silent(self) -> None:
        """Make the audiences end their posts soon."""
        self._told(Order("silence"))

    def fail_next(self, where: str, fault: Fault, times: int = 1) -> None:
        """Make the next requests to a network fail."""
        self._told(Order("fail", where, fault.value, times))

    def spoil(self, where: str, bad: ProxyFault, times: int = 1) -> None:
        """Make the next connections to a network misbehave."""
        self._told(Order("spoil", where, bad.value, times))

    def pull(self, *where: str) -> None:
        """Disconnect networks."""
        for each in where:
            self._told(Order("pull", each))

    def plug(self, *where: str) -> None:
        """Reconnect networks."""
        for each in where:
            self._told(Order("plug", each))

    def _told(self, order: Order) -> bytes:
        with self._lock:
            return answered(self._process, order)


def start(script: Script) -> RunningEverywhere:
    """Start all networks, and wait until they respond."""
    sorry = "The rehearsed networks did not start."
    return RunningEverywhere(*started("simulators.everywhere_launcher", script, Cue, sorry))


def _config(cue: Cue) -> str:
    return CONFIG.format(
        keys=cue.credentials,
        at=cue.at,
        token=cue.token,
        old_search=OLD_SEARCH,
        hosts=", ".join(f'"{cue.at[host]}"' for host in HOSTS if host in cue.at),
        identifier=IDENTIFIER,
        password=PASSWORD,
    )


def _staged() -> None:
    # the counting program, which may still want to read the last posts, decides when they end
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    script = msgspec.json.decode(sys.stdin.buffer.readline(), type=Script)
    networks, cue = _begun(script)
    _say(cue)
    for line in sys.stdin.buffer:
        _say(_done(networks, msgspec.json.decode(line, type=Order)))
    os._exit(0)


def _begun(script: Script) -> tuple[Everywhere, Cue]:
    keys = _credentials()
    networks = Everywhere(script, keys)
    networks.start()
    at = {name: proxy.address for name, proxy in networks.proxies.items()}
    return networks, Cue(at, keys, networks.token)


def _done(networks: Everywhere, order: Order) -> object:
    match order.what:
        case "truth":
            return networks.truth(order.opens_ms, order.closes_ms)
        case "posts":
            return networks.posts()
        case "copies":
            return networks.copies()
        case "silence":
            networks.fall_silent()
        case "fail":
            networks.fail(order.where, Fault(order.how), order.times)
        case "spoil":
            networks.proxies[order.where].spoil(ProxyFault(order.how), order.times)
        case "pull":
            networks.proxies[order.where].pull()
        case "plug":
            networks.proxies[order.where].plug()
    return None


def _say(what: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


def _credentials() -> Credentials:
    token = secrets.token_urlsafe
    keys = (token(18), token(36), f"7-{token(30)}", token(33), token(60))
    return Credentials(*keys, client_id=token(25), refresh_token=token(60))


def _by_hand(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.everywhere_launcher",
        description="Simulated networks on this machine, and the configuration to count them with.",
        allow_abbrev=False,
    )
    parser.add_argument("tags", nargs="*", metavar="TAG", help="what they post about")
    named: list[str] = parser.parse_args(words).tags or ["debian", "ubuntu", "arch"]
    try:
        tags = tuple(choice.tag for choice in chosen(named)[0])
    except ContestError as error:
        parser.error(str(error))
    began_ms = time.time_ns() // 1_000_000
    networks, cue = _begun(Script(RehearsalSettings(), tags))
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write(f"{_config(cue)}# Ctrl-C ends it, and tells the votes since it began\n")
        sys.stdout.flush()
        threading.Event().wait()
    for network, truth in networks.truth(began_ms, time.time_ns() // 1_000_000).items():
        told = ", ".join(f"#{tag} {votes}" for tag, votes in truth.votes)
        sys.stdout.write(f"# {network}: {told}\n")
    networks.stop()
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--staged"]:
        _staged()
    sys.exit(_by_hand(sys.argv[1:]))
