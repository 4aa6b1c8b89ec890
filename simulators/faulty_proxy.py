"""A TCP proxy in front of a simulated network, which can refuse connections and send bad responses.

Clients connect to the proxy's own address on loopback, and it forwards bytes without reading them.
While it is unplugged, open connections break and new ones are refused. A fault replaces the
network's response: by bytes that aren't HTTP, or by a response that never ends.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

LOOPBACK = "127.0.0.1"
CHUNK = 65_536
DRIP_S = 0.5
ENDLESS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n["
)
GARBAGE = bytes(range(255, 127, -1)) * 40 + b"\r\n\r\n"


class ProxyFault(StrEnum):
    """What the proxy sends instead of a response."""

    GARBAGE = "garbage"  # random bytes
    FLOOD = "flood"  # an endless response, as fast as it can be read
    DRIP = "drip"  # an endless response, a byte now and then
    MUTE = "mute"  # nothing at all


class FaultyProxy:
    """Forwards connections to `address` to the port `to`; thread-safe."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._port = 0
        self._bad: deque[ProxyFault] = deque()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listening: socket.socket | None = None
        self.plug()

    @property
    def address(self) -> str:
        """The address for clients; it never changes."""
        return f"{LOOPBACK}:{self._port}"

    def plug(self) -> None:
        """Accept connections; does nothing if it already does."""
        with self._lock:
            if self._listening is None:
                self._listening = socket.create_server((LOOPBACK, self._port), backlog=128)
                self._port = self._listening.getsockname()[1]
                self._start(self._accept, self._listening)

    def pull(self) -> None:
        """Break all connections and refuse new ones; does nothing if it already does."""
        with self._lock:
            listening, self._listening = self._listening, None
        if listening is not None:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
            listening.close()
        self._break()

    def spoil(self, bad: ProxyFault, times: int = 1) -> None:
        """Break all connections, and make the next ones misbehave."""
        with self._lock:
            self._bad.extend([bad] * times)
        self._break()

    def _break(self) -> None:
        with self._lock:
            broken = list(self._open)
        for each in broken:
            _hang_up(each)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with self._lock:
                bad = self._bad.popleft() if self._bad else None
                self._open.add(client)
            self._start(self._carry if bad is None else _ANSWERS[bad], client)

    def _start(self, job: Callable[[socket.socket], None], sock: socket.socket) -> None:
        def run() -> None:
            with suppress(OSError):
                job(sock)
            if sock is not self._listening:
                _hang_up(sock)
                sock.close()
                with self._lock:
                    self._open.discard(sock)

        threading.Thread(target=run, name="proxy", daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with socket.create_connection((LOOPBACK, self._to)) as server:
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            _pump(client, server)


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copy bytes one way until either end closes, then close the other direction too."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    _hang_up(source)
    _hang_up(target)


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _garbage(client: socket.socket) -> None:
    client.recv(CHUNK)
    client.sendall(GARBAGE)


def _flood(client: socket.socket) -> None:
    client.recv(CHUNK)
    client.sendall(ENDLESS)
    while True:
        client.sendall(b" " * CHUNK)


def _drip(client: socket.socket) -> None:
    client.recv(CHUNK)
    client.sendall(ENDLESS)
    while True:
        client.sendall(b" ")
        time.sleep(DRIP_S)


def _mute(client: socket.socket) -> None:
    while client.recv(CHUNK):
        pass


_ANSWERS: dict[ProxyFault, Callable[[socket.socket], None]] = {
    ProxyFault.GARBAGE: _garbage,
    ProxyFault.FLOOD: _flood,
    ProxyFault.DRIP: _drip,
    ProxyFault.MUTE: _mute,
}
