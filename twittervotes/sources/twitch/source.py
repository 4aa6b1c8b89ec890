"""Twitch: the chat of one or several channels, read live: by IRC, or with a token by EventSub.

Each channel is a source of its own. Messages vote by the words of the contest. Twitch guarantees
nothing about its chat, so a count here is "at least", and the time without a connection is a gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest import chat
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Remedy, Source
from twittervotes.core.contest.words import Chat, Words
from twittervotes.sources.plugin import KeySetting, SourcePlugin
from twittervotes.sources.twitch.archive import reads
from twittervotes.sources.twitch.decode import NETWORK, Decoder
from twittervotes.sources.twitch.settings import Access, TwitchSettings, bare, login

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest
    from twittervotes.sources.twitch.reading import ChannelReading, Connection

NO_CHANNEL: Final = "Set twitch.channels in the configuration, or use --channel NAME."
ADVICE: Final = "Check channels in the configuration, under twitch, and the network."

_readings: dict[Twitch, ChannelReading] = {}  # of a worker process


@dataclass(frozen=True, slots=True)
class Twitch:
    """One channel. `words` are pairs of a folded word and the tag it is stored as."""

    channel: str
    words: tuple[tuple[str, str], ...]
    chat: Chat = field(default_factory=Chat)
    url: str = "wss://irc-ws.chat.twitch.tv:443"
    nick: str = "justinfan"
    read_on_ms: int = 10_000  # after the close, because lines may be up to 6 s late
    access: Access | None = None  # reads by EventSub
    label: str = ""  # its name, if not the usual one
    network: str = NETWORK
    complete: bool = False

    @property
    def name(self) -> str:
        """The name of the source: the network and the channel."""
        return self.label or f"{NETWORK}:{self.channel}"

    def feeds(self, _: Contest) -> tuple[Feed, ...]:
        """Return one feed, the whole chat, with the words to look for."""
        words = " ".join(tag for _, tag in self.words)
        return (Feed("chat", f"{words} in #{self.channel}"),)

    def fetch(self, ask: Ask) -> Page | Failed:
        """Read for a moment from the open connection; open it if necessary."""
        from twittervotes.sources.twitch.reading import ChannelReading
        from twittervotes.sources.twitch.websocket import ChatError

        reading = _readings.get(self)
        if reading is None:
            reading = _readings[self] = ChannelReading(self._opened, self.read_on_ms)
        try:
            return reading.page(self.name, ask)
        except ChatError as error:
            remedy = Remedy.STOP if error.is_final else Remedy.RETRY
            return Failed(self.name, ask, remedy, str(error), error.advice or ADVICE)

    def _opened(self) -> Connection:
        from twittervotes.sources.twitch.connection import ChatConnection

        if self.access is None:
            return ChatConnection(self.url, self.nick, self.channel, self._decoder())
        from twittervotes.sources.twitch.eventsub import EventDecoder
        from twittervotes.sources.twitch.session import EventSubConnection

        decoder = EventDecoder(self._decoder())
        return EventSubConnection(self.url, self.channel, self.access, decoder)

    def _decoder(self) -> Decoder:
        is_shared, with_replies = self.chat.shared == "all", self.chat.replies == "count"
        return Decoder(Words(dict(self.words), self.chat), is_shared, with_replies)


def _needs(settings: TwitchSettings) -> tuple[str, ...]:
    return () if settings.channels else (NO_CHANNEL,)


def _make(settings: TwitchSettings, contest: Contest) -> tuple[Source, ...]:
    chat.check(contest)
    words = tuple(chat.reader(contest).tags.items())
    token = bare(settings.token)
    access = Access(token, settings.api_url, settings.id_url) if token else None
    url = settings.eventsub_url if token else settings.url
    return tuple(
        Twitch(name, words, contest.chat, url, settings.nick, access=access)
        for name in dict.fromkeys(map(login, settings.channels))
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
