"""All simulated networks at once, each behind a proxy, and their joint true result.

Each network has an audience, and a bridge copies the posts of some Bluesky accounts into the
fediverse, where they must not count again. So the joint true result is simply the sum of the
networks' own, none of which includes a copy.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from simulators.bluesky import Bluesky
from simulators.bluesky_course import Life
from simulators.bluesky_host import Manners
from simulators.bluesky_record import did
from simulators.faulty_proxy import FaultyProxy
from simulators.mastodon import Fediverse
from simulators.mastodon_servers import InstanceServers
from simulators.mastodon_world import FediverseSettings, bridged
from twittervotes.rehearsal.answer import HttpAnswer
from twittervotes.rehearsal.audience import Tweet
from twittervotes.rehearsal.http_server import RehearsalServer
from twittervotes.rehearsal.settings import Credentials, Fault, RehearsalSettings
from twittervotes.rehearsal.truth import TruePost, Truth
from twittervotes.rehearsal.x import X
from twittervotes.rehearsal.x_settings import SimulatedXSettings

TICK_S = 0.1
COPIED_WITHIN_MS = 400
FIRST_COPY = 1_000_000  # statuses with numbers from here on are copies
X_, FIRST, SECOND = "x", "mastodon-1", "mastodon-2"
HOSTS = ("bluesky-1", "bluesky-2")
SEARCH = "bluesky-search"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Script:
    """The settings. `bridged` is the share of Bluesky's accounts that are copied."""

    settings: RehearsalSettings
    tags: tuple[str, ...]
    x: SimulatedXSettings = field(default_factory=SimulatedXSettings)
    play: FediverseSettings = field(default_factory=FediverseSettings)
    manners: tuple[Manners, ...] = (Manners(), Manners())
    bridged: float = 0.2


class Asked(Protocol):
    """A network that answers questions about itself like all other requests."""

    def answer(self, method: str, target: str, host: str, authorization: str) -> HttpAnswer: ...


class Everywhere:
    """X, two Mastodon instances, and Bluesky with two hosts and its search."""

    def __init__(self, script: Script, credentials: Credentials) -> None:
        settings, tags = script.settings, script.tags
        self._x = X(settings, tags, credentials, script.x)
        self.token = secrets.token_urlsafe(33)
        play = replace(script.play, bridged=0.0)  # only the simulated Bluesky has copies
        mastodon = replace(settings, seed=settings.seed + 1)
        self._fediverse = Fediverse(mastodon, tags, self.token, play)
        bluesky = replace(settings, seed=settings.seed + 2)
        self._bluesky = Bluesky(bluesky, tags, script.manners)
        self._share = script.bridged
        self._copied: dict[str, None] = {}
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Listen, with each network on a free port of loopback."""
        self._door = RehearsalServer(self._x)
        threading.Thread(target=self._door.serve_forever, name="x", daemon=True).start()
        self._doors = InstanceServers(self._fediverse)
        self._doors.start()
        self._bluesky.start()
        ports = [self._door.port, *map(_port, self._doors.urls)]
        ports += [int(host.name.partition(":")[2]) for host in self._bluesky.hosts]
        ports.append(_port(self._bluesky.service.url))
        names = (X_, FIRST, SECOND, *HOSTS[: len(self._bluesky.hosts)], SEARCH)
        self.proxies = {name: FaultyProxy(port) for name, port in zip(names, ports, strict=True)}
        threading.Thread(target=self._tick, name="bridge", daemon=True).start()

    def stop(self) -> None:
        """Stop everything; harmless if called twice."""
        self._ended.set()
        for proxy in self.proxies.values():
            proxy.pull()
        self._door.shutdown()
        self._door.server_close()
        self._doors.stop()
        self._bluesky.stop()

    def truth(self, opens_ms: int, closes_ms: int) -> dict[str, Truth]:
        """Return the true votes of a period on each network, excluding its end."""
        what = f"truth?{urlencode({'opens_ms': opens_ms, 'closes_ms': closes_ms})}"
        return {
            "x": _told(self._x, what, Truth),
            "mastodon": _told(_Instance(self._fediverse), what, Truth),
            "bluesky": self._bluesky.truth(opens_ms, closes_ms),
        }

    def fall_silent(self) -> None:
        """End all posts soon; changes of existing ones still come."""
        self._x.fall_silent()
        self._fediverse.timelines.audience.fall_silent()
        self._bluesky.course.audience.fall_silent()

    def posts(self) -> dict[str, list[TruePost]]:
        """Return the current posts of each network, without deleted ones."""
        return {
            "x": _told(self._x, "posts", list[TruePost]),
            "mastodon": _told(_Instance(self._fediverse), "posts", list[TruePost]),
            "bluesky": [_true(life) for life in self._bluesky.course.lives() if not life.gone],
        }

    def copies(self) -> int:
        """Return how many posts of Bluesky were copied into the fediverse."""
        return len(self._copied)

    def fail(self, where: str, fault: Fault, times: int) -> None:
        """Make the next requests to a network fail; raise KeyError for an unknown one."""
        if where in HOSTS:
            self._bluesky.hosts[HOSTS.index(where)].fail(fault, times)
        elif where == SEARCH:
            self._bluesky.service.fail(fault, times)
        else:
            asked: dict[str, Asked] = {X_: self._x, FIRST: _Instance(self._fediverse)}
            query = urlencode({"fault": fault.value, "times": times})
            asked[where].answer("POST", f"/rehearsal/fail?{query}", "", "")

    def _tick(self) -> None:
        while not self._ended.wait(TICK_S):
            self._bridge(time.time_ns() // 1_000_000)

    def _bridge(self, now_ms: int) -> None:
        """Copy new posts from Bluesky; later changes there are not copied."""
        for life in self._bluesky.course.lives():
            if life.key in self._copied or life.indexed_ms > now_ms or life.gone:
                continue
            if _share(life.account) < self._share:
                number = FIRST_COPY + len(self._copied)
                self._copied[life.key] = None
                arrives_ms = life.indexed_ms + COPIED_WITHIN_MS
                tweet = Tweet(
                    number, life.at_ms, arrives_ms, life.account, life.kind, life.tags, number
                )
                self._fediverse.timelines.bring(bridged(number, tweet, life.key))


class _Instance:
    """The fediverse, queried through its first instance."""

    def __init__(self, fediverse: Fediverse) -> None:
        self._fediverse = fediverse

    def answer(self, method: str, target: str, host: str, authorization: str) -> HttpAnswer:
        return self._fediverse.answer(0, method, target, host, authorization)


def _told(network: Asked, what: str, kind: type[T]) -> T:
    answer = network.answer("GET", f"/rehearsal/{what}", "", "")
    return msgspec.json.decode(answer.body, type=kind)


def _true(life: Life) -> TruePost:
    who = did(life.account)
    at_ms = life.at_ms // 1000 * 1000
    return TruePost(
        life.key, life.key, who, who, at_ms, life.indexed_ms, life.kind.value, life.tags
    )


def _share(account: int) -> float:
    """Return a number from 0 to 1 that is always the same for an account."""
    return int.from_bytes(sha256(f"bridge {account}".encode()).digest()[:4]) / 2**32


def _port(url: str) -> int:
    port = urlsplit(url).port
    if port is None:
        raise ValueError(f"{url} has no port")
    return port
