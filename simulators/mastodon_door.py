"""The HTTP doors of the rehearsed fediverse: loopback only, one for each instance.

They carry answers, the faults that happen on the way, and streams of events.
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
from queue import Empty

from simulators.mastodon import STREAM, Fediverse
from simulators.mastodon_timeline import INSTANCES
from twittervotes.rehearsal.answer import Answer
from twittervotes.rehearsal.settings import Fault

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
TICK_S = 0.05
LARGEST_BODY = 65_536


class Doors:
    """Serves a fediverse until `stop`; it listens as soon as it is made."""

    def __init__(self, fediverse: Fediverse) -> None:
        self._fediverse = fediverse
        self._stopped = threading.Event()
        self._doors = [_Door(fediverse, number, self._stopped) for number in range(INSTANCES)]

    @property
    def urls(self) -> tuple[str, ...]:
        """The address of each instance."""
        return tuple(f"http://{LOOPBACK}:{each.server_address[1]}" for each in self._doors)

    def start(self) -> None:
        """Serve from now on, in threads."""
        jobs = [self._tick, *(each.serve_forever for each in self._doors)]
        for job in jobs:
            threading.Thread(target=job, name="fediverse", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        for door in self._doors:
            door.shutdown()
            door.server_close()

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_S):
            self._fediverse.advance()


class _Door(socketserver.ThreadingTCPServer):
    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, fediverse: Fediverse, instance: int, stopped: threading.Event) -> None:
        self.fediverse, self.instance, self.stopped = fediverse, instance, stopped
        super().__init__((LOOPBACK, 0), _Handler)

    def handle_error(self, *_: object) -> None:
        if isinstance(sys.exception(), OSError):
            log.debug("A client went away in the middle of an answer.")
        else:
            log.exception("The rehearsed fediverse could not answer a request.")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Door
    # without these two each keep-alive request costs 40 ms
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path != STREAM:
            self._answer()
            return
        authorization = self.headers.get("Authorization", "")
        tag = self.server.fediverse.streamed(self.server.instance, query, authorization)
        if isinstance(tag, Answer):
            self._send(tag)
        else:
            self._stream(tag)

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY:
            self.send_error(413)
            return
        self.rfile.read(int(length))
        answer = self.server.fediverse.answer(
            self.server.instance,
            self.command,
            self.path,
            self.headers.get("Host", ""),
            self.headers.get("Authorization", ""),
        )
        if answer.fault is Fault.RESET:
            self._break_off()
            return
        if answer.fault is Fault.SLOW:
            time.sleep(self.server.fediverse.slow_s)
        self._send(answer)

    def _send(self, answer: Answer) -> None:
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

    def _stream(self, tag: str) -> None:
        fediverse = self.server.fediverse
        play, timelines = fediverse.play, fediverse.timelines
        queue = timelines.listen(self.server.instance, tag)
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._chunk(":)\n")
            ends_at = time.monotonic() + play.stream_lasts_s
            thumps_at = time.monotonic() + play.thump_s
            while time.monotonic() < ends_at and not self.server.stopped.is_set():
                try:
                    name, data = queue.get(timeout=TICK_S)
                    self._chunk(f"event: {name}\ndata: {data}\n\n")
                except Empty:
                    if time.monotonic() >= thumps_at:
                        thumps_at += play.thump_s
                        self._chunk(":thump\n")
        finally:
            timelines.leave(queue)
            self.close_connection = True

    def _chunk(self, text: str) -> None:
        data = text.encode()
        half = len(data) // 2  # an event may come in pieces
        for part in (data[:half], data[half:]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()

    def _break_off(self) -> None:
        # closed at once and without lingering, a connection is reset, not ended
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        socket.close(self.connection.detach())
        self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        now = self.server.fediverse.now_s() if timestamp is None else timestamp
        return super().date_time_string(now)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        log.debug(format, *args)
