"""One WebSocket to a host of Bluesky's Jetstream: open, read frame by frame, abandon.

A thread of the library reads and answers pings between pages; frames wait in a bounded queue. Both
sides of that queue rest for a moment whenever there is nothing to do: waking up for each of 2,000
frames a second costs several times as much as reading them. Knows nothing of the frames' content.
Parameters and limits are described at
https://github.com/bluesky-social/jetstream#consuming-jetstream
"""

from __future__ import annotations

import contextlib
import logging
import re
import select
import ssl
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from twittervotes.network.address import is_loopback
from twittervotes.network.http import AGENT
from twittervotes.sources.bluesky.decode import POSTS

if TYPE_CHECKING:
    from websockets.datastructures import HeadersLike
    from websockets.protocol import Event

OPEN_S: Final = 10.0
PING_S: Final = 30.0
HERE: Final = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?")  # where TLS isn't needed
REST_S: Final = 0.1
MOST_WAITING: Final = 50_000  # frames; with a full queue we stop reading, and the host disconnects
LARGEST_ASKED: Final = 1_000_000  # bytes per frame; no record of the network is larger
LARGEST: Final = 2 * LARGEST_ASKED

for name in ("websockets.client", "websockets.server"):
    logging.getLogger(name).setLevel(logging.WARNING)  # at DEBUG they log every frame


def is_news(record: logging.LogRecord) -> bool:
    """Return whether to log a record of the library.

    If data arrives while its socket is being closed, the library logs a traceback of an EOFError;
    the code that closed the socket reports why, in a sentence.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, EOFError)


logging.getLogger("websockets.client").addFilter(is_news)


class JetstreamError(Exception):
    """The host can't be reached, or isn't what it should be; `str()` of it is a sentence."""


class HandshakeRefusedError(Exception):
    """The host answered the handshake with another status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Calm(ClientConnection):
    """A connection that processes frames in batches, instead of waking up for each.

    It follows no redirect, as the library would by default.
    """

    def handshake(
        self,
        additional_headers: HeadersLike | None = None,
        user_agent_header: str | None = AGENT,
        timeout: float | None = None,
    ) -> None:
        try:
            super().handshake(additional_headers, user_agent_header, timeout)
        except InvalidStatus as error:
            raise HandshakeRefusedError(error.response.status_code) from error

    def process_event(self, event: Event) -> None:
        super().process_event(event)
        with contextlib.suppress(OSError, ValueError):  # the socket has been closed in the meantime
            if not select.select((self.socket,), (), (), 0)[0]:
                time.sleep(REST_S)


class JetstreamConnection:
    """An open connection; `heard_at` is when the last frame was taken, by a steady clock."""

    def __init__(self, host: str, cursor_us: int) -> None:
        """Request all posts from `cursor_us` on from `host`.

        Raises JetstreamError or HandshakeRefusedError.
        """
        self._host = host
        self._stack = contextlib.ExitStack()
        try:
            self._socket = self._opened(cursor_us)
        except ssl.SSLCertVerificationError as error:
            raise JetstreamError(f"The certificate of {host} can't be verified.") from error
        except TimeoutError as error:
            raise JetstreamError(f"{host} did not answer within {OPEN_S:.0f} s.") from error
        except (OSError, EOFError) as error:
            raise JetstreamError(f"Can't connect to {host}.") from error
        except (WebSocketException, ValueError) as error:
            raise JetstreamError(f"{host} doesn't support WebSocket.") from error
        except ImportError as error:
            raise JetstreamError("SOCKS proxies aren't supported.") from error
        self.heard_at = time.monotonic()

    def _opened(self, cursor_us: int) -> ClientConnection:
        here = bool(HERE.fullmatch(self._host))
        asked = {
            "wantedCollections": POSTS,
            "maxMessageSizeBytes": LARGEST_ASKED,
            "cursor": cursor_us,
        }
        opening = connect(
            f"{'ws' if here else 'wss'}://{self._host}/subscribe?{urlencode(asked)}",
            create_connection=_Calm,
            compression=None,  # would cost more than it saves
            user_agent_header=AGENT,
            proxy=None if is_loopback(self._host.partition(":")[0]) else True,
            open_timeout=OPEN_S,
            close_timeout=0.2,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            max_size=LARGEST,
            max_queue=MOST_WAITING,
        )
        return self._stack.enter_context(opening)

    def read(self, within_s: float) -> bytes | None:
        """Return the next frame, None if none arrives in time. Raises JetstreamError."""
        until = time.monotonic() + within_s
        try:
            while (frame := self._waiting()) is None:
                if (left_s := until - time.monotonic()) <= 0:
                    return None
                time.sleep(min(REST_S, left_s))
        except ConnectionClosed as error:
            raise JetstreamError(f"{self._host} closed the connection{_why(error)}.") from error
        self.heard_at = time.monotonic()
        return frame

    def _waiting(self) -> bytes | None:
        try:
            return self._socket.recv(0, decode=False)
        except TimeoutError:
            return None

    def close(self) -> None:
        """Close the connection; harmless if called twice."""
        with contextlib.suppress(OSError, WebSocketException):
            self._stack.close()


def _why(error: ConnectionClosed) -> str:
    if error.sent is not None and error.sent.code == 1009:
        return ": it sent more at once than any post is long"
    return f" (code {error.rcvd.code})" if error.rcvd is not None else ""
