"""Twitch: the chat of one or several channels, read live without an account.

Each channel is a source of its own. Messages vote by the words of the contest. Twitch guarantees
nothing about its chat, so a count here is "at least", and the time without a connection is a gap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest import chat
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Remedy, Source
from twittervotes.core.contest.words import Chat, Words
from twittervotes.core.errors import ConfigError
from twittervotes.sources.plugin import KeySetting, SourcePlugin
from twittervotes.sources.twitch.archive import reads
from twittervotes.sources.twitch.decode import NETWORK, Decoder

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest
    from twittervotes.sources.twitch.reading import ChannelReading

CHANNEL: Final = re.compile("[a-z0-9_]{1,25}")
NICK: Final = re.compile("[a-z0-9_]{1,20}")
URL: Final = re.compile(
    r"wss://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?|ws://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?/?"
)
NO_CHANNEL: Final = "Set twitch.channels in the configuration, or use --channel NAME."

_readings: dict[Twitch, ChannelReading] = {}  # of a worker process


@dataclass(frozen=True, slots=True)
class TwitchSettings:
    """The `twitch:` section of the configuration."""

    channels: tuple[str, ...] = ()  # the names in the channels' URLs
    nick: str = "justinfan"  # the anonymous login; digits are added
    url: str = "wss://irc-ws.chat.twitch.tv:443"

    def __post_init__(self) -> None:
        for name in self.channels:
            if not CHANNEL.fullmatch(_login(name)):
                raise ValueError(f"channels are names such as somechannel; {name!r} isn't one.")
        if not NICK.fullmatch(self.nick):
            raise ValueError("nick must consist of lower case letters and digits.")
        if not URL.fullmatch(self.url):
            raise ValueError("url must be an address such as wss://irc-ws.chat.twitch.tv:443.")


@dataclass(frozen=True, slots=True)
class Twitch:
    """One channel. `words` are pairs of a folded word and the tag it is stored as."""

    channel: str
    words: tuple[tuple[str, str], ...]
    chat: Chat = field(default_factory=Chat)
    url: str = "wss://irc-ws.chat.twitch.tv:443"
    nick: str = "justinfan"
    read_on_ms: int = 10_000  # after the close, because lines may be up to 6 s late
    network: str = NETWORK
    complete: bool = False

    @property
    def name(self) -> str:
        """The name of the source: the network and the channel."""
        return f"{NETWORK}:{self.channel}"

    def feeds(self, _: Contest) -> tuple[Feed, ...]:
        """Return one feed, the whole chat, with the words to look for."""
        words = " ".join(tag for _, tag in self.words)
        return (Feed("chat", f"{words} in #{self.channel}"),)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Read for a moment from the open connection; open it if necessary."""
        from twittervotes.sources.twitch.connection import ChatError
        from twittervotes.sources.twitch.reading import ChannelReading

        reading = _readings.get(self)
        if reading is None:
            reading = _readings[self] = ChannelReading(
                self.url, self.nick, self.channel, self._decoder(), self.read_on_ms
            )
        try:
            return reading.page(self.name, ask)
        except ChatError as error:
            remedy = Remedy.STOP if error.is_final else Remedy.RETRY
            advice = "Check channels in the configuration, under twitch, and the network."
            return Failed(self.name, ask, remedy, str(error), advice)

    def _decoder(self) -> Decoder:
        is_shared, with_replies = self.chat.shared == "all", self.chat.replies == "count"
        return Decoder(Words(dict(self.words), self.chat), is_shared, with_replies)


def _login(name: str) -> str:
    """Return the login in what an operator typed: a name, "#name" or the channel's URL."""
    return name.strip().rstrip("/").rpartition("/")[2].lstrip("#@").lower()


def _needs(settings: TwitchSettings) -> tuple[str, ...]:
    return () if settings.channels else (NO_CHANNEL,)


def _make(settings: TwitchSettings, contest: Contest) -> tuple[Source, ...]:
    for sentence in _needs(settings):
        raise ConfigError(sentence)
    chat.check(contest)
    words = tuple(chat.reader(contest).tags.items())
    return tuple(
        Twitch(login, words, contest.chat, settings.url, settings.nick)
        for login in dict.fromkeys(map(_login, settings.channels))
    )


PLUGIN = SourcePlugin(
    name=NETWORK,
    summary="The chat of Twitch channels, without a key; messages vote by words",
    settings=TwitchSettings,
    keys=(KeySetting("channels", "channel", is_secret=False),),
    needs=_needs,
    make=_make,
    reads=reads,
)
