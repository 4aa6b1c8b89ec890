"""The settings of Twitch's chats."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

CHANNEL: Final = re.compile("[a-z0-9_]{1,25}")
NICK: Final = re.compile("[a-z0-9_]{1,20}")
URL: Final = re.compile(
    r"wss://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?|ws://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?/?"
)
ADDRESS: Final = re.compile(r"https://[A-Za-z0-9.-]+|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?")
EVENTSUB: Final = re.compile(
    r"wss://[A-Za-z0-9.-]+(:[0-9]{1,5})?/ws|ws://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?/ws"
)
TOKEN: Final = re.compile("[A-Za-z0-9_-]{0,200}")


@dataclass(frozen=True, slots=True)
class Access:
    """A user's token, and the addresses that may receive it."""

    token: str = field(repr=False)
    api_url: str
    id_url: str


@dataclass(frozen=True, slots=True)
class TwitchSettings:
    """The `twitch:` section of the configuration."""

    channels: tuple[str, ...] = ()  # the names in the channels' URLs
    nick: str = "justinfan"  # the anonymous login; digits are added
    url: str = "wss://irc-ws.chat.twitch.tv:443"
    token: str = field(default="", repr=False)  # of a user, with user:read:chat; enables EventSub
    eventsub_url: str = "wss://eventsub.wss.twitch.tv/ws"
    api_url: str = "https://api.twitch.tv"
    id_url: str = "https://id.twitch.tv"

    def __post_init__(self) -> None:
        for name in self.channels:
            if not CHANNEL.fullmatch(login(name)):
                raise ValueError(f"channels are names such as somechannel; {name!r} isn't one.")
        if not NICK.fullmatch(self.nick):
            raise ValueError("nick must consist of lower case letters and digits.")
        if not URL.fullmatch(self.url):
            raise ValueError("url must be an address such as wss://irc-ws.chat.twitch.tv:443.")
        if not TOKEN.fullmatch(bare(self.token)):
            raise ValueError("token contains a character that isn't allowed in a token.")
        if not EVENTSUB.fullmatch(self.eventsub_url):
            raise ValueError("eventsub_url must be an address such as wss://eventsub.example/ws.")
        if not (ADDRESS.fullmatch(self.api_url) and ADDRESS.fullmatch(self.id_url)):
            raise ValueError("api_url and id_url must be addresses such as https://api.twitch.tv.")


def login(name: str) -> str:
    """Return the login in what an operator typed: a name, "#name" or the channel's URL."""
    return name.strip().rstrip("/").rpartition("/")[2].lstrip("#@").lower()


def bare(token: str) -> str:
    """Return a token without the prefix that it has in IRC."""
    return token.strip().removeprefix("oauth:")
