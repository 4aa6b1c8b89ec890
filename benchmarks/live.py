"""The live path: full-size pages from a server on loopback into the ledger, as in a vote.

The real `twitter` sources ask through the real worker processes; the ledger's thread writes each
transaction to the disk and counts it, one vote an account. Measured is from the first post recorded
until all that the network had is recorded. Beside it, in the same run: the loop that tutorials
teach, reading the same network, and the bare limits. A second, shorter run is made under a
profiler, which says what the ledger's thread does with its time.

    python -m benchmarks.live [--seconds 60] [--sources 4]
"""

from __future__ import annotations

import cProfile
import os
import pstats
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import audience, beside, telling
from benchmarks.audience import CHOICES, PAGE
from benchmarks.memory import MB
from benchmarks.network import BEFORE, Network, network
from benchmarks.statuses import Maker
from twittervotes.core.clock import Clock
from twittervotes.core.contest import Contest, chosen
from twittervotes.core.ledger import Ledger
from twittervotes.core.polling import Polling
from twittervotes.core.runner import Runner
from twittervotes.core.session import Session
from twittervotes.core.snapshot import Snapshot
from twittervotes.live import Threads, without_pauses
from twittervotes.sources.twitter import Twitter

RECORD = 143_199  # posts in one second: Twitter's record, of August 2013
LONGEST_END_S = 120.0  # in which all must be recorded after the network has gone quiet
ENDLESS = 2**63
OTHERS = "other threads of the counting process"
OFTEN = 8  # functions of the profile that are told


@dataclass(frozen=True, slots=True)
class Counted:
    """What a run has come to."""

    posts: int
    seconds: float
    exact: bool
    used: dict[str, float]  # seconds of processors
    megabytes: float


class Screen:
    """A view without a window: it keeps the newest snapshot, and lets one wait for it."""

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
    """Return so many sources, each with a feed of its own."""
    return tuple(
        Twitter("key", "secret", "token", "secret", net.address(each), name=f"twitter-{each + 1}")
        for each in range(number)
    )


@contextmanager
def counting(path: Path, asked: tuple[Twitter, ...]) -> Iterator[tuple[Screen, Threads]]:
    """Count a vote as the program does, into a new ledger at `path`."""
    clock = Clock()
    choices = chosen(list(CHOICES))[0]
    contest = Contest("Which one?", choices, opens_ms=audience.OPENS_MS)
    screen, threads, runner = Screen(), Threads(), Runner()
    with Ledger.create(path, contest, clock.today()) as ledger:
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
    path: Path, number: int, seconds: float, profile: cProfile.Profile | None = None
) -> Counted:
    """Count for so long, and until all that the network has by then is recorded."""
    with network(number) as net, counting(path, sources(net, number)) as (screen, threads):
        before = screen.wait_for(number * PAGE, LONGEST_END_S)
        if profile:
            threads.ledger.schedule(lambda *_: profile.enable())
        began, used = time.perf_counter(), _used(net, screen)
        screen.wait_for(ENDLESS, seconds)
        pages = net.freeze()
        posts = screen.wait_for(sum(pages) * PAGE, LONGEST_END_S)
        took = time.perf_counter() - began
        used = {name: spent - used.get(name, 0.0) for name, spent in _used(net, screen).items()}
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


def _used(net: Network, screen: Screen) -> dict[str, float]:
    """Return how long processors have worked for each process, and thread of this one."""
    us = psutil.Process()
    children = {child.pid: _seconds(child) for child in us.children(recursive=True)}
    server = children.pop(net.pid, 0.0)
    found = {"the server, which is not ours": server, "the workers": sum(children.values())}
    names = {each.native_id: _purpose(each, screen) for each in threading.enumerate()}
    for thread in us.threads():
        name = names.get(thread.id, OTHERS)
        found[name] = found.get(name, 0.0) + thread.user_time + thread.system_time
    return found


def _purpose(thread: threading.Thread, screen: Screen) -> str:
    if thread.native_id == screen.shown_by:
        return "the ledger's thread: record, count, decide"
    if "ExecutorManager" in type(thread).__name__:
        return "threads that unpack the workers' answers"
    return OTHERS


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def tell_use(counted: Counted) -> None:
    """Tell who has used the processors, and how much of each."""
    cores = os.cpu_count() or 1
    rows = [
        (name, f"{spent:.1f} s", f"{spent / counted.seconds:.0%} of a core")
        for name, spent in counted.used.items()
    ]
    whole = sum(counted.used.values())
    share = f"{whole / counted.seconds:.0%} of {cores} cores"
    telling.table(("processors", "worked", "share"), [*rows, ("together", f"{whole:.1f} s", share)])


def tell_profile(profile: cProfile.Profile) -> None:
    """Tell in which functions the ledger's thread has spent its time."""
    found = pstats.Stats(profile).get_stats_profile()
    whole = sum(each.tottime for each in found.func_profiles.values())
    often = sorted(found.func_profiles.items(), key=lambda item: -item[1].tottime)[:OFTEN]
    rows = [
        (f"{Path(each.file_name).name} {name}".replace("~ ", ""), f"{each.tottime / whole:.0%}")
        for name, each in often
    ]
    telling.table(("the ledger's thread, under a profiler", "of its time"), rows)


def tell(counted: Counted, loop: float, limits: tuple[float, float]) -> None:
    """Tell what was reached, beside the aims and the other ways."""
    rate, (decoding, inserting) = counted.posts / counted.seconds, limits
    bare = min(decoding * (os.cpu_count() or 1), inserting)
    telling.table(
        telling.AIMED,
        [
            telling.aimed("posts recorded and counted a second", rate, RECORD),
            telling.aimed("times the loop of tutorials", rate / loop, 5),
            telling.aimed("share of the bare limits", rate / bare, 0.5),
            telling.bounded("memory of the counting process", counted.megabytes, 300, " MB"),
        ],
    )
    telling.table(
        ("beside it", "posts a second"),
        [
            ("requests, json, a set, sqlite3: the loop of tutorials", telling.short(loop)),
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
    aside = min(10.0, seconds)
    without_pauses()
    with telling.scratch(options) as folder:
        telling.progress(f"counting from {number} sources for {seconds:.0f} s")
        counted = run(folder / "live.votes", number, seconds)
        telling.progress("the same under a profiler")
        profile = cProfile.Profile()
        again = run(folder / "profiled.votes", number, aside, profile)
        telling.progress("the loop of tutorials, and the bare limits")
        with network(1) as net:
            loop = beside.loop_over_pages(net.address(0), folder / "loop.db", aside)
        page = b"".join((BEFORE, Maker(newest_first=True, parted_by=b",").page(0)[:-1], b"]}"))
        times = telling.sized(options, 3000, 1000, 10)
        limits = (
            beside.decoding_pages(page, times),
            beside.inserting(folder / "bare.db", times * PAGE),
        )
    print(
        f"{counted.posts:,} posts in {counted.seconds:.1f} s from {number} sources, "
        f"each transaction safe on the disk.\n"
    )
    tell(counted, loop, limits)
    tell_use(counted)
    tell_profile(profile)
    return telling.ended(exact=counted.exact and again.exact)


if __name__ == "__main__":
    raise SystemExit(main())
