"""Bluesky's Jetstream: all posts of the network from two hosts at once, each a source.

The Jetstream can't be searched: every post is delivered, and those with our tags are kept. A host
may drop what another has, so each host is a source, and the ledger joins them. No host promises
every post, so a count here is "at least", even with two. With an app password the network's search
is a further source. https://docs.bsky.app/blog/jetstream

`replay` tracks how far everything is read, `decode` decodes the frames.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Remedy, Source
from twittervotes.sources.bluesky.archive import reads
from twittervotes.sources.bluesky.network import BLUESKY
from twittervotes.sources.bluesky.search import BlueskySearch, is_address
from twittervotes.sources.plugin import SourcePlugin

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest
    from twittervotes.sources.bluesky.replay import HostReading

HOST: Final = re.compile(r"([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(:[0-9]{1,5})?")
HOSTS: Final = ("jetstream1.us-east.bsky.network", "jetstream2.us-west.bsky.network")
CHECK_HOSTS: Final = "Check hosts in the configuration, under bluesky."

_readings: dict[str, HostReading] = {}  # of a worker process, by the source's name


@dataclass(frozen=True, slots=True)
class BlueskySettings:
    """The `bluesky:` section of the configuration. Bluesky can be counted without any of it."""

    hosts: tuple[str, ...] = HOSTS  # Jetstream hosts; all are read, because each may drop posts
    identifier: str = ""  # handle of an account, to use the network's search too
    app_password: str = field(default="", repr=False)  # of that account, created for this program
    service: str = "https://bsky.social"  # where that account is

    def __post_init__(self) -> None:
        if not self.hosts or len(set(self.hosts)) < len(self.hosts):
            raise ValueError("hosts must name at least one host, each only once.")
        for host in self.hosts:
            if not HOST.fullmatch(host):
                raise ValueError(f"hosts are names without 'wss://' and '/'; {host!r} isn't valid.")
        if not is_address(self.service):
            raise ValueError("service must be an address such as https://bsky.social.")


@dataclass(frozen=True, slots=True)
class Jetstream:
    """One host of the Jetstream."""

    host: str
    network: str = BLUESKY
    complete: bool = False  # hosts silently drop posts

    @property
    def name(self) -> str:
        """The name of the source: the network and the host."""
        return f"{BLUESKY}:{self.host}"

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        """Return one feed: all posts are delivered, whatever the tags."""
        return (Feed("posts", " ".join(f"#{tag}" for tag in contest.tags)),)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Read for a moment from the open socket; open it if necessary."""
        from twittervotes.sources.bluesky.replay import HostReading
        from twittervotes.sources.bluesky.websocket import HandshakeRefusedError, JetstreamError

        reading = _readings.get(self.name)
        if reading is None or reading.tags != ask.feed.query:
            if reading is not None:
                reading.close()
            reading = _readings[self.name] = HostReading(self.host, ask.feed.query)
        try:
            return reading.page(self.name, ask)
        except JetstreamError as error:
            advice = f"If this continues, check your connection. {CHECK_HOSTS}"
            return Failed(self.name, ask, Remedy.RETRY, str(error), advice)
        except HandshakeRefusedError as error:
            return self._refused(ask, error.status)

    def _refused(self, ask: Ask, status: int) -> Failed:
        told = f"{self.host} answered {status}"
        if status == 429:
            return Failed(self.name, ask, Remedy.RETRY, f"{told}: too many connections.")
        if status == 408 or status >= 500 or status < 400:  # below 400: a Wi-Fi login page
            return Failed(
                self.name, ask, Remedy.RETRY, f"{self.host} is having problems (HTTP {status})."
            )
        if status == 400:
            told += ": it rejected the request as invalid"
        return Failed(self.name, ask, Remedy.STOP, f"{told}.", f"{CHECK_HOSTS} Then press Update.")


def _needs(settings: BlueskySettings) -> tuple[str, ...]:
    if bool(settings.identifier) != bool(settings.app_password):
        lacking = "app_password" if settings.identifier else "identifier"
        return (f"Set {lacking} in the configuration too, under bluesky, or neither.",)
    return ()


def _make(settings: BlueskySettings, _: Contest) -> tuple[Source, ...]:
    hosts = tuple(map(Jetstream, settings.hosts))
    if not settings.identifier:
        return hosts
    return (*hosts, BlueskySearch(settings.service, settings.identifier, settings.app_password))


PLUGIN = SourcePlugin(
    name="bluesky",
    summary="Bluesky through its Jetstream (no key needed); with an app password "
    "through its search too",
    settings=BlueskySettings,
    needs=_needs,
    make=_make,
    reads=reads,
)
