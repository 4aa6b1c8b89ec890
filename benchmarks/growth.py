"""What a post costs when the ledger holds many: 100 thousand, 1 and 10 million posts.

The real session records pages, a thousand posts per transaction, as in a vote, from columns as a
worker makes them; each order of posts has its own process. In time order the IDs of posts and
accounts grow; in random order both come from anywhere, the worst case for an index. The memory of
the process is reported next to the cost.

    python -m benchmarks.growth [--posts 10000000] [--minutes 5] [--orders time random]
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import psutil

from benchmarks import audience, ledgers, telling
from benchmarks.audience import PAGE
from benchmarks.ledgers import FEED, SOURCE
from benchmarks.memory import MB, alone, held
from twittervotes.app.runtime import without_pauses
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Post
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session
from twittervotes.core.polling.workers import with_columns

AT_ONCE = 10  # pages per transaction
MINUTES = 5.0  # after which an order is stopped, and reported up to there
ORDERS: dict[str, Callable[[int, int], tuple[Post, ...]]] = {
    "time": ledgers.in_order,
    "random": ledgers.at_random,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a post costs at that many posts, in microseconds, and the memory in use then."""

    posts: int
    wall: float
    processor: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Grown:
    """The results of recording."""

    costs: tuple[Cost, ...]
    posts: int
    votes: tuple[int, ...]


class IdleSource:
    """A source that is never queried: its answers are made here."""

    name, network, complete = SOURCE, "x", False

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        return (FEED,)

    def fetch(self, ask: Ask) -> Page | Failed:
        raise AssertionError("nobody asks")


def grown(path: Path, order: str, sizes: tuple[int, ...], seconds: float) -> Grown:
    """Record posts up to the last of `sizes`, or for so long.

    The cost at a size is the average over the preceding posts: half as many as the smallest size,
    and at most 100,000.
    """
    without_pauses()
    pages, source, us = sizes[-1] // PAGE, IdleSource(), psutil.Process()
    took = deque[tuple[float, float]](maxlen=min(100_000, sizes[0] // 2) // (AT_ONCE * PAGE) or 1)
    costs, whole, recorded = [], 0.0, 0
    with Ledger.create(path, ledgers.contest(), audience.OPENS_MS) as ledger:
        session = Session(ledger, [source], Clock(), every_ms=0, settle_ms=0)
        snapshot = session.begin()
        while recorded < sizes[-1] and whole < seconds:
            first = recorded // PAGE
            posts = [ORDERS[order](page, pages) for page in range(first, first + AT_ONCE)]
            asked = [Page(SOURCE, session.ask(source), each, posts[-1][-1].key) for each in posts]
            answers = with_columns(asked, ledger.salt)  # a worker's work
            wall, worked = time.perf_counter(), time.process_time()
            snapshot = session.record(answers)
            took.append((time.perf_counter() - wall, time.process_time() - worked))
            whole += took[-1][0]
            recorded += AT_ONCE * PAGE
            if recorded in sizes or whole >= seconds:
                walls, works = map(sum, zip(*took, strict=True))
                number = len(took) * AT_ONCE * PAGE / 1e6
                costs.append(Cost(recorded, walls / number, works / number, held(us) / MB))
        return Grown(tuple(costs), snapshot.tally.posts, snapshot.tally.votes)


def is_exact(found: Grown, order: str, pages: int) -> bool:
    """Return whether the recorded posts are counted like in the plain count."""
    if order == "time" or found.posts == pages * PAGE:
        return found.votes == audience.truth(found.posts // PAGE)
    came = bytearray(pages * PAGE)
    for page in range(found.posts // PAGE):
        for number in ledgers.numbers_at_random(page, pages):
            came[number] = 1
    return found.votes == audience.counted(compress(range(len(came)), came), pages)


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--posts", type=int, help="how many posts there are in the end")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for each order, at most")
    parser.add_argument("--orders", nargs="+", choices=ORDERS, default=list(ORDERS))
    options = parser.parse_args()
    posts = options.posts or telling.sized(options, 10_000_000, 200_000, 5_000)
    step = PAGE * AT_ONCE
    sizes = tuple(sorted({max(step, posts // part // step * step) for part in (100, 10, 1)}))
    exact, rows = True, []
    with telling.folder(options) as folder:
        for order in options.orders:
            telling.progress(f"recording {sizes[-1]:,} posts, order: {order}")
            path = folder / f"growth-{order}.votes"
            found = alone(grown, path, order, sizes, options.minutes * 60).result
            exact = exact and is_exact(found, order, sizes[-1] // PAGE)
            rows += [(order, *told(cost, found.costs[0])) for cost in found.costs]
            keep(path, folder, found.posts if order == "time" else 0)
    head = ("order", "posts", "cost per post", "processor time", "ratio, target ≤ 1.25")
    telling.table((*head, "memory, target ≤ 400 MB"), rows)
    if rows[-1][1] != f"{sizes[-1]:,}":
        print(f"Stopped after {options.minutes:g} minutes of recording.\n")
    return telling.ended(exact=exact)


def told(cost: Cost, first: Cost) -> tuple[str, ...]:
    """Return the cells of a row after its order."""
    return (
        f"{cost.posts:,}",
        f"{cost.wall:.1f} µs",
        f"{cost.processor:.1f} µs",
        f"{cost.wall / first.wall:.2f}",
        f"{cost.megabytes:,.0f} MB",
    )


def keep(path: Path, folder: Path, posts: int) -> None:
    """Save a ledger of so many posts in time order for other benchmarks, and no other."""
    if posts:
        path.replace(ledgers.named(folder, posts))
        ledgers.ready_mark(folder, posts).touch()
    for left in folder.glob(f"{path.name}*"):
        left.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
