"""Taking up a ledger of ten million posts: how long until the right tally is shown.

python -m benchmarks.reopen [--posts 10000000]
"""

from __future__ import annotations

from pathlib import Path

from benchmarks import audience, ledgers, telling
from benchmarks.audience import PAGE
from benchmarks.growth import Standing
from benchmarks.memory import alone
from twittervotes.core.clock import Clock
from twittervotes.core.ledger import Ledger
from twittervotes.core.session import Session
from twittervotes.live import without_pauses


def taken_up(path: Path) -> tuple[int, tuple[int, ...]]:
    """Take a vote up: return how many posts it has, and the votes that are shown first."""
    without_pauses()
    with Ledger.reopen(path) as ledger:
        session = Session(ledger, [Standing()], Clock(), every_ms=0, settle_ms=0)
        tally = session.begin().tally
        return tally.posts, tally.votes


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--posts", type=int, help="how many posts the ledger has")
    options = parser.parse_args()
    posts = options.posts or telling.sized(options, 10_000_000, 200_000, 5_000)
    pages = posts // PAGE
    with telling.folder(options) as folder:
        path = ledgers.ledger(folder, pages * PAGE)
        telling.progress("taking it up")
        reopened = alone(taken_up, path)
    print(f"The ledger has {pages * PAGE:,} posts.\n")
    telling.table(
        telling.AIMED,
        [
            telling.bounded("until the tally is shown", reopened.seconds, 1, " s"),
            telling.bounded("memory that it takes", reopened.megabytes, 300, " MB"),
        ],
    )
    return telling.ended(exact=reopened.result == (pages * PAGE, audience.truth(pages)))


if __name__ == "__main__":
    raise SystemExit(main())
