"""A stream of server-sent events from an instance, read without blocking.

Only workers import it. No read waits longer than allowed, because the socket is polled first. The
format of the events is described at https://html.spec.whatwg.org/#server-sent-events
"""

from __future__ import annotations

import select
import ssl
import time
from contextlib import ExitStack
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from twittervotes.network import deadline
from twittervotes.network.address import is_safe
from twittervotes.network.deadline import (
    BoundConnection,
    BoundTlsConnection,
)
from twittervotes.network.http import AGENT, CHUNK, CONNECT_S, NetworkError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from twittervotes.sources.mastodon.errors import Instance

PATH = "/api/v1/streaming/hashtag?tag="
OPEN_S = 15.0  # from connecting to the end of the response headers
SILENT_S = 45.0  # a live stream sends a heartbeat every 15 seconds
LONGEST_EVENT = 4 * 1024 * 1024
LONGEST_SIZE = 256  # of the line with a chunk's length


class Event(NamedTuple):
    """One event of the stream."""

    name: str
    data: bytes


class Refused(Exception):  # noqa: N818 - it is what happened, as in the rest of this network
    """The stream was refused with an HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ElsewhereError(Exception):
    """The instance's stream is on another host."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


class Chunks:
    """Decodes chunked HTTP from pieces of any length."""

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0  # of the chunk, including the line end after it

    def take(self, part: bytes) -> bytes:
        """Return the data in `part`; raise ValueError at the last chunk or an invalid one."""
        data, self._rest = self._rest + part, b""
        found = []
        while data:
            if self._left > 2:
                found.append(data[: self._left - 2])
                data, self._left = data[len(found[-1]) :], self._left - len(found[-1])
            elif self._left:
                self._left, data = max(0, self._left - len(data)), data[self._left :]
            else:
                line, end, rest = data.partition(b"\r\n")
                if not end and len(data) <= LONGEST_SIZE:
                    self._rest = data
                    break
                self._left, data = _size(line) + 2, rest
        return b"".join(found)


def _size(line: bytes) -> int:
    told = line.partition(b";")[0].strip()
    size = int(told, 16) if len(told) <= 8 and told.isalnum() else 0
    if size <= 0:
        raise ValueError("no chunk")
    return size


class StreamConnection:
    """One open stream."""

    def __init__(self, host: str, sock: socket.socket, response: HTTPResponse) -> None:
        self.socket = sock
        sock.settimeout(0)
        self._host = host
        self._response = response
        self._reader: BufferedReader = response.fp
        self._chunks = Chunks() if response.chunked else None
        self._heard_at = time.monotonic()
        self._rest = b""
        self._name = "message"
        self._data: list[bytes] = []
        self._size = 0

    def close(self) -> None:
        """Close the stream."""
        self._response.close()
        self.socket.close()

    def is_ready(self) -> bool:
        """Return whether `events` has something to yield or to raise."""
        try:
            return self._holds_something() or self._is_silent()
        except NetworkError:
            return True

    def events(self) -> Iterator[Event]:
        """Yield what has arrived, without waiting; raise NetworkError when the stream is over."""
        is_readable = bool(_readable([self.socket], 0))
        if self._holds_something():
            self._heard_at = time.monotonic()
            yield from self._parsed(self._read())
        elif is_readable and not isinstance(self.socket, ssl.SSLSocket):
            raise self._cut()
        elif self._is_silent():
            raise NetworkError(f"The stream of {self._host} stopped sending data.")

    def _holds_something(self) -> bool:
        """Return whether there is something to read now, including in buffers above the socket."""
        try:
            there = bool(self._reader.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except (OSError, ValueError) as error:
            raise self._cut() from error
        if not there and isinstance(self.socket, ssl.SSLSocket):  # it raises if it must wait
            raise self._cut()
        return there

    def _is_silent(self) -> bool:
        return time.monotonic() - self._heard_at > SILENT_S

    def _read(self) -> bytes:
        """Return the content of the buffer; `http.client` itself would wait for the next chunk."""
        try:
            part = self._reader.read1(CHUNK)
            return self._chunks.take(part) if self._chunks else part
        except (OSError, ValueError) as error:
            raise self._cut() from error

    def _parsed(self, part: bytes) -> Iterator[Event]:
        *lines, self._rest = (self._rest + part).split(b"\n")
        if len(self._rest) + self._size > LONGEST_EVENT:
            raise NetworkError(f"The stream of {self._host} sent an endless event.")
        for line in lines:
            if event := self._line(line.removesuffix(b"\r")):
                yield event

    def _line(self, line: bytes) -> Event | None:
        """Take a line; return the event that an empty line ends."""
        if not line:
            event = Event(self._name, b"\n".join(self._data)) if self._data else None
            self._name, self._data, self._size = "message", [], 0
            return event
        name, _, value = line.partition(b":")  # a comment, such as ":thump", has no name
        value = value.removeprefix(b" ")
        if name == b"event":
            self._name = value.decode("utf-8", "replace")
        elif name == b"data":
            self._data.append(value)
            self._size += len(line)  # of the whole line: lines without a value would be unbounded
        return None

    def _cut(self) -> NetworkError:
        return NetworkError(f"The stream of {self._host} was interrupted.")


def connect(base: str, tag: str, token: str) -> StreamConnection:
    """Open the stream of a tag. Raises NetworkError, or Refused with the status."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "text/event-stream",
        "User-Agent": AGENT,
    }
    call = _call(parts.scheme, host, parts.port)
    with ExitStack() as trouble:
        trouble.callback(call.close)
        try:
            with deadline.within(OPEN_S):
                call.connect()
                sock: socket.socket = call.sock
                sock.settimeout(OPEN_S)
                call.request("GET", PATH + quote(tag, safe=""), headers=headers)
                response = call.getresponse()
        except ssl.SSLError as error:
            raise NetworkError(f"The certificate of {host} can't be verified.") from error
        except (OSError, HTTPException, ValueError) as error:
            raise NetworkError(f"Can't connect to the stream of {host}.") from error
        trouble.pop_all()
    if response.status != 200:
        response.close()
        call.close()
        raise Refused(response.status)
    return StreamConnection(host, sock, response)


def ready(
    connections: Mapping[str, StreamConnection], wait_s: float
) -> list[tuple[str, StreamConnection]]:
    """Wait up to `wait_s` for data; return the connections that can be read."""
    there = [(tag, each) for tag, each in connections.items() if each.is_ready()]
    if there:
        return there
    readable = _readable([each.socket for each in connections.values()], wait_s)
    return [(tag, each) for tag, each in connections.items() if each.socket in readable]


def host(base: str, instance: Instance | None) -> str:
    """Return the host of an instance's stream: its own unless it names another.

    Raises ElsewhereError if it names another, which must not get the token without permission.
    """
    told = instance.streaming if instance else ""
    try:
        parts = urlsplit(told.replace("ws", "http", 1) if told.startswith("ws") else told)
        port = parts.port  # an invalid port raises only here
    except ValueError:
        return base
    ours = urlsplit(base)
    if not is_safe(parts) or (parts.scheme, ours.scheme) == ("http", "https"):
        return base
    if parts.hostname != ours.hostname:
        raise ElsewhereError(parts.hostname or "")
    there = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{there}" if port != ours.port else base


def _call(scheme: str, host: str, port: int | None) -> BoundConnection:
    if scheme == "http":
        return BoundConnection(host, port, timeout=CONNECT_S)
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    return BoundTlsConnection(host, port, timeout=CONNECT_S, context=context)


def _readable(sockets: list[socket.socket], wait_s: float) -> list[socket.socket]:
    if not sockets:
        time.sleep(wait_s)
        return []
    try:
        return select.select(sockets, [], [], wait_s)[0]
    except (OSError, ValueError):
        return sockets
