"""Read Twitch chats from files: IRC lines, recent-messages responses, output of chat-downloader.

Every message is returned as a post; one that doesn't vote has no tags, and is only counted. Knows
nothing of files themselves; it receives each value as it is in the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest import chat
from twittervotes.core.contest.posts import Post
from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.plugin import News, Presence, Read, Reading
from twittervotes.sources.twitch.decode import (
    EMOTE,
    KEY,
    NETWORK,
    NUMBER,
    BadLineError,
    ChatMessage,
    Decoder,
    blank,
)
from twittervotes.sources.twitch.irc import parse

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest

COMMANDS: Final = re.compile(
    "PRIVMSG|USERNOTICE|CLEARMSG|CLEARCHAT|ROOMSTATE|USERSTATE|GLOBALUSERSTATE|NOTICE|JOIN|PART"
    "|PING|PONG|CAP|HOSTTARGET|RECONNECT|WHISPER|[0-9]{3}"
)
# What chat-downloader calls these commands. Their lines may hold no message.
ACTIONS: Final = (
    "clear_chat",
    "delete_message",
    "host_target",
    "notice",
    "reconnect",
    "room_state",
    "successful_login",
    "text_message",
    "user_notice",
    "user_state",
)


class _Recent(msgspec.Struct):
    """The latest messages of a channel.

    https://recent-messages.robotty.de/api
    """

    messages: list[str]
    error: str | None = None


class _Author(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    display_name: str | None = None


class _Emote(msgspec.Struct):
    locations: list[str] | str = ""


class _Reply(msgspec.Struct):
    author: _Author | None = None


class _Item(msgspec.Struct):
    """A line of chat-downloader (https://chat-downloader.readthedocs.io)."""

    timestamp: float | None = None
    message_id: str | None = None
    message: str | None = None
    author: _Author | None = None
    emotes: list[_Emote] | None = None
    action_type: str | None = None
    message_type: str | None = None
    target_message_id: str | None = None
    target_author_id: str | None = None
    in_reply_to: _Reply | None = None
    in_reply_to_message_id: str | None = None


_decode_recent = msgspec.json.Decoder(_Recent).decode
_decode_item = msgspec.json.Decoder(_Item).decode


def reads(contest: Contest) -> Reading:
    """Return a function that reads the values of files."""
    settings = contest.chat
    decoder = Decoder(chat.reader(contest), settings.shared == "all", settings.replies == "count")

    def read(value: bytes) -> Read | None:
        if value[:1] in (b"@", b":") or value[:5] == b"PING ":
            return _of_lines([value.decode("utf-8", "replace")], decoder)
        try:
            return _of_lines(_decode_recent(value).messages, decoder)
        except UNREADABLE:
            pass
        try:
            return _of_item(_decode_item(value), decoder)
        except UNREADABLE:
            return None

    return read


def _of_lines(lines: list[str], decoder: Decoder) -> Read | None:
    """Return the content of IRC lines; None if none of them is Twitch's."""
    posts: dict[Post, str] = {}
    news: list[News] = []
    bad: list[str] = []
    is_ours = not lines
    for text in lines:
        line = parse(text.strip("\r\n"))
        if line is None or not COMMANDS.fullmatch(line.command):
            continue
        is_ours = True
        try:
            vote = decoder.vote(line)
            post = blank(line) if vote is None else vote.post
            if post is not None:
                posts[post] = vote.id_here if vote and vote.id_here != post.key else ""
        except BadLineError as error:
            bad.append(f"a line of Twitch's chat: {error}")
        news += decoder.news(line)
    if not is_ours:
        return None
    ids = tuple(posts.values())
    return Read(tuple(posts), tuple(bad), ids if any(ids) else (), tuple(news))


def _of_item(item: _Item, decoder: Decoder) -> Read | None:
    """Return the content of a line of chat-downloader, None if it isn't Twitch's."""
    voter = (item.author and item.author.id) or ""
    key, target, banned = item.message_id or "", item.target_message_id, item.target_author_id
    at_ms = int(item.timestamp / 1000) if item.timestamp and 0 < item.timestamp < 1e17 else 0
    if not (item.action_type in ACTIONS or NUMBER.fullmatch(voter)):
        return None
    if item.action_type == "delete_message":
        return Read(news=tuple(decoder.deleted(target or "")))
    if item.action_type == "clear_chat":
        if banned and NUMBER.fullmatch(banned) and at_ms:
            return Read(news=(Presence(NETWORK, banned, at_ms, active=False),))
        return Read()
    if not item.message or item.action_type in ("notice", "host_target"):
        return Read()
    if not (KEY.fullmatch(key) and NUMBER.fullmatch(voter) and at_ms):
        return Read(bad=("a line of chat-downloader: a message without its id, user or time",))
    message = ChatMessage(
        item.message,
        key,
        key,
        voter,
        str(at_ms),
        _places(item.emotes or []),
        _names(item.in_reply_to),
        is_reply=item.in_reply_to is not None or bool(item.in_reply_to_message_id),
    )
    vote = decoder.counted(message)
    return Read((vote.post if vote else Post(NETWORK, key, voter, at_ms, ""),))


def _names(reply: _Reply | None) -> tuple[str, ...]:
    """Return the names of the account that a reply answers."""
    author = reply and reply.author
    return (author.display_name or "", author.name or "") if author else ()


def _places(emotes: list[_Emote]) -> list[tuple[int, int]]:
    found = [
        each.locations if isinstance(each.locations, str) else ",".join(each.locations)
        for each in emotes
    ]
    return [(int(first), int(last)) for each in found for first, last in EMOTE.findall(each)]
