"""The HTTP servers of the simulated fediverse: loopback only, one per instance.

They send responses, simulate the faults on the way, and serve streams of events.
"""

from __future__ import annotations

import threading
import time
from queue import Empty

from simulators.mastodon import STREAM, Fediverse
from simulators.mastodon_timeline import INSTANCES
from twittervotes.rehearsal.answer import HttpAnswer
from twittervotes.rehearsal.http_server import LOOPBACK, Handler, HttpServer

TICK_S = 0.05


class InstanceServers:
    """Serves a fediverse until `stop`; listens from construction."""

    def __init__(self, fediverse: Fediverse) -> None:
        self._fediverse = fediverse
        self._stopped = threading.Event()
        self._doors = [
            _Door(_Instance(fediverse, number, self._stopped)) for number in range(INSTANCES)
        ]

    @property
    def urls(self) -> tuple[str, ...]:
        """The address of each instance."""
        return tuple(f"http://{LOOPBACK}:{each.port}" for each in self._doors)

    def start(self) -> None:
        """Start serving, in threads."""
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


class _Instance:
    """One instance as a network of its own; the fediverse advances as a whole."""

    def __init__(self, fediverse: Fediverse, number: int, stopped: threading.Event) -> None:
        self.fediverse, self.number, self.stopped = fediverse, number, stopped

    @property
    def slow_s(self) -> float:
        return self.fediverse.slow_s

    def now_s(self) -> float:
        return self.fediverse.now_s()

    def advance(self) -> None:
        self.fediverse.advance()

    def answer(
        self, method: str, target: str, host: str, authorization: str, _: bytes
    ) -> HttpAnswer:
        return self.fediverse.answer(self.number, method, target, host, authorization)


class _Door(HttpServer):
    def __init__(self, instance: _Instance) -> None:
        super().__init__(instance, handler=_Handler)
        self.instance = instance


class _Handler(Handler):
    server: _Door

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        path, _, query = self.path.partition("?")
        if path != STREAM:
            super().do_GET()
            return
        instance = self.server.instance
        authorization = self.headers.get("Authorization", "")
        tag = instance.fediverse.streamed(instance.number, query, authorization)
        if isinstance(tag, HttpAnswer):
            self.send(tag)
        else:
            self._stream(tag)

    def _stream(self, tag: str) -> None:
        instance = self.server.instance
        play, timelines = instance.fediverse.play, instance.fediverse.timelines
        queue = timelines.listen(instance.number, tag)
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._chunk(":)\n")
            ends_at = time.monotonic() + play.stream_lasts_s
            thumps_at = time.monotonic() + play.thump_s
            while time.monotonic() < ends_at and not instance.stopped.is_set():
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
        half = len(data) // 2  # an event may arrive in pieces
        for part in (data[:half], data[half:]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()
