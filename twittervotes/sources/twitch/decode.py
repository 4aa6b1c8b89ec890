"""Decode lines of Twitch's chat: a ballot, a removal, or nothing.

A post's key is the message's ID in the channel where it was written, so that the copies in a Shared
Chat are one post. Its revision is the time it was sent: a ban withdraws what was sent before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
class Decoder:
    """Reads lines by the words of a contest.

    `shared` and `replies` say whether copies from other channels, and replies, may vote.
    """

    words: Words
    shared: bool = False
    replies: bool = True

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
        is_copy = tags.get("source-room-id", "") not in ("", tags.get("room-id"))
        if (is_copy and not self.shared) or (is_reply and not self.replies):
            return None
        parents = (tags.get(name, "").strip() for name in PARENTS) if is_reply else ()
        said = self.words.tags_in(line.text, _ranges(tags.get("emotes", "")), tuple(parents))
        if not said:
            return None
        id_here = tags.get("id", "")
        key, voter = tags.get("source-id") or id_here, tags.get("user-id", "")
        sent = tags.get("tmi-sent-ts") or tags.get("rm-received-ts", "")
        if not (KEY.fullmatch(key) and NUMBER.fullmatch(voter) and TIME.fullmatch(sent)):
            raise BadLineError("a message without its id, its user or its time")
        kind = Kind.REPLY if is_reply else Kind.POST
        at_ms = int(sent)
        return ChatVote(Post(NETWORK, key, voter, at_ms, said, kind.value, at_ms), id_here)

    def news(self, line: IrcMessage) -> Iterator[News]:
        """Yield what a line reports of removed messages, whoever's they are."""
        if line.command == "CLEARMSG":
            target = line.tags().get("target-msg-id", "")
            if KEY.fullmatch(target):
                yield Deleted(NETWORK, target)
                if self.shared:  # the ID of a copy, which isn't its key
                    yield Deleted(NETWORK, target, by_id=True)
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
