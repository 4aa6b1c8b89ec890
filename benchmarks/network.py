"""A network on loopback, in its own process: X's v1.1 search, with feeds that never end.

It is as cheap as possible because it shares the processors with what is measured: `statuses` makes
a page, which is sent straight from memory. Each number in the path, `/0/search.json`, is a separate
feed. Whenever the newest posts are requested, ROUND new pages have appeared; `since_id` and
`max_id` work as at X.
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

ROUND = 100  # pages that appear whenever the newest are requested: 10,000 posts
LONGEST = 64 * 1024  # bytes of a request
BEFORE, AFTER = b'{"statuses":[', b'],"search_metadata":{"count":100,"completed_in":0.05%b}}'
GOES_ON = b',"next_results":"?max_id=1&q=%23debian&count=100&include_entities=1"'


@dataclass(slots=True)
class Feed:
    """The posts of one source: the number of pages, and how many appear at once."""

    source: int
    at_once: int = ROUND
    pages: int = 0
    is_frozen: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def grow(self) -> None:
        """Add new posts."""
        with self.lock:
            if not self.is_frozen:
                self.pages = min(audience.PAGES, self.pages + self.at_once)

    def freeze(self) -> int:
        """Stop adding posts; return how many pages there are."""
        with self.lock:
            self.is_frozen = True
            return self.pages

    def found(self, since: int, up_to: int) -> tuple[int, int, int]:
        """Return the page of the newest posts in a range of IDs, and its first and last place."""
        up_to = min(up_to, audience.post_id(self.pages - 1, PAGE - 1, self.source))
        page, rest = divmod(up_to - audience.post_id(0, 0, self.source), PAGE_IDS)
        last = min(PAGE - 1, rest // PLACE_IDS)
        first = max(0, (since - audience.post_id(page, 0, self.source)) // PLACE_IDS + 1)
        return page, first, last


def answer(feed: Feed, maker: Maker, path: str) -> list[bytes | memoryview]:
    """Return the response to a request."""
    asked = parse_qs(urlsplit(path).query)
    since, up_to = (int(asked.get(name, ["0"])[0]) for name in ("since_id", "max_id"))
    if not up_to:
        feed.grow()
    page, first, last = feed.found(since, up_to or 2**63)
    posts: bytes | memoryview = b""
    if page >= 0 and first <= last:  # the newest post of a page comes first
        body = memoryview(maker.page(page))
        posts = body[(PAGE - 1 - last) * SIZE : (PAGE - first) * SIZE - 1]
    end = AFTER % (GOES_ON if posts and page else b"")
    length = len(BEFORE) + len(posts) + len(end)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return [head % length + BEFORE, posts, end]


def serve(connection: socket.socket, feeds: list[Feed]) -> None:
    """Answer one client until it disconnects."""
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
    """Serve until the parent exits; freeze when it asks, and report the numbers of pages."""
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
    """The network from its client's side."""

    port: int
    pid: int
    parent: Connection

    def address(self, source: int) -> str:
        """Return the search URL of a feed."""
        return f"http://127.0.0.1:{self.port}/{source}/search.json"

    def freeze(self) -> list[int]:
        """Stop adding posts; return how many pages each feed has."""
        self.parent.send("freeze")
        pages: list[int] = self.parent.recv()
        return pages


@contextmanager
def network(sources: int, at_once: int = ROUND) -> Iterator[Network]:
    """Run a network with so many feeds, to each of which `at_once` pages are added at once."""
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
