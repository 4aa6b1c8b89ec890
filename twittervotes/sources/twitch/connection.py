"""One anonymous WebSocket to Twitch's chat: opened, signed on, read line by line.

A thread of the library reads between pages, and lines wait in a bounded queue. Knows nothing of
votes. https://dev.twitch.tv/docs/chat/irc/
"""

from __future__ import annotations

import contextlib
import random
import time
from typing import TYPE_CHECKING, Final

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import State

from twittervotes.sources.twitch.irc import IrcMessage, Splitter, parse
from twittervotes.sources.twitch.websocket import ChatError, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.sources.twitch.decode import Decoder, Heard

JOIN_S: Final = 10.0  # a channel that doesn't exist never answers
SILENT_S: Final = 30.0  # after so much silence the server is pinged,
PONG_S: Final = 5.0  # and given up without a pong
CAPABILITIES: Final = "twitch.tv/tags twitch.tv/commands"


class ChatConnection:
    """An open connection to a channel's chat."""

    leaves = False  # whether we close it once its successor has joined; the server does

    def __init__(self, url: str, nick: str, channel: str, decoder: Decoder) -> None:
        """Connect and join the channel. Raises ChatError."""
        self.joined = False
        self.reported = False  # whether what was missed before joining was reported
        self.closing = False  # the server has announced that it will close soon
        self._url, self._nick, self._channel = url, nick, channel
        self._decoder = decoder
        self._splitter = Splitter()
        self._heard_at = self._asked_at = self._opened_at = time.monotonic()
        self._stack = contextlib.ExitStack()
        self._socket = opened(url, self._stack)
        self._send(f"CAP REQ :{CAPABILITIES}")
        self._send(f"NICK {nick}{random.randint(10_000, 99_999)}")  # noqa: S311 - no secret
        self._send(f"JOIN #{channel}")

    def successor(self) -> ChatConnection:
        """Return another connection to the same channel. Raises ChatError."""
        return ChatConnection(self._url, self._nick, self._channel, self._decoder)

    def heard(self, within_s: float) -> Iterator[Heard]:
        """Yield what the lines of the next frame say. Raises ChatError like `lines`."""
        for line in self.lines(within_s):
            if self.joined:
                yield self._decoder.heard(line)

    def lines(self, within_s: float) -> Iterator[IrcMessage]:
        """Yield the lines of the next frame, none if no frame arrives in time.

        Raises ChatError if the connection is lost, or the channel can't be joined.
        """
        try:
            frame = self._socket.recv(max(0.0, within_s), decode=False)
        except TimeoutError:
            self._check_alive()
            return
        except ConnectionClosed as error:
            raise ChatError("Twitch closed the connection to its chat.") from error
        self._heard_at = time.monotonic()
        for text in self._splitter.lines(frame):
            line = parse(text)
            if line is not None:
                self._note(line)
                yield line
        self._check_alive()

    def _note(self, line: IrcMessage) -> None:
        """Handle a line of the protocol."""
        if line.command == "PING":
            self._send(f"PONG :{line.params[-1] if line.params else ''}")
        elif line.command == "ROOMSTATE":
            self.joined = True
        elif line.command == "RECONNECT":
            self.closing = True
        elif line.command == "NOTICE":
            kind = line.tags().get("msg-id", "")
            if kind.startswith(("msg_channel_suspended", "msg_room_not_found", "msg_banned")):
                raise ChatError(f"Twitch doesn't let #{self._channel} be read.", is_final=True)
            if line.text.startswith(("Login authentication", "Improperly formatted", "Login un")):
                raise ChatError("Twitch refused the anonymous sign-in to its chat.", is_final=True)

    def _check_alive(self) -> None:
        now = time.monotonic()
        if not self.joined and now - self._opened_at > JOIN_S:
            raise ChatError(
                f"Twitch didn't open the chat of #{self._channel} within {JOIN_S:.0f} s."
                " There may be no such channel."
            )
        if now - self._heard_at <= SILENT_S:
            return
        if self._asked_at <= self._heard_at:
            self.ask()
        elif now - self._asked_at > PONG_S:
            raise ChatError(f"Twitch's chat has been silent for {SILENT_S + PONG_S:.0f} s.")

    def ask(self) -> None:
        """Ping the server; its answer is a line."""
        self._asked_at = time.monotonic()
        self._send("PING :twittervotes")

    @property
    def is_read(self) -> bool:
        """Whether it has joined, and the server hasn't closed it."""
        return self.joined and self._socket.state is State.OPEN

    def _send(self, line: str) -> None:
        with contextlib.suppress(ConnectionClosed):  # reading will report it
            self._socket.send(f"{line}\r\n")

    def close(self) -> None:
        """Close the connection; harmless if called twice."""
        with contextlib.suppress(OSError, WebSocketException):
            self._stack.close()
