"""Memory over a vote of an hour at 1,000 posts a second, by a clock that is moved: is it flat?

The real session records the pages of a second in one transaction and goes on to the next; a
ledger is on the disk. Each account of the audience votes again and again. What is told is what the
counting process holds beyond what it held at the beginning, and how much that is for a post.

    python -m soak.memory             an hour; --minutes 10 for less
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import psutil

from twittervotes.app.runtime import without_pauses
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Contest, chosen
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Post
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session

RATE, PAGE = 1000, 100
AUDIENCE = 500_000
OPENS_MS = 1_700_000_000_000
FEED = Feed("all", "#debian OR #ubuntu OR #arch")
TAGS = ("debian", "Ubuntu", "arch", "debian", "arch ubuntu")
MB = 1_000_000


class IdleSource:
    """A source that is never asked: its answers are made here."""

    name, network, complete = "twitter", "x", False

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        return (FEED,)

    def fetch(self, ask: Ask) -> Page | Failed:
        raise AssertionError("nobody asks")


class Moved:
    """A clock that goes on by whole seconds, when it is told to."""

    def __init__(self) -> None:
        self.second = 0

    def clock(self) -> Clock:
        return Clock(lambda: OPENS_MS + self.second * 1000, lambda: self.second * 1000)


def posts() -> Iterator[Post]:
    """Return the posts of an audience, a thousand a second."""
    chance = random.Random(1)
    number = 0
    while True:
        key = str(1_600_000_000_000_000_000 + number * 4_194_304)
        voter = str(chance.randrange(AUDIENCE))
        yield Post("x", key, voter, OPENS_MS + number * 1000 // RATE, TAGS[number % 5])
        number += 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m soak.memory", description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    minutes = parser.parse_args().minutes
    process, coming, moved = psutil.Process(), posts(), Moved()
    contest = Contest("?", chosen(["debian", "ubuntu", "arch"])[0], opens_ms=OPENS_MS)
    source = IdleSource()
    without_pauses()
    print("| minute | posts | votes | memory MB | bytes a post | posts/s |")
    print("|-------:|------:|------:|----------:|-------------:|--------:|")
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        Ledger.create(Path(folder) / "hour.votes", contest, OPENS_MS) as ledger,
    ):
        session = Session(ledger, (source,), moved.clock(), every_ms=1000, settle_ms=5000)
        shown = session.begin()
        gc.collect()
        before, began = process.memory_info().rss, time.monotonic()
        for minute in range(1, minutes + 1):
            for _ in range(60):
                moved.second += 1
                ask = session.ask(source)
                pages = [Page(source.name, ask, tuple(islice(coming, PAGE))) for _ in range(10)]
                session.record(pages)
                shown = session.tick()
            if minute % 5 == 0 or minute == minutes:
                seen = minute * 60 * RATE
                held = process.memory_info().rss - before
                rate = seen / (time.monotonic() - began)
                print(
                    f"| {minute} | {seen:,} | {shown.tally.total:,} | {held / MB:,.0f}"
                    f" | {held / seen:,.0f} | {rate:,.0f} |",
                    flush=True,
                )
        assert shown.tally.posts == minutes * 60 * RATE
        assert verify(ledger.path).finding is None


if __name__ == "__main__":
    main()
