"""A simulated host of Bluesky's Jetstream: a WebSocket server on loopback with the faults of one.

It sends events in its own order and by its own clock, some of them twice, replays from a cursor,
and silently advances a cursor that is too old. One host may drop what another sends.
https://github.com/bluesky-social/jetstream
"""

from __future__ import annotations

import http
import logging
import socket
import struct
import threading
import time
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from simulators.bluesky_course import Happening
from simulators.bluesky_record import POSTS
from twittervotes.rehearsal.settings import Fault, RehearsalSettings
from twittervotes.rehearsal.trouble import PORTAL, Troubles

LOOPBACK = "127.0.0.1"
DISORDER_US = 3_000_000  # the maximum delay of a frame
DISORDERED, TWICE = 0.03, 0.02
FRAMES_A_DRAW = 100  # random faults are drawn once for so many frames, elsewhere once per request
BEFORE = (Fault.UNAVAILABLE, Fault.INTERNAL, Fault.TOO_MANY, Fault.CALM)
STATUS = {Fault.UNAVAILABLE: 503, Fault.INTERNAL: 500, Fault.TOO_MANY: 429, Fault.CALM: 420}
BAD_POST = b'{"did":"did:plc:bad","time_us":%d,"kind":"commit","commit":{"operation":"delete"}}'
HALF_FRAME = b"\x81\x7e\x10\x00" + b'{"did":"did:plc:half'

logging.getLogger("websockets.server").setLevel(logging.CRITICAL)  # it breaks things on purpose


@dataclass(frozen=True, slots=True)
class Manners:
    """A host: the share of posts it drops, how long it keeps events, when it is blind."""

    drops: float = 0.0
    keeps_s: float = 86_400.0
    blind_us: tuple[int, int] = (0, 0)  # a period in which no posts are sent


class Host:
    """One host. `start` it, and `take` events; it listens on `port`."""

    def __init__(self, number: int, settings: RehearsalSettings, manners: Manners) -> None:
        self.manners = manners
        self.refused = 0
        self.connections: list[int] = []  # the cursors of all connections
        self._late_us = number * 1_700
        self._slow_s = settings.faults.slow_s
        self._rng = Random(f"host {number} {settings.seed}")  # noqa: S311 - a play, no secret
        self._troubles = Troubles(settings)
        self._waiting: list[tuple[int, int, bytes]] = []
        self._log: list[tuple[int, int, bytes]] = []  # when to send, time in frame, frame
        self._more = threading.Condition()
        self._ended = False
        self._server: Server | None = None

    @property
    def name(self) -> str:
        """The host as named by a client."""
        if self._server is None:
            raise RuntimeError("the host is not started")
        return f"{LOOPBACK}:{self._server.socket.getsockname()[1]}"

    def start(self, port: int = 0) -> None:
        """Listen on loopback; raise OSError if the port is taken."""
        self._server = serve(
            self._hand_out, LOOPBACK, port, process_request=self._admit, compression=None
        )
        threading.Thread(target=self._server.serve_forever, name="host", daemon=True).start()

    def stop(self) -> None:
        """Close all connections and stop listening."""
        with self._more:
            self._ended = True
            self._more.notify_all()
        if self._server is not None:
            self._server.shutdown()

    def fail(self, fault: Fault, times: int = 1) -> None:
        """Make the next connections or frames fail."""
        self._troubles.ask(fault, times)

    def take(self, happenings: Iterable[Happening], now_us: int) -> None:
        """Take in the relay's events, and send what is due."""
        with self._more:
            for each in happenings:
                self._take(each)
            due = bisect_left(self._waiting, (now_us,))
            self._log += self._waiting[:due]
            del self._waiting[:due]
            if due:
                self._more.notify_all()

    def _take(self, each: Happening) -> None:
        rng, manners = self._rng, self.manners
        drops = rng.random() < manners.drops
        late_us = rng.randrange(DISORDER_US) if rng.random() < DISORDERED else 0
        times = 2 if rng.random() < TWICE else 1
        if each.is_post and (drops or manners.blind_us[0] <= each.at_us < manners.blind_us[1]):
            return
        at_us = each.at_us + self._late_us
        frame = b'{"did":"%b","time_us":%d,%b' % (each.did.encode(), at_us, each.body)
        for _ in range(times):
            insort(self._waiting, (at_us + late_us, at_us, frame))

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        fault = self._troubles.next()
        asked = parse_qs(urlsplit(request.path).query)
        cursor = asked.get("cursor", ["0"])[0]
        if fault in BEFORE:
            self.refused += 1
            text = http.HTTPStatus(503)
            response = connection.respond(text, "Over capacity\n")
            response.status_code = STATUS[fault]
            return response
        if asked.get("wantedCollections") != [POSTS] or not cursor.isdigit():
            self.refused += 1
            return connection.respond(http.HTTPStatus(400), "invalid parameters\n")
        self.connections.append(int(cursor))
        return None

    def _hand_out(self, connection: ServerConnection) -> None:
        cursor = int(parse_qs(urlsplit(connection.request.path).query).get("cursor", ["0"])[0])  # type: ignore[union-attr]
        cursor = max(cursor, time.time_ns() // 1000 - round(self.manners.keeps_s * 1_000_000))
        with self._more:
            place = bisect_left(self._log, (cursor,))
        sent = 0
        try:
            while not self._ended:
                with self._more:
                    self._more.wait_for(lambda: len(self._log) > place or self._ended, 0.2)  # noqa: B023
                    frames = self._log[place : place + FRAMES_A_DRAW]
                for _, at_us, frame in frames:
                    if at_us >= cursor:
                        connection.send(frame, text=True)
                        sent += 1
                        if sent % FRAMES_A_DRAW == 0:
                            self._trouble(connection, at_us)
                place += len(frames)
        except (ConnectionClosed, OSError):
            return

    def _trouble(self, connection: ServerConnection, at_us: int) -> None:
        match self._troubles.next():
            case Fault.CUT:
                connection.socket.sendall(HALF_FRAME)
                connection.socket.shutdown(socket.SHUT_RDWR)
            case Fault.NOT_JSON:
                connection.send(PORTAL, text=True)
            case Fault.OTHER_SHAPE:
                connection.send(b'{"$type":"message","payload":{"seq":7}}', text=True)
            case Fault.BAD_POST:
                connection.send(BAD_POST % at_us, text=True)
            case Fault.SLOW:
                time.sleep(self._slow_s)
            case Fault.RESET:
                linger = struct.pack("ii", 1, 0)
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.socket.shutdown(socket.SHUT_RDWR)
