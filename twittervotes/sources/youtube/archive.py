"""Read YouTube's live chats from files: responses of the Data API, output of chat-downloader.

Every message is returned as a post; one that doesn't vote has no tags, and is only counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest import chat
from twittervotes.core.contest.posts import Deleted, Presence
from twittervotes.core.contest.words import Words
from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.plugin import Read, Reading
from twittervotes.sources.youtube.decode import (
    KEY,
    KIND,
    NETWORK,
    VOTER,
    DecodedChat,
    decode_answer,
    found_in,
    post,
)

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest

ANSWER: Final = "youtube#liveChatMessageListResponse"
CHANNEL: Final = "UC"  # the prefix of channel IDs
# What chat-downloader calls YouTube's actions.
ADDED: Final = ("add_chat_item", "replace_chat_item")
REMOVED: Final = ("mark_chat_item_as_deleted", "remove_chat_item")
BANNED: Final = ("mark_chat_items_by_author_as_deleted", "remove_chat_item_by_author")
OTHERS: Final = (
    "add_banner_to_live_chat",
    "add_live_chat_ticker_item",  # repeats a message
    "close_live_chat_action_panel",
    "live_chat_report_moderation_state",
    "remove_banner_for_live_chat",
    "show_live_chat_action_panel",
    "show_live_chat_tooltip",
    "update_live_chat_poll",
)


class _Kind(msgspec.Struct):
    kind: str | None = None


class _Author(msgspec.Struct):
    id: str | None = None


class _Line(msgspec.Struct):
    """A line of chat-downloader (https://chat-downloader.readthedocs.io)."""

    action_type: str
    timestamp: float | None = None
    message_id: str | None = None
    message: str | None = None
    author: _Author | None = None
    target_message_id: str | None = None


_decode_kind = msgspec.json.Decoder(_Kind).decode
_decode_line = msgspec.json.Decoder(_Line).decode


def reads(contest: Contest) -> Reading:
    """Return a function that reads the values of files."""
    words = chat.reader(contest)
    lines = _Lines(words)

    def read(value: bytes) -> Read | None:
        try:
            kind = _decode_kind(value).kind
            if kind == ANSWER:
                return _read(found_in(decode_answer(value).items, words))
            if kind == KIND:
                return _read(found_in([value], words))
            return lines.read(_decode_line(value))
        except UNREADABLE:
            return None

    return read


def _read(found: DecodedChat) -> Read:
    return Read(tuple(found.posts), tuple(found.bad), news=tuple(found.news))


@dataclass(slots=True)
class _Lines:
    """Reads lines of chat-downloader, in order: a ban has no time, only its place."""

    words: Words
    latest_ms: int = 0

    def read(self, line: _Line) -> Read | None:
        """Return the content of a line, None if it isn't YouTube's."""
        author = (line.author and line.author.id) or ""
        at_ms = int(line.timestamp / 1000) if line.timestamp and 0 < line.timestamp < 1e17 else 0
        if line.action_type in REMOVED:
            return _deleted(line.target_message_id)
        if line.action_type in BANNED:
            banned_ms = at_ms or self.latest_ms + 1
            is_ban = VOTER.fullmatch(author) and banned_ms > 1
            news = (Presence(NETWORK, author, banned_ms, active=False),) if is_ban else ()
            return Read(news=news)
        if line.action_type in OTHERS:
            return Read()
        if line.action_type not in ADDED:
            return None
        if not author:  # a notice of YouTube, or what is left of a message
            is_emptied = line.action_type == "replace_chat_item"
            return _deleted(line.message_id) if is_emptied else Read()
        if not author.startswith(CHANNEL) or not VOTER.fullmatch(author):
            return None
        self.latest_ms = max(self.latest_ms, at_ms)
        key = line.message_id or ""
        if not KEY.fullmatch(key) or not at_ms:
            return Read(bad=("a line of chat-downloader without its id or its time",))
        if not line.message:
            return Read()
        return Read((post(key, author, at_ms, self.words.tags_in(line.message)),))


def _deleted(key: str | None) -> Read:
    return Read(news=(Deleted(NETWORK, key),) if key and KEY.fullmatch(key) else ())
