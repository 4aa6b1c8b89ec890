"""Decode responses of YouTube's liveChatMessages.list: messages, removals, the end.

Each item is decoded separately, so that an unreadable one harms no other. A post's revision is the
time of its message: a ban withdraws what was sent before it.
https://developers.google.com/youtube/v3/live/docs/liveChatMessages
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest.posts import Deleted, News, Post, Presence
from twittervotes.sources._common import time_ms
from twittervotes.sources.lenient import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twittervotes.core.contest.words import Words

NETWORK: Final = "youtube"
KEY: Final = re.compile("[!-~]{1,500}")
VOTER: Final = re.compile(r"[\w-]{1,100}", re.ASCII)
KIND: Final = "youtube#liveChatMessage"


class _Text(msgspec.Struct):
    message_text: str | None = msgspec.field(name="messageText", default=None)


class _Comment(msgspec.Struct):
    user_comment: str | None = msgspec.field(name="userComment", default=None)


class _Removed(msgspec.Struct):
    deleted: str | None = msgspec.field(name="deletedMessageId", default=None)
    retracted: str | None = msgspec.field(name="retractedMessageId", default=None)


class _Banned(msgspec.Struct):
    channel_id: str | None = msgspec.field(name="channelId", default=None)


class _Ban(msgspec.Struct):
    user: _Banned | None = msgspec.field(name="bannedUserDetails", default=None)


class _Snippet(msgspec.Struct, rename="camel"):
    type: str
    published_at: str | None = None
    author_channel_id: str | None = None
    text_message_details: _Text | None = None
    super_chat_details: _Comment | None = None
    member_milestone_chat_details: _Comment | None = None
    message_deleted_details: _Removed | None = None
    message_retracted_details: _Removed | None = None
    user_banned_details: _Ban | None = None


class _Author(msgspec.Struct):
    channel_id: str | None = msgspec.field(name="channelId", default=None)


class Item(msgspec.Struct):
    """One item of a response."""

    id: str
    snippet: _Snippet
    author: _Author | None = msgspec.field(name="authorDetails", default=None)

    @property
    def text(self) -> str:
        """What the author wrote, whatever kind of message it is."""
        snippet = self.snippet
        match snippet.type:
            case "textMessageEvent" if snippet.text_message_details:
                return snippet.text_message_details.message_text or ""
            case "superChatEvent" if snippet.super_chat_details:
                return snippet.super_chat_details.user_comment or ""
            case "memberMilestoneChatEvent" if snippet.member_milestone_chat_details:
                return snippet.member_milestone_chat_details.user_comment or ""
        return ""

    @property
    def at_ms(self) -> int:
        """When it was published; 0 if that can't be read."""
        return time_ms(self.snippet.published_at)


class ChatAnswer(msgspec.Struct, rename="camel"):
    """A complete response; `offline_at` is present once the stream is over."""

    items: list[msgspec.Raw]
    next_page_token: str = ""
    polling_interval_millis: int = 0
    offline_at: str | None = None


decode_answer = msgspec.json.Decoder(ChatAnswer).decode
decode_item = msgspec.json.Decoder(Item).decode


@dataclass(slots=True)
class DecodedChat:
    """The content of a response's items."""

    posts: list[Post] = field(default_factory=list)  # those without tags vote for nothing
    news: list[News] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    first_ms: int = 0  # of the oldest item
    is_over: bool = False


def found_in(items: Iterable[msgspec.Raw | bytes], words: Words) -> DecodedChat:
    """Decode `items` by the words of a contest."""
    found = DecodedChat()
    for raw in items:
        try:
            item = decode_item(raw)
        except UNREADABLE as error:
            found.bad.append(f"a message of YouTube: {error}"[:200])
            continue
        at_ms = item.at_ms
        if at_ms and not found.first_ms:
            found.first_ms = at_ms
        _take(item, at_ms, words, found)
    return found


def _take(item: Item, at_ms: int, words: Words, found: DecodedChat) -> None:
    snippet = item.snippet
    removed = snippet.message_deleted_details or snippet.message_retracted_details
    match snippet.type:
        case "chatEndedEvent":
            found.is_over = True
        case "tombstone":
            _remove(item.id, found)
        case "messageDeletedEvent" | "messageRetractedEvent" if removed:
            _remove(removed.deleted or removed.retracted or "", found)
        case "userBannedEvent" if snippet.user_banned_details and at_ms:
            user = snippet.user_banned_details.user
            voter = (user and user.channel_id) or ""
            if VOTER.fullmatch(voter):
                found.news.append(Presence(NETWORK, voter, at_ms, active=False))
        case "textMessageEvent" | "superChatEvent" | "memberMilestoneChatEvent":
            voter = snippet.author_channel_id or (item.author and item.author.channel_id) or ""
            if not (KEY.fullmatch(item.id) and VOTER.fullmatch(voter) and at_ms):
                found.bad.append("a message of YouTube without its id, its author or its time")
                return
            found.posts.append(post(item.id, voter, at_ms, words.tags_in(item.text)))


def post(key: str, voter: str, at_ms: int, tags: str) -> Post:
    """Return the post of a message; one without tags isn't a version of another."""
    return Post(NETWORK, key, voter, at_ms, tags, revision=at_ms if tags else 0)


def _remove(key: str, found: DecodedChat) -> None:
    if KEY.fullmatch(key):
        found.news.append(Deleted(NETWORK, key))
