"""How late the window answers while votes are recorded as fast as they can be, and what it costs.

The real window, the real session and its ledger run in one process, as in a vote; pages of made-up
posts, made beforehand, come from another, as columns, as workers hand them over, and
are recorded one transaction after another on the ledger's thread. A tick of 60 Hz in the
window's loop measures by how much it is late. Beside it: the same without recording, how often the
window draws, what it costs while nothing happens, how long a start takes until it is painted, and
`--help`. The count is checked at the end. Needs a display: `xvfb-run` gives one.

    python -m benchmarks.window [--seconds 20]
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks import telling
from twittervotes.app.intents import IDLE
from twittervotes.app.runtime import without_pauses
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.columns import columns_of
from twittervotes.core.contest.contest import Contest, chosen
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Post
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session
from twittervotes.core.polling.workers import go_behind
from twittervotes.desktop.window import Window

TICK_S = 1 / 60
PAGES_AT_ONCE = 10
FEED = Feed("all", "#debian OR #ubuntu OR #arch")
RATE = 100_000  # posts a second, the load that the target names
HELP = (sys.executable, "-m", "twittervotes", "--help")
HELP_MS, PAINTED_MS = 150, 800  # the targets
NOTHING_KEPT = "PYTHONDONTWRITEBYTECODE"
PAINTED = """
import os
from twittervotes.app.main import main
from twittervotes.desktop.window import Window

paint = Window.paint

def painted(window):
    paint(window)
    os._exit(0)

Window.paint = painted
main(["--source", "rehearsal", "--hashtags", "debian", "ubuntu", "arch"])
"""


class IdleSource:
    """A source that is never asked: its answers are made here."""

    name, network, complete = "twitter", "x", False

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        return (FEED,)

    def fetch(self, ask: Ask) -> Page | Failed:
        raise AssertionError("nobody asks")


class Counted(Window):
    """The window, which counts how often it draws."""

    frames = 0

    def _draw(self) -> bool:
        self.frames += 1
        return super()._draw()


def posts(opens_ms: int) -> Iterator[Post]:
    """Return posts without end: new ids, a million accounts, a few spoilt ones."""
    chance = random.Random(1)
    tags = ("debian", "Ubuntu", "arch", "debian", "arch ubuntu")
    for number in range(sys.maxsize):
        voter = str(chance.randrange(1_000_000))
        key = str(1_600_000_000_000_000_000 + number * 1000)
        yield Post("x", key, voter, opens_ms + number % 60_000, tags[number % 5])


def hand_out(pages: Connection, opens_ms: int, salt: bytes, number: int) -> None:
    """Make so many posts, in pages as workers make them; then hand them out, at RATE at most."""
    go_behind()
    source, ask = posts(opens_ms), Ask(FEED)
    supply = []
    for sent in range(0, number, 100 * PAGES_AT_ONCE):
        some = []
        for _ in range(PAGES_AT_ONCE):
            found = tuple(islice(source, 100))
            columns = columns_of(found, salt)
            some.append(Page("twitter", ask, (), newest=str(sent), columns=columns))
        supply.append(pickle.dumps(some))
    began = time.monotonic()
    for times, pickled in enumerate(supply, 1):
        pages.send_bytes(pickled)
        due = began + times * 100 * PAGES_AT_ONCE / RATE
        time.sleep(max(0.0, due - time.monotonic()))


def record(session: Session, window: Window, pages: Connection, end: threading.Event) -> None:
    """Record what comes, until the end."""
    while not end.is_set():
        if pages.poll(0.05):
            window.show(session.record(pages.recv()))


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


def told(name: str, late: list[float], frames: float) -> tuple[str, ...]:
    """Return a row: how late ticks were, and how often the window drew."""
    late = sorted(late)
    at = [late[min(len(late) - 1, int(len(late) * share))] for share in (0.5, 0.9, 0.99, 1)]
    return (name, f"{len(late):,}", *(f"{each:.1f} ms" for each in at), f"{frames:.0f}")


def idle_use(window: Window, seconds: float) -> float:
    """Return which share of a core the window takes while nothing happens."""
    window.root.after(1000, window.root.quit)  # until what was shown last stands still
    window.root.mainloop()
    window.root.after(round(seconds * 1000), window.root.quit)
    wall, worked = time.monotonic(), time.process_time()
    window.root.mainloop()
    return (time.process_time() - worked) / (time.monotonic() - wall)


def started(*words: str, times: int) -> float:
    """Return how many milliseconds a start takes that is not the first, in the middle of so many.

    The first one compiles the modules, and Python keeps them, unless it is told not to.
    """
    took = []
    usual = {name: value for name, value in os.environ.items() if name != NOTHING_KEPT}
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(words, stdout=subprocess.DEVNULL, check=True, env=usual)  # noqa: S603 - this program
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def measured(path: Path, seconds: float) -> tuple[list[tuple[str, ...]], float, str, bool]:
    """Show a vote, without and with posts: return rows, the idle use, the load, the exactness."""
    clock = Clock()
    opens_ms = clock.today() // 1000 * 1000 - 60_000
    contest = Contest("How late?", chosen(["debian", "ubuntu", "arch"])[0], opens_ms=opens_ms)
    with Ledger.create(path, contest, clock.today()) as ledger:
        session = Session(ledger, [IdleSource()], clock, every_ms=0, settle_ms=0)
        window = Counted(IDLE)
        window.show(session.begin())
        use = idle_use(window, seconds / 4)
        window.frames = 0
        rows = [("nothing to record", lateness(window, seconds / 4), seconds / 4, window.frames)]
        end, (ours, theirs) = threading.Event(), multiprocessing.Pipe(duplex=False)
        worker = multiprocessing.get_context("spawn").Process(
            target=hand_out,
            args=(theirs, opens_ms, ledger.salt, round(seconds * RATE)),
            daemon=True,
        )
        worker.start()
        ours.poll(None)
        recording = threading.Thread(target=record, args=(session, window, ours, end))
        began, window.frames = time.monotonic(), 0
        recording.start()
        rows.append(("while recording", lateness(window, seconds), seconds, window.frames))
        end.set()
        recording.join()
        took = time.monotonic() - began
        worker.kill()
        worker.join()
        last = session.snapshot()
        exact = last.tally == tally(ledger.posts(), ledger.contest)
    load = f"{last.tally.posts:,} posts were recorded, {last.tally.posts / took:,.0f} per second."
    cells = [told(name, late, frames / shown) for name, late, shown, frames in rows]
    return cells, use, load, exact


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--seconds", type=float, help="how long posts are recorded")
    options = parser.parse_args()
    seconds = options.seconds or telling.sized(options, 20.0, 8.0, 0.5)
    times = telling.sized(options, 7, 5, 1)
    if not os.environ.get("DISPLAY"):
        parser.error("there is no display; xvfb-run gives one")
    telling.progress("starting the program")
    helped = started(*HELP, times=times)
    painted = started(sys.executable, "-c", PAINTED, times=times)
    without_pauses()
    telling.progress(f"recording for {seconds:.0f} s behind the window")
    with telling.scratch(options) as folder:
        rows, use, load, exact = measured(folder / "window.votes", seconds)
    head = ("how late a tick of 60 Hz is", "ticks", "median", "90 %", "99 %", "worst")
    telling.table((*head, "draws per second"), rows)
    print(f"{load}\n")
    telling.table(
        ("", "measured", "target"),
        [
            ("from start to the first paint", f"{painted:.0f} ms", f"≤ {PAINTED_MS} ms"),
            ("--help", f"{helped:.0f} ms", f"≤ {HELP_MS} ms"),
            ("idle CPU use, of a core", f"{use:.1%}", "≤ 2 %"),
        ],
    )
    return telling.ended(exact=exact)


if __name__ == "__main__":
    raise SystemExit(main())
