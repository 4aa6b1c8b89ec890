"""A network on loopback, in a process of its own: X's v1.1 search, with feeds that never end.

It costs as little as it can, because it shares the processors with what is measured: a page is
made by `statuses` and sent as it lies in memory. Each number in the path, `/0/search.json`, is a
feed of its own. Whenever the newest posts are asked for, new pages have come, ROUND of them;
`since_id` and `max_id` mean what they mean at X.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, urlsplit

from benchmarks import audience
from benchmarks.audience import PAGE, PAGE_IDS, PLACE_IDS
from benchmarks.statuses import SIZE, Maker

ROUND = 100  # pages that have come whenever somebody asks for the newest: 10,000 posts
LONGEST = 64 * 1024  # bytes of a request
BEFORE, AFTER = b'{"statuses":[', b'],"search_metadata":{"count":100,"completed_in":0.05%b}}'
GOES_ON = b',"next_results":"?max_id=1&q=%23debian&count=100&include_entities=1"'


@dataclass(slots=True)
class Feed:
    """The posts of one source: how many pages there are, and how many come at once."""

    source: int
    at_once: int = ROUND
    pages: int = 0
    is_frozen: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def grow(self) -> None:
        """Let new posts come."""
        with self.lock:
            if not self.is_frozen:
                self.pages = min(audience.PAGES, self.pages + self.at_once)

    def freeze(self) -> int:
        """Let no more posts come; return how many pages there are."""
        with self.lock:
            self.is_frozen = True
            return self.pages

    def found(self, since: int, up_to: int) -> tuple[int, int, int]:
        """Return the page of the newest posts in a range of ids, and the places from, to."""
        up_to = min(up_to, audience.post_id(self.pages - 1, PAGE - 1, self.source))
        page, rest = divmod(up_to - audience.post_id(0, 0, self.source), PAGE_IDS)
        last = min(PAGE - 1, rest // PLACE_IDS)
        first = max(0, (since - audience.post_id(page, 0, self.source)) // PLACE_IDS + 1)
        return page, first, last


def answer(feed: Feed, maker: Maker, path: str) -> list[bytes | memoryview]:
    """Return what is sent for a request."""
    asked = parse_qs(urlsplit(path).query)
    since, up_to = (int(asked.get(name, ["0"])[0]) for name in ("since_id", "max_id"))
    if not up_to:
        feed.grow()
    page, first, last = feed.found(since, up_to or 2**63)
    posts: bytes | memoryview = b""
    if page >= 0 and first <= last:  # the newest post of a page lies first
        body = memoryview(maker.page(page))
        posts = body[(PAGE - 1 - last) * SIZE : (PAGE - first) * SIZE - 1]
    end = AFTER % (GOES_ON if posts and page else b"")
    length = len(BEFORE) + len(posts) + len(end)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return [head % length + BEFORE, posts, end]


def serve(connection: socket.socket, feeds: list[Feed]) -> None:
    """Answer one client until it goes."""
    makers: dict[int, Maker] = {}
    kept = b""
    with connection, contextlib.suppress(ConnectionError):
        while True:
            head, ends, kept = kept.partition(b"\r\n\r\n")
            if not ends:
                more = connection.recv(LONGEST)
                if not more or len(head) > LONGEST:
                    return
                kept = head + more
                continue
            path = head.split(b" ", 2)[1].decode()
            source = int(path.split("/")[1])
            if source not in makers:
                makers[source] = Maker(source, newest_first=True, parted_by=b",")
            for part in answer(feeds[source], makers[source], path):
                connection.sendall(part)


def run(parent: Connection, sources: int, at_once: int) -> None:
    """Serve until the parent goes; at a word of it freeze, and tell how many pages there are."""
    feeds = [Feed(source, at_once) for source in range(sources)]
    with socket.create_server(("127.0.0.1", 0), backlog=32) as door:
        threading.Thread(target=_welcome, args=(door, feeds), daemon=True).start()
        parent.send(door.getsockname()[1])
        try:
            while True:
                parent.recv()
                parent.send([feed.freeze() for feed in feeds])
        except EOFError:
            return


def _welcome(door: socket.socket, feeds: list[Feed]) -> None:
    while True:
        connection, _ = door.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(connection, feeds), daemon=True).start()


@dataclass(frozen=True, slots=True)
class Network:
    """The network as its client sees it."""

    port: int
    pid: int
    parent: Connection

    def address(self, source: int) -> str:
        """Return where a feed is searched."""
        return f"http://127.0.0.1:{self.port}/{source}/search.json"

    def freeze(self) -> list[int]:
        """Let no more posts come; return how many pages each feed has."""
        self.parent.send("freeze")
        pages: list[int] = self.parent.recv()
        return pages


@contextmanager
def network(sources: int, at_once: int = ROUND) -> Iterator[Network]:
    """Run a network with so many feeds, to each of which so many pages come at once."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs, sources, at_once), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Network(ours.recv(), process.pid or 0, ours)
    finally:
        ours.close()
        process.join(5)
        process.kill()
        process.join()
