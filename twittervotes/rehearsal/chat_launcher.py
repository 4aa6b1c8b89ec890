"""A rehearsal in chats, in its own process, as seen from the process that starts it.

The process receives its script on its standard input, then orders line by line, and ends when that
ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.rehearsal.chat_audience import ChatAudience, Room, TwitchRoom, YouTubeRoom
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.rehearsal.simulator_process import Process, SimulatorProcess, answered, started
from twittervotes.rehearsal.truth import Truth
from twittervotes.rehearsal.twitch_chat import TwitchChat
from twittervotes.rehearsal.youtube_chat import YouTubeChat

if TYPE_CHECKING:
    from collections.abc import Iterator

TWITCH, YOUTUBE = "twitch", "youtube"
CHANNEL: Final = "rehearsal"
VIDEO: Final = "rehearsal00"
UNITS: Final = 1_000_000_000  # quotas don't run out in a rehearsal
INTERVAL_MS: Final = 1500


@dataclass(frozen=True, slots=True)
class ChatScript:
    """What the process receives. `words` are the texts that vote for each of `tags`."""

    settings: RehearsalSettings
    tags: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChatCue:
    """What the process sends when it is ready: addresses by network, and YouTube's key."""

    urls: dict[str, str]
    key: str


@dataclass(frozen=True, slots=True)
class ChatOrder:
    """Ends what is written in a chat, or asks for the true votes of a period."""

    network: str
    opens_ms: int = 0
    closes_ms: int = 0
    ends: bool = False


class RunningChats(SimulatorProcess):
    """A running rehearsal in chats: its addresses, and its true result."""

    def __init__(self, process: Process, cue: ChatCue) -> None:
        super().__init__(process)
        self.urls, self.key = cue.urls, cue.key
        self._lock = threading.Lock()

    def truth(self, network: str, opens_ms: int, closes_ms: int) -> Truth:
        """Return the true votes of a period, excluding its end."""
        answer = self._told(ChatOrder(network, opens_ms, closes_ms))
        return msgspec.json.decode(answer, type=Truth)

    def fall_silent(self, network: str) -> None:
        """End writing and removals in a chat."""
        self._told(ChatOrder(network, ends=True))

    def _told(self, order: ChatOrder) -> bytes:
        with self._lock:
            return answered(self._process, order)


def start(script: ChatScript) -> RunningChats:
    """Start the chats, and wait until they respond. Raises ConfigError."""
    sorry = "The rehearsal's chats did not start."
    return RunningChats(*started("twittervotes.rehearsal.chat_launcher", script, ChatCue, sorry))


@contextlib.contextmanager
def _staged(script: ChatScript) -> Iterator[tuple[ChatCue, dict[str, ChatAudience]]]:
    """Run the chats and their audiences; each network has an audience of its own."""
    rooms: dict[str, tuple[Room, str]] = {}
    key = secrets.token_urlsafe(24)
    with contextlib.ExitStack() as running:
        if TWITCH in script.networks:
            twitch = running.enter_context(TwitchChat(CHANNEL))
            rooms[TWITCH] = TwitchRoom(twitch), twitch.url
        if YOUTUBE in script.networks:
            chat = YouTubeChat(VIDEO, key, interval_ms=INTERVAL_MS, units=UNITS)
            youtube = running.enter_context(chat)
            rooms[YOUTUBE] = YouTubeRoom(youtube), youtube.url
        audiences: dict[str, ChatAudience] = {}
        for number, (network, (room, _)) in enumerate(rooms.items()):
            settings = replace(script.settings, seed=script.settings.seed + number)
            audiences[network] = ChatAudience(settings, script.tags, script.words, room)
            audiences[network].start()
        yield ChatCue({network: url for network, (_, url) in rooms.items()}, key), audiences


def _main() -> None:
    # Ctrl-C and SIGTERM go to the whole process group; the counting program, which may still want
    # to read the last messages, decides when the chats end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    script = msgspec.json.decode(sys.stdin.buffer.readline(), type=ChatScript)
    with _staged(script) as (cue, audiences):
        _say(cue)
        for line in sys.stdin.buffer:
            order = msgspec.json.decode(line, type=ChatOrder)
            if order.ends:
                audiences[order.network].stop()
            _say(audiences[order.network].truth(order.opens_ms, order.closes_ms))
        os._exit(0)


def _say(what: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main()
