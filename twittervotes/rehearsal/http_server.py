"""The HTTP server of the simulated network: loopback only, one thread per connection.

It sends responses, and simulates the faults on the way: a cut body, a slow response, a broken
connection.
"""

from __future__ import annotations

import logging
import socket
import socketserver
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Protocol

from twittervotes.rehearsal.settings import Fault

if TYPE_CHECKING:
    from twittervotes.rehearsal.answer import HttpAnswer

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
TICK_S = 0.1
LARGEST_BODY = 65_536


class ServedNetwork(Protocol):
    """What a server serves."""

    @property
    def slow_s(self) -> float:
        """The delay of a slow response."""

    def now_s(self) -> float:
        """Return the network's time."""

    def advance(self) -> None:
        """Advance the network's time to now."""

    def answer(
        self, method: str, target: str, host: str, authorization: str, body: bytes
    ) -> HttpAnswer:
        """Answer a request."""


class HttpServer(socketserver.ThreadingTCPServer):
    """Serves one network on 127.0.0.1; raises OSError if the port is taken."""

    allow_reuse_address = sys.platform != "win32"  # on Windows it would share a port in use
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, network: ServedNetwork, port: int = 0, handler: type[Handler] | None = None
    ) -> None:
        self.network = network
        super().__init__((LOOPBACK, port), handler or Handler)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.socket.getsockname()[1])

    def handle_error(self, *_: object) -> None:
        """Log errors, except that a client closed the connection."""
        if isinstance(sys.exception(), OSError):
            log.debug("A client went away in the middle of an answer.")
        else:
            log.exception("The simulated network could not answer a request.")


class RehearsalServer(HttpServer):
    """Serves one network and advances its time."""

    def __init__(self, network: ServedNetwork, port: int = 0) -> None:
        self._closed = threading.Event()
        super().__init__(network, port)
        threading.Thread(target=self._tick, name="audience", daemon=True).start()

    def server_close(self) -> None:
        """Stop listening and end waiting requests."""
        self._closed.set()
        super().server_close()

    def _tick(self) -> None:
        while not self._closed.wait(TICK_S):
            self.network.advance()


class Handler(BaseHTTPRequestHandler):
    """Answers requests with the server's network."""

    protocol_version = "HTTP/1.1"
    server: HttpServer
    # without these two, each keep-alive request takes 40 ms
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY:
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        answer = self.server.network.answer(
            self.command,
            self.path,
            self.headers.get("Host", ""),
            self.headers.get("Authorization", ""),
            body,
        )
        if answer.fault is Fault.RESET:
            self._break_off()
            return
        if answer.fault is Fault.SLOW:
            time.sleep(self.server.network.slow_s)
        self.send(answer)

    def send(self, answer: HttpAnswer) -> None:
        """Send a response, or half of it if it is to be cut."""
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        if answer.fault is Fault.CUT:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(answer.body)

    def _break_off(self) -> None:
        # closed at once and without lingering, the connection is reset rather than ended
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        socket.close(self.connection.detach())
        self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return a time for the Date header, by the network's clock."""
        now = self.server.network.now_s() if timestamp is None else timestamp
        return super().date_time_string(now)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Log a request, at DEBUG only."""
        log.debug(format, *args)
