"""One WebSocket to a host of Bluesky's Jetstream: opened, read frame by frame, given up.

A thread of the library reads on and answers pings while nobody asks; what comes meanwhile waits
in a bounded queue. Both sides of that queue rest for a moment whenever there is nothing for them:
to be woken for each of 2,000 frames a second costs several times what it costs to read them.
Knows nothing of what the frames say. Parameters and limits are those of
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
HERE: Final = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?")  # where no TLS is needed
REST_S: Final = 0.1
MOST_WAITING: Final = 50_000  # frames; with a full queue the host is left waiting, and hangs up
LARGEST_ASKED: Final = 1_000_000  # bytes a frame; no record of the network is larger
LARGEST: Final = 2 * LARGEST_ASKED

for name in ("websockets.client", "websockets.server"):
    logging.getLogger(name).setLevel(logging.WARNING)  # at DEBUG they write every frame


def is_news(record: logging.LogRecord) -> bool:
    """Tell whether a record of the library is to be logged.

    Where data comes while its socket is closed, the library writes a traceback of an EOFError; the
    one that closed it tells why, in a sentence.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, EOFError)


logging.getLogger("websockets.client").addFilter(is_news)


class JetstreamError(Exception):
    """The host is not there, or not what it should be; `str()` of it is a sentence."""


class HandshakeRefusedError(Exception):
    """The host answered with another status than it should, before any frame."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Calm(ClientConnection):
    """A connection that takes in at once what came in a while, instead of waking for each frame.

    It follows no redirect, as the library would by itself.
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
        with contextlib.suppress(OSError, ValueError):  # the socket is closed meanwhile
            if not select.select((self.socket,), (), (), 0)[0]:
                time.sleep(REST_S)


class JetstreamConnection:
    """An open connection; `heard_at` is when the last frame was taken, by a steady clock."""

    def __init__(self, host: str, cursor_us: int) -> None:
        """Ask `host` for all posts from `cursor_us` on.

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
            compression=None,  # it would cost more than it saves
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
        """Return the next frame, None if none comes in time. Raises JetstreamError."""
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
        """Hang up; harmless if done twice."""
        with contextlib.suppress(OSError, WebSocketException):
            self._stack.close()


def _why(error: ConnectionClosed) -> str:
    if error.sent is not None and error.sent.code == 1009:
        return ": it sent more at once than any post is long"
    return f" (code {error.rcvd.code})" if error.rcvd is not None else ""
