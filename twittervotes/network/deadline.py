"""Connections whose whole exchange ends by one deadline, whatever the server sends.

A socket's timeout restarts with every byte. A server that drips its headers, or sends `100
Continue` or trailers without end, outlasts any such timeout. Here each wait, from connecting to the
last trailer, is limited to what remains of the deadline.
"""

from __future__ import annotations

import io
import math
import socket
import time
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3 import connection as pooled
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ends: ContextVar[float] = ContextVar("ends", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit every exchange begun in this context to so many seconds from now."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def left() -> float:
    """Return the seconds left for the exchange; infinite outside of `within`.

    Raises TimeoutError if none are left.
    """
    seconds = _ends.get() - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the exchange took too long")
    return seconds


def is_over() -> bool:
    """Return whether the deadline of the exchange has passed."""
    return _ends.get() <= time.monotonic()


def dial(host: str, port: int, timeout: float) -> socket.socket:
    """Connect to the first address of `host` that answers; `timeout` covers all of them."""
    ends = time.monotonic() + min(left(), timeout)
    trouble: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        wait_s = ends - time.monotonic()
        if wait_s <= 0:
            raise TimeoutError(f"{host} did not take the call in time")
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:  # e.g. an IPv6 address without IPv6
            trouble = error
            continue
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(wait_s)
            sock.connect(address)
            sock.settimeout(min(left(), timeout))  # covers the TLS handshake too
        except OSError as error:
            sock.close()
            trouble = error
        else:
            return sock
    raise trouble


class _Reader(io.RawIOBase):
    """The reading side of a socket; each wait is limited to the time left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._longest = sock.gettimeout() or math.inf

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        if (seconds := left()) < math.inf:  # otherwise it is the stream after the headers
            self._sock.settimeout(min(seconds, self._longest))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class BoundResponse(HTTPResponse):
    """A response read under the deadline: its headers, its body, and any trailers."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp = io.BufferedReader(_Reader(self.fp.detach(), sock))


class BoundConnection(HTTPConnection):
    """A connection of the standard library whose exchange ends by the deadline."""

    response_class = BoundResponse

    def connect(self) -> None:
        """Connect before the deadline."""
        self.sock = dial(self.host, self.port, self.timeout or math.inf)


class BoundTlsConnection(HTTPSConnection, BoundConnection):
    """The same with TLS, which `HTTPSConnection` adds on top of the connection."""


class _Pooled(pooled.HTTPConnection):
    response_class = BoundResponse

    def _new_conn(self) -> socket.socket:
        try:
            return dial(self.host, self.port, self.timeout or math.inf)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error


class _PooledTls(pooled.HTTPSConnection, _Pooled):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Pooled


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _PooledTls


def bind(manager: PoolManager) -> None:
    """Make the requests of `manager` obey the deadline, through a proxy too."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
