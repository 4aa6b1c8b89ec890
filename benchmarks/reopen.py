"""Reopening a ledger of ten million posts: how long until the right tally is shown.

The first time everything is counted; when the program ends, or the ledger has grown, the count is
saved.

    python -m benchmarks.reopen [--posts 10000000]
"""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks import audience, ledgers, telling
from benchmarks.audience import PAGE
from benchmarks.growth import Standing
from benchmarks.memory import alone
from twittervotes.app.runtime import without_pauses
from twittervotes.core.contest.clock import Clock
from twittervotes.core.counting.checkpoint import Checkpoint
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session


def taken_up(path: Path) -> tuple[float, tuple[int, tuple[int, ...]]]:
    """Resume a vote; return the seconds until its posts and votes are shown, and those."""
    began = time.perf_counter()
    without_pauses()
    with Ledger.reopen(path) as ledger:
        session = Session(
            ledger,
            [Standing()],
            Clock(),
            every_ms=0,
            settle_ms=0,
            checkpoint=Checkpoint(path.parent, ledger),
        )
        tally = session.begin().tally
        shown_after = time.perf_counter() - began
        session.end()
        return shown_after, (tally.posts, tally.votes)


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--posts", type=int, help="how many posts the ledger has")
    options = parser.parse_args()
    posts = options.posts or telling.sized(options, 10_000_000, 200_000, 5_000)
    pages = posts // PAGE
    with telling.folder(options) as folder:
        path = ledgers.ledger(folder, pages * PAGE)
        telling.progress("taking it up")
        first, again = alone(taken_up, path), alone(taken_up, path)
    print(f"The ledger has {pages * PAGE:,} posts.\n")
    telling.table(
        telling.AIMED,
        [
            telling.bounded("until the tally is shown", again.result[0], 1, " s"),
            telling.bounded("the same without a saved count", first.result[0], 1, " s"),
            telling.bounded("memory", max(first.megabytes, again.megabytes), 300, " MB"),
        ],
    )
    truth = pages * PAGE, audience.truth(pages)
    return telling.ended(exact=first.result[1] == again.result[1] == truth)


if __name__ == "__main__":
    raise SystemExit(main())
