"""One WebSocket of Twitch's EventSub: welcomed, subscribed, read notification by notification.

Twitch delivers each notification at least once, and repeats none after a lost connection. When a
session moves, its successor has the same subscriptions, and we close the old connection.
https://dev.twitch.tv/docs/eventsub/handling-websocket-events/
"""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import State

from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.twitch import helix
from twittervotes.sources.twitch.decode import Heard
from twittervotes.sources.twitch.eventsub import TYPES, EventDecoder, EventFrame, decode_frame
from twittervotes.sources.twitch.websocket import ChatError, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.sources.twitch.settings import Access

WELCOME_S: Final = 10.0
KEEPALIVE_S: Final = 10  # the shortest that Twitch offers, to notice a dead connection soon
GRACE_S: Final = 5.0  # how late a keepalive may be
OLD_MS: Final = 600_000  # an older notification may be a replay
MOST_SEEN: Final = 100_000  # IDs of notifications


class EventSubConnection:
    """An open connection to the events of a channel's chat."""

    leaves = True  # we close it once its successor has joined

    def __init__(
        self,
        url: str,
        login: str,
        access: Access,
        decoder: EventDecoder,
        before: EventSubConnection | None = None,
    ) -> None:
        """Connect; the subscriptions follow once the server has welcomed us.

        With `before`, continue its session where Twitch has moved it. Raises ChatError.
        """
        self.joined = False
        self.reported = False  # whether what was missed before joining was reported
        self.closing = False  # the server has announced that it will close soon
        self._url, self._login, self._access, self._decoder = url, login, access, decoder
        self._seen: OrderedDict[str, None] = before._seen if before else OrderedDict()
        self._newest_ms = 0  # by Twitch's clock
        self._next_url = ""
        moved_to = before._next_url if before else ""
        self._subscribes = not moved_to
        self._silent_s = WELCOME_S
        self._heard_at = time.monotonic()
        self._stack = contextlib.ExitStack()
        self._socket = opened(
            moved_to or f"{url}?keepalive_timeout_seconds={KEEPALIVE_S}", self._stack
        )

    def successor(self) -> EventSubConnection:
        """Return the connection to which Twitch moves the session. Raises ChatError.

        If that one fails, the next successor is a session of its own.
        """
        try:
            return EventSubConnection(self._url, self._login, self._access, self._decoder, self)
        finally:
            self._next_url = ""

    def heard(self, within_s: float) -> Iterator[Heard]:
        """Yield what the next frame says, nothing if none comes in time.

        Raises ChatError if the connection is lost, or the chat can't be subscribed to.
        """
        try:
            data = self._socket.recv(max(0.0, within_s), decode=False)
        except TimeoutError:
            if time.monotonic() - self._heard_at > self._silent_s:
                words = f"Twitch's chat has been silent for {self._silent_s:.0f} s."
                raise ChatError(words) from None
            return
        except ConnectionClosed as error:
            code = f" ({error.rcvd.code})" if error.rcvd else ""
            raise ChatError(f"Twitch closed the connection to its chat{code}.") from error
        self._heard_at = time.monotonic()
        try:
            frame = decode_frame(data)
        except UNREADABLE:
            yield Heard(bad="a notification of Twitch that can't be read")
            return
        yield self._said(frame)

    def _said(self, frame: EventFrame) -> Heard:
        self._newest_ms = max(self._newest_ms, frame.at_ms)
        match frame.metadata.message_type:
            case "session_welcome":
                self._welcomed(frame)
            case "session_reconnect":
                session = frame.payload.session
                self._next_url = self._allowed(session.reconnect_url if session else None)
                self.closing = True
            case "revocation":
                words = "Twitch has ended the subscription to the chat."
                raise ChatError(words, helix.NEW_TOKEN, is_final=True)
            case "notification":
                return self._notified(frame)
        return Heard()

    def _welcomed(self, frame: EventFrame) -> None:
        session = frame.payload.session
        if session is None:
            raise ChatError("Twitch's answer can't be read.")
        if self._subscribes:
            reader = helix.signed_in(self._access, self._login)
            for kind in TYPES:
                reader.subscribe(kind, session.id)
        self._silent_s = (session.keepalive_timeout_seconds or KEEPALIVE_S) + GRACE_S
        self._heard_at = time.monotonic()
        self.joined = True

    def _notified(self, frame: EventFrame) -> Heard:
        number = frame.metadata.message_id
        if number in self._seen:
            return Heard()
        self._seen[number] = None
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)
        if 0 < frame.at_ms < self._newest_ms - OLD_MS:
            return Heard(bad="a notification of Twitch that was more than ten minutes old")
        return self._decoder.heard(frame)

    def _allowed(self, url: str | None) -> str:
        """Return the address to which a session moves, "" unless it is Twitch's."""
        here, there = urlsplit(self._url), urlsplit(url or "")
        is_ours = f".{there.hostname}".endswith(f".{here.hostname}")
        return url if url and there.scheme == here.scheme and is_ours else ""

    def ask(self) -> None:
        """Do nothing: Twitch takes no message from us, and sends a keepalive itself."""

    @property
    def is_read(self) -> bool:
        """Whether it has joined, and the server hasn't closed it."""
        return self.joined and self._socket.state is State.OPEN

    def close(self) -> None:
        """Close the connection; harmless if called twice."""
        with contextlib.suppress(OSError, WebSocketException):
            self._stack.close()
