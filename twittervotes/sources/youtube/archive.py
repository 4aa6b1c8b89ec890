"""Read YouTube's live chats from files: responses of the Data API, output of chat-downloader.

Every message is returned as a post; one that doesn't vote has no tags, and is only counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest import chat
from twittervotes.core.contest.posts import Deleted, Presence
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
    from twittervotes.core.contest.words import Words

ANSWER: Final = "youtube#liveChatMessageListResponse"
CHANNEL: Final = "UC"  # the prefix of channel IDs


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

    def read(value: bytes) -> Read | None:
        try:
            kind = _decode_kind(value).kind
            if kind == ANSWER:
                return _read(found_in(decode_answer(value).items, words))
            if kind == KIND:
                return _read(found_in([value], words))
            return _of_line(_decode_line(value), words)
        except UNREADABLE:
            return None

    return read


def _read(found: DecodedChat) -> Read:
    return Read(tuple(found.posts), tuple(found.bad), news=tuple(found.news))


def _of_line(line: _Line, words: Words) -> Read | None:
    """Return the content of a line of chat-downloader, None if it isn't YouTube's."""
    author = (line.author and line.author.id) or ""
    at_ms = int(line.timestamp / 1000) if line.timestamp and 0 < line.timestamp < 1e17 else 0
    target = line.target_message_id or ""
    match line.action_type:
        case "mark_chat_item_as_deleted" if KEY.fullmatch(target):
            return Read(news=(Deleted(NETWORK, target),))
        case "mark_chat_items_by_author_as_deleted" if VOTER.fullmatch(author) and at_ms:
            return Read(news=(Presence(NETWORK, author, at_ms, active=False),))
        case "add_chat_item" if author.startswith(CHANNEL) and VOTER.fullmatch(author):
            key = line.message_id or ""
            if not KEY.fullmatch(key) or not at_ms:
                return Read(bad=("a line of chat-downloader without its id or its time",))
            return Read((post(key, author, at_ms, words.tags_in(line.message or "")),))
    return None
