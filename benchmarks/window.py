"""How late the window answers while votes are recorded as fast as they can be.

The real window, the real session and its ledger run in one process, as in a vote; pages of made-up
posts are recorded one transaction after another on the ledger's thread. A tick of 60 Hz in the
window's loop measures by how much it is late. Printed beside it: the same without recording, and
what was recorded. The count is checked at the end. Needs a display: `xvfb-run` gives one.

    python benchmarks/window.py [--seconds 20]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from twittervotes.core.clock import Clock
from twittervotes.core.contest import Contest, chosen
from twittervotes.core.counting import tally
from twittervotes.core.ledger import Ledger
from twittervotes.core.model import Ask, Failed, Feed, Page, Post
from twittervotes.core.session import Session
from twittervotes.desktop.window import Window
from twittervotes.live import without_pauses
from twittervotes.steering import IDLE

TICK_S = 1 / 60
PAGES_AT_ONCE = 10
FEED = Feed("all", "#debian OR #ubuntu OR #arch")
RATE = 100_000  # posts a second, the load that the aim names


class Standing:
    """A source that is never asked: its answers are made here."""

    name, network, complete = "twitter", "x", False

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        return (FEED,)

    def fetch(self, ask: Ask) -> Page | Failed:
        raise AssertionError("nobody asks")


def posts(opens_ms: int) -> Iterator[Post]:
    """Return posts without end: new ids, a million accounts, a few spoilt ones."""
    chance = random.Random(1)
    tags = ("debian", "Ubuntu", "arch", "debian", "arch ubuntu")
    for number in range(sys.maxsize):
        voter = str(chance.randrange(1_000_000))
        key = str(1_600_000_000_000_000_000 + number * 1000)
        yield Post("x", key, voter, opens_ms + number % 60_000, tags[number % 5])


def record(session: Session, window: Window, opens_ms: int, end: threading.Event) -> None:
    """Record pages at RATE, or as fast as it goes, until the end."""
    source = posts(opens_ms)
    began, recorded = time.monotonic(), 0
    while not end.is_set():
        pages = []
        for _ in range(PAGES_AT_ONCE):
            ask = session.ask(Standing())
            pages.append(Page("twitter", ask, tuple(islice(source, 100)), newest=str(recorded)))
        window.show(session.record(pages))
        recorded += 100 * PAGES_AT_ONCE
        ahead = recorded / RATE - (time.monotonic() - began)
        if ahead > 0:
            end.wait(ahead)


def lateness(window: Window, seconds: float) -> list[float]:
    """Run the window's loop for so long and return by how much each tick was late, in ms."""
    late: list[float] = []
    root = window.root
    due = time.monotonic() + TICK_S
    stop_at = time.monotonic() + seconds

    def tick() -> None:
        nonlocal due
        now = time.monotonic()
        late.append(max(0.0, now - due) * 1000)
        due = max(due + TICK_S, now)
        if now < stop_at:
            root.after(max(1, round((due - now) * 1000)), tick)
        else:
            root.quit()

    root.after(1, tick)
    root.mainloop()
    return late[1:]


def told(name: str, late: list[float]) -> str:
    late = sorted(late)
    at = [late[min(len(late) - 1, int(len(late) * share))] for share in (0.5, 0.9, 0.99)]
    return (
        f"{name:<22}{len(late):>7} ticks   median {at[0]:5.1f} ms   "
        f"90 % {at[1]:5.1f} ms   99 % {at[2]:5.1f} ms   worst {late[-1]:5.1f} ms"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    without_pauses()
    clock = Clock()
    opens_ms = clock.today() // 1000 * 1000 - 60_000
    contest = Contest("How late?", chosen(["debian", "ubuntu", "arch"])[0], opens_ms=opens_ms)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.create(Path(folder) / "bench.votes", contest, clock.today())
        with ledger:
            session = Session(ledger, [Standing()], clock, every_ms=0, settle_ms=0)
            window = Window(IDLE)
            window.show(session.begin())
            idle = lateness(window, seconds / 4)
            end = threading.Event()
            recording = threading.Thread(target=record, args=(session, window, opens_ms, end))
            began = time.monotonic()
            recording.start()
            busy = lateness(window, seconds)
            end.set()
            recording.join()
            took = time.monotonic() - began
            last = session.snapshot()
            exact = last.tally == tally(ledger.posts(), ledger.contest)
    print(told("nothing to record", idle))
    print(told("while recording", busy))
    print(f"{last.tally.posts:,} posts recorded, {last.tally.posts / took:,.0f} a second")
    print("The count is exact." if exact else "THE COUNT IS WRONG.")
    return 0 if exact else 1


if __name__ == "__main__":
    raise SystemExit(main())
