"""Small test doubles for the live path: sources, workers, clocks, networks."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from patience import PATIENCE_S

from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Answer, Ask, Failed, Feed, Page, Post, Remedy, Source


@dataclass(frozen=True, slots=True)
class FakeSource:
    """A source that is never fetched: a test answers instead."""

    name: str = "fake"
    network: str = "net"
    complete: bool = True
    queries: tuple[str, ...] = ("all",)

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        return tuple(Feed(query, query) for query in self.queries)

    def fetch(self, ask: Ask) -> Page | Failed:
        raise AssertionError("a fake source is never fetched")

    def page(self, ask: Ask, *posts: Post, newest: str = "", token: str = "") -> Page:
        return Page(self.name, ask, posts, newest=newest, token=token)

    def failed(self, ask: Ask, remedy: Remedy = Remedy.RETRY, message: str = "Away.") -> Failed:
        return Failed(self.name, ask, remedy, message, "Wait.")


@dataclass(frozen=True, slots=True)
class LookingSource(FakeSource):
    """A source that also looks posts up: posts whose keys begin with `home` are its own."""

    at_once: int = 2
    home: str = ""

    def name_of(self, post: Post, id: str) -> str:  # noqa: A002 - that is what it is
        return id

    def speaks_for(self, post: Post) -> bool:
        return bool(self.home) and post.key.startswith(self.home)

    def listing(self, ask: Ask, *posts: Post, token: str = "") -> Page:
        """Return a page whose posts have IDs."""
        ids = tuple(f"id of {post.key}" for post in posts)
        return Page(self.name, ask, posts, newest="9", token=token, ids=ids)


@dataclass
class StillClock:
    """A clock that a test moves: both times of a Clock, `jump_ms` apart."""

    today_ms: int
    steady_ms: int = 1_000

    def clock(self) -> Clock:
        return Clock(today=lambda: self.today_ms, now=lambda: self.steady_ms)

    def forward(self, ms: int) -> None:
        self.today_ms += ms
        self.steady_ms += ms


@dataclass
class HandRunner:
    """Workers whose answers a test gives by hand, in any order, or never."""

    submitted: list[tuple[str, Ask]] = field(default_factory=list)
    futures: list[Future[tuple[Answer, ...]]] = field(default_factory=list)
    restarts: int = 0
    refuses: Exception | None = None

    def submit(self, source: FakeSource, ask: Ask) -> Future[tuple[Answer, ...]]:
        if self.refuses is not None:
            raise self.refuses
        future: Future[tuple[Answer, ...]] = Future()
        self.submitted.append((source.name, ask))
        self.futures.append(future)
        return future

    def restart(self, source: Source) -> None:
        self.restarts += 1

    def ask_of(self, name: str) -> Ask:
        """Return the latest request of a source."""
        return [ask for source, ask in self.submitted if source == name][-1]

    def count_of(self, name: str) -> int:
        return sum(source == name for source, _ in self.submitted)

    def answer(self, name: str, *answers: Answer) -> None:
        """Answer the latest request of a source, with one page or several."""
        numbers = [n for n, (source, _) in enumerate(self.submitted) if source == name]
        self.futures[numbers[-1]].set_result(answers)


def post(
    key: int, tags: str = "debian", at_ms: int = 0, voter: str = "", kind: str = "post"
) -> Post:
    """Return a post by a separate account."""
    return Post("net", str(key), voter or f"v{key}", at_ms, tags, kind)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as received: the target is not decoded."""

    method: str
    target: str
    headers: dict[str, str]


class WireServer:
    """An HTTP server on loopback that sends, byte for byte, what a test wants.

    `replies` are used one after another, the last one repeatedly. A reply is bytes, or a function
    that receives the connection. Each connection takes one request.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: list[bytes | Callable[[socket.socket], None]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept` if the system supports it
        self._thread.join(PATIENCE_S)
        self._listener.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError):
                connection, _ = self._listener.accept()
                with connection:
                    connection.settimeout(PATIENCE_S)
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (part := connection.recv(65536)):
                return
            data += part
        first, *lines = data.decode().split("\r\n\r\n")[0].split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        self.requests.append(Request(method, target, {k.lower(): v for k, v in headers.items()}))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if callable(reply):
            reply(connection)
        else:
            connection.sendall(reply)
        connection.shutdown(socket.SHUT_RDWR)


def reply(
    body: bytes = b"", status: int = 200, *headers: str, kind: str = "application/json"
) -> bytes:
    """Return an encoded HTTP response."""
    lines = [
        f"HTTP/1.1 {status} Told",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
