"""The live path: full-size pages from a server on loopback into the ledger, as in a vote.

The real `twitter` sources send requests through the real worker processes; the ledger's thread
writes each transaction to disk and counts it, one vote per account. The time is measured from the
first recorded post until everything on the network is recorded. For comparison, in the same run:
the loop that tutorials teach, reading the same network, and the bare limits. A second, shorter run
under a profiler shows how the ledger's thread spends its time; another does so for a worker.

    python -m benchmarks.live [--seconds 60] [--sources 4]
"""

from __future__ import annotations

import cProfile
import os
import pickle
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from benchmarks import audience, beside, ledgers, spent, telling
from benchmarks.audience import PAGE
from benchmarks.memory import MB
from benchmarks.network import BEFORE, ROUND, Network, network
from benchmarks.statuses import Maker
from twittervotes.app.runtime import Threads, without_pauses
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.posts import Ask, Page
from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.pipeline import Polling
from twittervotes.core.polling.session import STRIDE, Session
from twittervotes.core.polling.workers import Runner, stride, work
from twittervotes.sources.x_v1.source import Twitter

RECORD = 143_199  # posts in one second: Twitter's record, in August 2013
LONGEST_END_S = 120.0  # within which everything must be recorded once the network has no new posts
ENDLESS = 2**63
SALT = bytes(16)


@dataclass(frozen=True, slots=True)
class Counted:
    """The results of a run."""

    posts: int
    seconds: float
    exact: bool
    used: dict[str, float]  # processor seconds
    megabytes: float


class Screen:
    """A view without a window: it keeps the newest snapshot, and lets callers wait for one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.last: Snapshot | None = None
        self.shown_by: int | None = None  # the ledger's thread
        self.error: Exception | None = None

    def show(self, snapshot: Snapshot) -> None:
        self.shown_by = threading.get_native_id()
        with self._changed:
            self.last = snapshot
            self._changed.notify_all()

    def fail(self, error: Exception) -> None:
        with self._changed:
            self.error = error
            self._changed.notify_all()

    def wait_for(self, posts: int, seconds: float) -> int:
        """Wait until so many posts are counted, or so long; return how many there are."""

        def is_over() -> bool:
            return self.error is not None or self.posts >= posts

        with self._changed:
            self._changed.wait_for(is_over, seconds)
            return self.posts

    @property
    def posts(self) -> int:
        return self.last.tally.posts if self.last else 0


def sources(net: Network, number: int) -> tuple[Twitter, ...]:
    """Return this many sources, each with its own feed."""
    return tuple(
        Twitter("key", "secret", "token", "secret", net.address(each), name=f"twitter-{each + 1}")
        for each in range(number)
    )


@contextmanager
def counting(
    path: Path, asked: tuple[Twitter, ...], view: Screen | None = None
) -> Iterator[tuple[Screen, Threads]]:
    """Count a vote as the program does, into a new ledger at `path`."""
    clock = Clock()
    screen, threads = view or Screen(), Threads()
    with Ledger.create(path, ledgers.contest(), clock.today()) as ledger:
        runner = Runner(ledger.salt)
        session = Session(ledger, asked, clock, every_ms=0, settle_ms=0)
        session.begin()
        polling = Polling(session, asked, runner, threads)
        subscription = polling.snapshots().subscribe(screen.show, screen.fail)
        try:
            yield screen, threads
        finally:
            subscription.dispose()
            runner.close()
            done = threading.Event()
            threads.ledger.schedule(lambda *_: done.set())
            done.wait(30)
            threads.ledger.dispose()


def run(
    path: Path,
    number: int,
    seconds: float,
    *,
    at_once: int,
    profile: cProfile.Profile | None = None,
) -> Counted:
    """Count for so long, and until everything that the network has by then is recorded."""
    with network(number, at_once) as net, counting(path, sources(net, number)) as (screen, threads):
        before = screen.wait_for(number * PAGE, LONGEST_END_S)
        if profile:
            threads.ledger.schedule(lambda *_: profile.enable())
        began, before_that = time.perf_counter(), spent.seconds(net.pid, screen.shown_by)
        screen.wait_for(ENDLESS, seconds)
        pages = net.freeze()
        posts = screen.wait_for(sum(pages) * PAGE, LONGEST_END_S)
        took = time.perf_counter() - began
        after = spent.seconds(net.pid, screen.shown_by)
        used = {name: worked - before_that.get(name, 0.0) for name, worked in after.items()}
        memory = psutil.Process().memory_info().rss / MB
        if profile:
            done = threading.Event()
            threads.ledger.schedule(lambda *_: profile.disable())
            threads.ledger.schedule(lambda *_: done.set())
            done.wait(LONGEST_END_S)
        votes = screen.last.tally.votes if screen.last else ()
    truth = tuple(map(sum, zip(*map(audience.truth, pages), strict=True)))
    exact = posts == sum(pages) * PAGE and votes == truth
    return Counted(posts - before, took, exact, used, memory)


def profiled_worker(source: Twitter, pages: int) -> cProfile.Profile:
    """Do a worker's work for so many pages under a profiler: request, decode, encode."""
    profile = cProfile.Profile()
    feed = source.feeds(ledgers.contest())[0]
    ask = Ask(feed, opens_ms=audience.OPENS_MS, stride=STRIDE)
    work(source, ask)  # the first request opens the connection
    profile.enable()
    for _ in range(pages // STRIDE or 1):
        answers = stride(source, ask, SALT)
        pickle.dumps(answers)
        last = answers[-1]
        ask = replace(ask, token=last.token if isinstance(last, Page) else "")
    profile.disable()
    return profile


def tell(counted: Counted, loop: float, limits: tuple[float, float]) -> None:
    """Print the results, with the targets and the alternatives."""
    rate, (decoding, inserting) = counted.posts / counted.seconds, limits
    bare = min(decoding * (os.cpu_count() or 1), inserting)
    telling.table(
        telling.AIMED,
        [
            telling.aimed("times the tutorial loop", rate / loop, 4),
            telling.aimed("share of Twitter's record second", rate / RECORD, 1),
            telling.aimed("share of the bare limit", rate / bare, 0.5),
        ],
    )
    telling.table(
        ("compared with", "posts per second"),
        [
            ("this program", telling.short(rate)),
            ("the tutorial loop: requests, json, a set, sqlite3", telling.short(loop)),
            ("msgspec decoding pages, on one core", telling.short(decoding)),
            ("SQLite inserting rows", telling.short(inserting)),
        ],
    )


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--seconds", type=float, help="how long posts are counted")
    parser.add_argument("--sources", type=int, help="how many feeds are read at once")
    options = parser.parse_args()
    seconds = options.seconds or telling.sized(options, 60.0, 10.0, 0.5)
    number = options.sources or telling.sized(options, 4, 4, 1)
    aside, at_once = min(10.0, seconds), telling.sized(options, ROUND, ROUND, 3)
    without_pauses()
    with telling.scratch(options) as folder:
        telling.progress(f"counting from {number} sources for {seconds:.0f} s")
        counted = run(folder / "live.votes", number, seconds, at_once=at_once)
        telling.progress("the same under a profiler")
        profile = cProfile.Profile()
        again = run(folder / "profiled.votes", number, aside, at_once=at_once, profile=profile)
        telling.progress("the tutorial loop, and the bare limits")
        with network(1) as net:
            loop = beside.loop_over_pages(net.address(0), folder / "loop.db", aside)
            worker = profiled_worker(sources(net, 1)[0], telling.sized(options, 500, 300, 5))
        page = b"".join((BEFORE, Maker(newest_first=True, parted_by=b",").page(0)[:-1], b"]}"))
        times = telling.sized(options, 3000, 1000, 10)
        limits = (
            beside.decoding_pages(page, times),
            beside.inserting(folder / "bare.db", times * PAGE),
        )
    print(
        f"{counted.posts:,} posts in {counted.seconds:.1f} s from {number} sources, "
        f"each transaction safe on the disk, with {counted.megabytes:.0f} MB of memory.\n"
    )
    tell(counted, loop, limits)
    spent.tell_use(counted.used, counted.seconds)
    spent.tell_profile("the ledger's thread", profile)
    spent.tell_profile("a worker", worker)
    return telling.ended(exact=counted.exact and again.exact)


if __name__ == "__main__":
    raise SystemExit(main())
