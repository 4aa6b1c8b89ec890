"""One anonymous WebSocket to Twitch's chat: opened, signed on, read line by line.

A thread of the library reads between pages, and lines wait in a bounded queue. Knows nothing of
votes. https://dev.twitch.tv/docs/chat/irc/
"""

from __future__ import annotations

import contextlib
import logging
import random
import ssl
import time
from typing import TYPE_CHECKING, Final

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect

from twittervotes.network.address import is_loopback
from twittervotes.network.http import AGENT
from twittervotes.sources.twitch.irc import IrcMessage, Splitter, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN_S: Final = 10.0
JOIN_S: Final = 10.0  # a channel that doesn't exist never answers
SILENT_S: Final = 30.0  # after so much silence the server is pinged,
PONG_S: Final = 5.0  # and given up without a pong
MOST_WAITING: Final = 50_000  # frames; with a full queue we stop reading
LARGEST: Final = 1 << 20  # bytes of a frame
CAPABILITIES: Final = "twitch.tv/tags twitch.tv/commands"

for _name in ("websockets.client", "websockets.server"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # at DEBUG they log every frame


class ChatError(Exception):
    """The chat can't be read; `str()` of it is a sentence. `is_final`: trying again won't help."""

    def __init__(self, sentence: str, *, is_final: bool = False) -> None:
        super().__init__(sentence)
        self.is_final = is_final


class ChatConnection:
    """An open connection to a channel's chat."""

    def __init__(self, url: str, nick: str, channel: str) -> None:
        """Connect and join the channel. Raises ChatError."""
        self.channel = channel
        self.joined = False
        self.reported = False  # whether what was missed before joining was reported
        self.closing = False  # the server has announced that it will close soon
        self._splitter = Splitter()
        self._heard_at = self._asked_at = self._opened_at = time.monotonic()
        self._stack = contextlib.ExitStack()
        host = url.partition("://")[2].strip("/")
        try:
            self._socket = self._opened(url, host.partition(":")[0])
            self._send(f"CAP REQ :{CAPABILITIES}")
            self._send(f"NICK {nick}{random.randint(10_000, 99_999)}")  # noqa: S311 - no secret
            self._send(f"JOIN #{channel}")
        except ssl.SSLCertVerificationError as error:
            raise ChatError("The certificate of Twitch's chat could not be verified.") from error
        except TimeoutError as error:
            raise ChatError(f"Twitch's chat didn't answer within {OPEN_S:.0f} s.") from error
        except InvalidStatus as error:
            status = error.response.status_code
            raise ChatError(f"Twitch's chat answered {status}.") from error
        except (OSError, EOFError) as error:
            raise ChatError(f"Can't connect to {host}.") from error
        except (WebSocketException, ValueError) as error:
            raise ChatError("What answers as Twitch's chat isn't a WebSocket.") from error

    def _opened(self, url: str, host: str) -> ClientConnection:
        opening = connect(
            url,
            compression=None,
            user_agent_header=AGENT,
            proxy=None if is_loopback(host) else True,
            open_timeout=OPEN_S,
            close_timeout=0.2,
            ping_interval=None,  # IRC has its own pings
            max_size=LARGEST,
            max_queue=MOST_WAITING,
        )
        return self._stack.enter_context(opening)

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
                raise ChatError(f"Twitch doesn't let #{self.channel} be read.", is_final=True)
            if line.text.startswith(("Login authentication", "Improperly formatted", "Login un")):
                raise ChatError("Twitch refused the anonymous sign-in to its chat.", is_final=True)

    def _check_alive(self) -> None:
        now = time.monotonic()
        if not self.joined and now - self._opened_at > JOIN_S:
            raise ChatError(
                f"Twitch didn't open the chat of #{self.channel} within {JOIN_S:.0f} s."
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
