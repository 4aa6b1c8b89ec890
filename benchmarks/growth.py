"""What a post costs when the ledger holds many: 100 thousand, 1 and 10 million posts.

The real session records pages, one transaction a thousand posts, as it does in a vote; each order
of posts has a process of its own. In time order ids grow, of posts and of accounts; at random both
come from anywhere, which is the worst that an index can meet. Beside the cost stands the memory
that the process holds.

    python -m benchmarks.growth [--posts 10000000] [--orders time random]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import audience, ledgers, telling
from benchmarks.audience import PAGE
from benchmarks.ledgers import FEED, SOURCE
from benchmarks.memory import MB, alone, held
from twittervotes.core.clock import Clock
from twittervotes.core.contest import Contest
from twittervotes.core.ledger import Ledger
from twittervotes.core.model import Ask, Failed, Feed, Page, Post
from twittervotes.core.session import Session
from twittervotes.live import without_pauses

AT_ONCE = 10  # pages in one transaction
ORDERS: dict[str, Callable[[int, int], tuple[Post, ...]]] = {
    "time": ledgers.in_order,
    "random": ledgers.at_random,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a post costs when so many are there, and the memory that is held then."""

    posts: int
    microseconds: float
    megabytes: float


class Standing:
    """A source that is never asked: its answers are made here."""

    name, network, complete = SOURCE, "x", False

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        return (FEED,)

    def fetch(self, ask: Ask) -> Page | Failed:
        raise AssertionError("nobody asks")


def grown(
    path: Path, order: str, sizes: tuple[int, ...]
) -> tuple[list[Cost], tuple[int, ...], int]:
    """Record posts up to the last of `sizes`: return the costs, the votes and the posts.

    The cost at a size is that of the posts that lead up to it: half as many as the least size, and
    at most 100,000.
    """
    without_pauses()
    pages, source = sizes[-1] // PAGE, Standing()
    width = min(100_000, sizes[0] // 2)
    costs, us = [], psutil.Process()
    with Ledger.create(path, ledgers.contest(), audience.OPENS_MS) as ledger:
        session = Session(ledger, [source], Clock(), every_ms=0, settle_ms=0)
        snapshot = session.begin()
        spent = 0.0
        for start in range(0, pages, AT_ONCE):
            posts = [
                ORDERS[order](page, pages) for page in range(start, min(start + AT_ONCE, pages))
            ]
            answers = [
                Page(SOURCE, session.ask(source), each, newest=each[-1].key) for each in posts
            ]
            began = time.perf_counter()
            snapshot = session.record(answers)
            took = time.perf_counter() - began
            recorded = (start + len(posts)) * PAGE
            if any(size - width < recorded <= size for size in sizes):
                spent += took
            if recorded in sizes:
                costs.append(Cost(recorded, spent / width * 1e6, held(us) / MB))
                spent = 0.0
        return costs, snapshot.tally.votes, snapshot.tally.posts


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--posts", type=int, help="how many posts there are in the end")
    parser.add_argument("--orders", nargs="+", choices=ORDERS, default=list(ORDERS))
    options = parser.parse_args()
    posts = options.posts or telling.sized(options, 10_000_000, 200_000, 5_000)
    step = PAGE * AT_ONCE
    sizes = tuple(max(step, posts // part // step * step) for part in (100, 10, 1))
    sizes = tuple(sorted(set(sizes)))
    truth, exact, rows = audience.truth(sizes[-1] // PAGE), True, []
    with telling.folder(options) as folder:
        for order in options.orders:
            telling.progress(f"recording {sizes[-1]:,} posts, order: {order}")
            path = folder / f"growth-{order}.votes"
            costs, votes, number = alone(grown, path, order, sizes).result
            exact = exact and (votes, number) == (truth, sizes[-1])
            rows += [(order, *told(cost, costs[0])) for cost in costs]
            keep(path, folder, order, sizes[-1])
    head = ("order of ids and accounts", "posts", "cost of a post", "ratio, aim ≤ 1.3")
    telling.table((*head, "memory, aim ≤ 300 MB"), rows)
    return telling.ended(exact=exact)


def told(cost: Cost, first: Cost) -> tuple[str, str, str, str]:
    ratio = cost.microseconds / first.microseconds
    return (
        f"{cost.posts:,}",
        f"{cost.microseconds:.1f} µs",
        f"{ratio:.2f}",
        f"{cost.megabytes:,.0f} MB",
    )


def keep(path: Path, folder: Path, order: str, posts: int) -> None:
    """Keep a ledger in time order for those who read one; remove what is not needed any more."""
    if order == "time":
        path.replace(ledgers.named(folder, posts))
        ledgers.ready_mark(folder, posts).touch()
    for left in folder.glob(f"{path.name}*"):
        left.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
