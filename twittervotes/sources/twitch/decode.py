"""Decode what Twitch's chat says: a ballot, a removal, or nothing; and the lines of its IRC.

A post's key is the message's ID in the channel where it was written, so that the copies in a Shared
Chat are one post. Its revision is the time it was sent: a ban withdraws what was sent before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from twittervotes.core.contest.posts import Deleted, Kind, News, Post, Presence
from twittervotes.core.contest.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.sources.twitch.irc import IrcMessage

NETWORK: Final = "twitch"
NUMBER: Final = re.compile("[0-9]{1,30}")
TIME: Final = re.compile("[0-9]{1,15}")
KEY: Final = re.compile("[!-~]{1,200}")
EMOTE: Final = re.compile("([0-9]{1,5})-([0-9]{1,5})")


class BadLineError(ValueError):
    """A message that votes can't be used; `str()` of it says why, without its text."""


@dataclass(frozen=True, slots=True)
class ChatVote:
    """A message that votes, and its ID in the channel where it was read."""

    post: Post
    id_here: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What one line or notification says: a vote, removals, or what can't be used."""

    vote: ChatVote | None = None
    news: tuple[News, ...] = ()
    bad: str = ""


class ChatMessage(NamedTuple):
    """A message, however it was read; `sent_ms` has digits.

    `emotes` are the positions of pictures in `text`; `parents` are names of the account that a
    reply answers. A copy was written in another channel of a Shared Chat.
    """

    text: str
    key: str
    id_here: str
    voter: str
    sent_ms: str
    emotes: Sequence[tuple[int, int]] = ()
    parents: tuple[str, ...] = ()
    is_reply: bool = False
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Decoder:
    """Reads messages by the words of a contest.

    `shared` and `replies` say whether copies from other channels, and replies, may vote.
    """

    words: Words
    shared: bool = False
    replies: bool = True

    def counted(self, message: ChatMessage) -> ChatVote | None:
        """Return the vote in a message, None if it isn't one. Raises BadLineError."""
        if (message.is_copy and not self.shared) or (message.is_reply and not self.replies):
            return None
        said = self.words.tags_in(message.text, message.emotes, message.parents)
        if not said:
            return None
        key, voter, sent = message.key, message.voter, message.sent_ms
        if not (KEY.fullmatch(key) and NUMBER.fullmatch(voter) and TIME.fullmatch(sent)):
            raise BadLineError("a message without its id, its user or its time")
        kind = Kind.REPLY if message.is_reply else Kind.POST
        at_ms = int(sent)
        return ChatVote(Post(NETWORK, key, voter, at_ms, said, kind.value, at_ms), message.id_here)

    def deleted(self, target: str) -> Iterator[News]:
        """Yield the deletion of a message by its ID in this channel."""
        if KEY.fullmatch(target):
            yield Deleted(NETWORK, target)
            if self.shared:  # the ID of a copy, which isn't its key
                yield Deleted(NETWORK, target, by_id=True)

    def heard(self, line: IrcMessage) -> Heard:
        """Return what a line says."""
        vote, bad = None, ""
        try:
            vote = self.vote(line)
        except BadLineError as error:
            bad = str(error)
        return Heard(vote, tuple(self.news(line)), bad)

    def vote(self, line: IrcMessage) -> ChatVote | None:
        """Return the vote in a PRIVMSG or USERNOTICE, None if it isn't one.

        Raises BadLineError.
        """
        if line.command not in ("PRIVMSG", "USERNOTICE") or not line.text:
            return None
        if not self.words.may_vote(line.text):
            return None
        tags = line.tags()
        is_reply = bool(tags.get("reply-parent-msg-id"))
        id_here = tags.get("id", "")
        message = ChatMessage(
            line.text,
            tags.get("source-id") or id_here,
            id_here,
            tags.get("user-id", ""),
            tags.get("tmi-sent-ts") or tags.get("rm-received-ts", ""),
            _ranges(tags.get("emotes", "")),
            tuple(tags.get(name, "").strip() for name in PARENTS) if is_reply else (),
            is_reply,
            tags.get("source-room-id", "") not in ("", tags.get("room-id")),
        )
        return self.counted(message)

    def news(self, line: IrcMessage) -> Iterator[News]:
        """Yield what a line reports of removed messages, whoever's they are."""
        if line.command == "CLEARMSG":
            yield from self.deleted(line.tags().get("target-msg-id", ""))
        elif line.command == "CLEARCHAT":
            tags = line.tags()
            user, at = tags.get("target-user-id", ""), tags.get("tmi-sent-ts", "")
            if NUMBER.fullmatch(user) and TIME.fullmatch(at):
                yield Presence(NETWORK, user, int(at), active=False)
        elif "rm-deleted=1" in line.raw_tags and line.tags().get("rm-deleted") == "1":
            tags = line.tags()
            key = tags.get("source-id") or tags.get("id", "")
            if KEY.fullmatch(key):
                yield Deleted(NETWORK, key)


def blank(line: IrcMessage) -> Post | None:
    """Return the post of any message: without tags, it votes for nothing."""
    if line.command not in ("PRIVMSG", "USERNOTICE") or not line.text:
        return None
    tags = line.tags()
    key, voter = tags.get("source-id") or tags.get("id", ""), tags.get("user-id", "")
    sent = tags.get("tmi-sent-ts") or tags.get("rm-received-ts", "")
    if not (KEY.fullmatch(key) and NUMBER.fullmatch(voter) and TIME.fullmatch(sent)):
        return None
    return Post(NETWORK, key, voter, int(sent), "")


PARENTS: Final = ("reply-parent-display-name", "reply-parent-user-login")


def _ranges(emotes: str) -> list[tuple[int, int]]:
    """Return the positions of emotes: first and last character of each."""
    return [(int(first), int(last)) for first, last in EMOTE.findall(emotes)] if emotes else []
