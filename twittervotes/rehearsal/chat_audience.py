"""An audience that votes in simulated chats, where moderators remove some messages.

The accounts that would post hashtags write words, in real time, once somebody reads the chat. The
true votes are counted from what was written, in the simplest way, and not by the counting code.
"""

from __future__ import annotations

import heapq
import threading
import time
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Final, Protocol

from twittervotes.rehearsal.audience import Audience, Tweet, TweetKind, plain
from twittervotes.rehearsal.truth import Truth
from twittervotes.rehearsal.twitch_chat import ChatWritten, TwitchChat
from twittervotes.rehearsal.youtube_chat import YouTubeChat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.rehearsal.settings import RehearsalSettings

TICK_S: Final = 0.05
LATEST_S: Final = 6.0  # the maximum delay of a chat message
CHATTER: Final = ("hello", "LUL", "nice stream", "who wins?", "日本 👍", "+1 that")
DELETED, BANNED = 0.01, 0.002  # shares of the messages that a moderator acts on
ACTS_AFTER_MS: Final = (500, 5000)


class Room(Protocol):
    """A chat in which the audience writes."""

    keeps_order: bool  # whether a message's time is when it appears, not when it was sent

    @property
    def is_read(self) -> bool:
        """Whether somebody has begun to read it."""

    def write(self, account: int, text: str, at_ms: int) -> str:
        """Write a message; return its ID, "" if nobody can read it any more."""

    def delete(self, key: str) -> None:
        """Delete a message, as a moderator."""

    def ban(self, account: int, at_ms: int) -> None:
        """Ban an account, as a moderator."""


@dataclass(slots=True)
class TwitchRoom:
    """A Twitch chat. What is written while nobody listens is lost."""

    chat: TwitchChat
    keeps_order: bool = False
    _written: dict[str, ChatWritten] = field(default_factory=dict)

    @property
    def is_read(self) -> bool:
        """Whether somebody has joined."""
        return self.chat.joined > 0

    def write(self, account: int, text: str, at_ms: int) -> str:
        """Write a message, altered as clients do to repeat one."""
        message = self.chat.write(str(account + 1), self.chat.padded(text), at_ms)
        self._written[message.id] = message
        return "" if message.id in self.chat.missed[-1:] else message.id

    def delete(self, key: str) -> None:
        """Delete a message."""
        self.chat.delete(self._written[key])

    def ban(self, account: int, at_ms: int) -> None:
        """Ban an account."""
        self.chat.ban(str(account + 1), at_ms)


@dataclass(slots=True)
class YouTubeRoom:
    """The live chat of a YouTube video."""

    chat: YouTubeChat
    keeps_order: bool = True

    @property
    def is_read(self) -> bool:
        """Whether somebody has asked for messages."""
        return "messages" in self.chat.requests

    def write(self, account: int, text: str, at_ms: int) -> str:
        """Write a message."""
        return self.chat.write(_channel(account), text, at_ms)

    def delete(self, key: str) -> None:
        """Delete a message."""
        details = {"deletedMessageId": key}
        self.chat.put("messageDeletedEvent", messageDeletedDetails=details)

    def ban(self, account: int, at_ms: int) -> None:
        """Ban an account."""
        user = {"bannedUserDetails": {"channelId": _channel(account)}, "banType": "permanent"}
        self.chat.put("userBannedEvent", at_ms=at_ms, userBannedDetails=user)


def _channel(account: int) -> str:
    return f"UC{account:022d}"


@dataclass(slots=True)
class Said:
    """One message: by whom, when, for which choices, and whether it was removed."""

    at_ms: int
    key: str
    account: int
    choices: frozenset[int]
    is_removed: bool = False


class ChatAudience:
    """Writes in one room until it is told to stop.

    `words` are the texts that vote for each of `tags`.
    """

    def __init__(
        self,
        settings: RehearsalSettings,
        tags: tuple[str, ...],
        words: tuple[tuple[str, ...], ...],
        room: Room,
    ) -> None:
        self._tags, self._words, self._room = tags, words, room
        self._numbers = {plain(tag): number for number, tag in enumerate(tags)}
        self._rng = Random(f"chat {settings.seed}")  # noqa: S311 - a play, no secret
        self._settings = replace(settings, late_s=min(settings.late_s, LATEST_S), before_s=0.0)
        self._tweets: Iterator[Tweet] = iter(())
        self._next: Tweet | None = None
        self._waiting: list[tuple[int, int, Tweet]] = []
        self._acts: list[tuple[int, int, bool]] = []  # when, the message's number, whether a ban
        self._said: list[Said] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audience", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Stop writing."""
        self._over.set()
        self._thread.join()

    def truth(self, opens_ms: int, closes_ms: int) -> Truth:
        """Return the votes from `opens_ms` (inclusive) to `closes_ms` (exclusive)."""
        votes, posts = [0] * len(self._tags), 0
        voted: set[int] = set()
        with self._lock:
            for said in sorted(self._said, key=lambda said: (said.at_ms, said.key)):
                if not opens_ms <= said.at_ms < closes_ms or not said.choices:
                    continue
                posts += 1
                if said.is_removed or len(said.choices) > 1 or said.account in voted:
                    continue
                voted.add(said.account)
                votes[min(said.choices)] += 1
        now_ms = time.time_ns() // 1_000_000
        return Truth(tuple(zip(self._tags, votes, strict=True)), posts, now_ms)

    def _run(self) -> None:
        while not self._room.is_read:
            if self._over.wait(TICK_S):
                return
        self._tweets = Audience(self._settings, self._tags, time.time_ns() // 1_000_000).tweets()
        self._next = next(self._tweets, None)
        while not self._over.wait(TICK_S):
            now_ms = time.time_ns() // 1_000_000
            with self._lock:
                self._write_until(now_ms)
                self._act_until(now_ms)

    def _write_until(self, now_ms: int) -> None:
        while self._next is not None and self._next.posted_ms <= now_ms:
            heapq.heappush(self._waiting, (self._next.indexed_ms, self._next.id, self._next))
            self._next = next(self._tweets, None)
        while self._waiting and self._waiting[0][0] <= now_ms:
            self._write(heapq.heappop(self._waiting)[2], now_ms)

    def _write(self, tweet: Tweet, now_ms: int) -> None:
        named = [self._numbers[plain(tag)] for tag in tweet.tags if plain(tag) in self._numbers]
        if tweet.kind is TweetKind.RETWEET:  # a chat has none
            named = []
        words = [self._rng.choice(self._words[number]) for number in named]
        text = " ".join(words) or self._rng.choice(CHATTER)
        at_ms = tweet.indexed_ms if self._room.keeps_order else tweet.posted_ms
        key = self._room.write(tweet.account, text, at_ms)
        if not key:
            return
        self._said.append(Said(at_ms, key, tweet.account, frozenset(named)))
        chance = self._rng.random()
        if chance < DELETED + BANNED:
            at_ms = now_ms + self._rng.randint(*ACTS_AFTER_MS)
            heapq.heappush(self._acts, (at_ms, len(self._said) - 1, chance < BANNED))

    def _act_until(self, now_ms: int) -> None:
        while self._acts and self._acts[0][0] <= now_ms:
            _, number, is_ban = heapq.heappop(self._acts)
            said = self._said[number]
            if is_ban:
                self._room.ban(said.account, now_ms)
                for each in self._said:
                    each.is_removed |= each.account == said.account and each.at_ms < now_ms
            else:
                self._room.delete(said.key)
                said.is_removed = True
