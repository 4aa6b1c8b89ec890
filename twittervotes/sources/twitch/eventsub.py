"""Decode the frames of Twitch's EventSub: what a notification says, and the session's own frames.

A message has the ID that it has in IRC, so the two count it once. An event has no time of its own:
a message's time is that of its notification.
https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest.posts import News, Presence
from twittervotes.sources._common import time_ms
from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.twitch.decode import (
    NETWORK,
    NUMBER,
    BadLineError,
    ChatMessage,
    Decoder,
    Heard,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGE: Final = "channel.chat.message"
NOTICE: Final = "channel.chat.notification"  # such as a resubscription, which may have a text
DELETED: Final = "channel.chat.message_delete"
CLEARED: Final = "channel.chat.clear_user_messages"
# Messages last: once they come, so do removals. A cleared screen removes no message.
TYPES: Final = (CLEARED, DELETED, NOTICE, MESSAGE)


class _Metadata(msgspec.Struct):
    message_type: str
    message_id: str = ""
    message_timestamp: str | None = None
    subscription_type: str = ""


class EventSession(msgspec.Struct):
    """The session, as Twitch describes it when it begins and when it moves."""

    id: str
    keepalive_timeout_seconds: float | None = None
    reconnect_url: str | None = None


class _Payload(msgspec.Struct):
    session: EventSession | None = None
    event: msgspec.Raw = msgspec.Raw(b"{}")


class EventFrame(msgspec.Struct):
    """One frame of the socket."""

    metadata: _Metadata
    payload: _Payload

    @property
    def at_ms(self) -> int:
        """When Twitch sent it; 0 if that can't be read."""
        return time_ms(self.metadata.message_timestamp)


class _Fragment(msgspec.Struct):
    type: str = ""
    text: str = ""


class _Said(msgspec.Struct):
    text: str = ""
    fragments: list[_Fragment] = []


class _Answered(msgspec.Struct):
    parent_user_name: str | None = None
    parent_user_login: str | None = None


class _Event(msgspec.Struct):
    broadcaster_user_id: str | None = None
    chatter_user_id: str | None = None
    message_id: str | None = None
    message: _Said | None = None
    reply: _Answered | None = None
    source_broadcaster_user_id: str | None = None
    source_message_id: str | None = None
    target_user_id: str | None = None


decode_frame = msgspec.json.Decoder(EventFrame).decode
_decode_event = msgspec.json.Decoder(_Event).decode


@dataclass(frozen=True, slots=True)
class EventDecoder:
    """Reads notifications as `decoder` reads lines."""

    decoder: Decoder

    def heard(self, frame: EventFrame) -> Heard:
        """Return what a notification says."""
        kind = frame.metadata.subscription_type
        if kind not in TYPES:
            return Heard()
        try:
            event = _decode_event(frame.payload.event)
            if kind in (MESSAGE, NOTICE):
                message = _message(event, frame.at_ms)
                is_vote = self.decoder.words.may_vote(message.text)
                return Heard(self.decoder.counted(message) if is_vote else None)
        except BadLineError as error:
            return Heard(bad=str(error))
        except UNREADABLE as error:
            return Heard(bad=f"a notification of Twitch: {error}"[:200])
        return Heard(news=tuple(self._news(kind, event, frame.at_ms)))

    def _news(self, kind: str, event: _Event, at_ms: int) -> Iterator[News]:
        user = event.target_user_id or ""
        if kind == DELETED:
            yield from self.decoder.deleted(event.message_id or "")
        elif NUMBER.fullmatch(user) and at_ms:
            yield Presence(NETWORK, user, at_ms, active=False)


def _message(event: _Event, at_ms: int) -> ChatMessage:
    said, reply, here = event.message or _Said(), event.reply, event.message_id or ""
    parents = (reply.parent_user_name, reply.parent_user_login) if reply else ()
    return ChatMessage(
        said.text,
        event.source_message_id or here,
        here,
        event.chatter_user_id or "",
        str(at_ms or ""),
        _emotes(said),
        tuple((name or "").strip() for name in parents),
        is_reply=reply is not None,
        is_copy=event.source_broadcaster_user_id not in (None, "", event.broadcaster_user_id),
    )


def _emotes(said: _Said) -> list[tuple[int, int]]:
    """Return the positions of emotes: first and last character of each."""
    found, at = [], 0
    for fragment in said.fragments:
        end = at + len(fragment.text)
        if fragment.type == "emote":
            found.append((at, end - 1))
        at = end
    return found
