"""Reopening a ledger of ten million posts: how long until the right tally is shown.

The first time everything is counted; when the program ends, or the ledger has grown, the count is
saved. Then a rule is changed, after which all posts are counted again.

    python -m benchmarks.reopen [--posts 10000000]
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks import audience, ledgers, telling
from benchmarks.audience import PAGE
from benchmarks.growth import IdleSource
from benchmarks.memory import alone
from twittervotes.app.runtime import without_pauses
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.clock import Clock
from twittervotes.core.counting.checkpoint import Checkpoint
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session


class Took(NamedTuple):
    """What something took, in seconds by the clock and of a processor, and what it counted."""

    wall: float
    processor: float
    posts: int
    votes: tuple[int, ...]


def taken_up(path: Path) -> Took:
    """Resume a vote, until its posts and votes are shown."""
    began, worked = time.perf_counter(), time.process_time()
    without_pauses()
    with Ledger.reopen(path) as ledger:
        session = Session(
            ledger,
            [IdleSource()],
            Clock(),
            every_ms=0,
            settle_ms=0,
            checkpoint=Checkpoint(path.parent, ledger),
        )
        tally = session.begin().tally
        took = time.perf_counter() - began, time.process_time() - worked
        session.end()
        return Took(*took, tally.posts, tally.votes)


def recounted(path: Path) -> Took:
    """Change the rules of a vote, until all posts are counted by them.

    Each slice is followed by a snapshot, as in the pipeline.
    """
    without_pauses()
    with Ledger.reopen(path) as ledger:
        kept = Checkpoint(path.parent, ledger)
        session = Session(ledger, [IdleSource()], Clock(), every_ms=0, settle_ms=0, checkpoint=kept)
        session.begin()
        older = ledger.contest.rules.min_account_age_s + 1  # a second run changes it too
        rules = replace(ledger.contest.rules, min_account_age_s=older)
        began, worked = time.perf_counter(), time.process_time()
        snapshot = session.operate(Act(ActKind.RULED, rules=rules))
        while session.is_recounting:
            snapshot = session.recount()
        took = time.perf_counter() - began, time.process_time() - worked
        return Took(*took, snapshot.tally.posts, snapshot.tally.votes)


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
        telling.progress("changing its rules")
        ruled = alone(recounted, path)
        runs = (first, again, ruled)
    print(f"The ledger has {pages * PAGE:,} posts.\n")
    share = pages * PAGE / 10_000_000  # the targets are for that many
    telling.table(
        telling.AIMED,
        [
            telling.bounded("until the tally is shown", again.result.wall, 1, " s"),
            telling.bounded("the same without a saved count", first.result.wall, 13 * share, " s"),
            telling.bounded("its processor time", first.result.processor, 13 * share, " s"),
            telling.bounded("until a new rule is counted", ruled.result.wall, 8 * share, " s"),
            telling.bounded("its processor time", ruled.result.processor, 8 * share, " s"),
            telling.bounded("memory", max(each.megabytes for each in runs), 400, " MB"),
        ],
    )
    truth = pages * PAGE, audience.truth(pages)
    counts = [each.result[2:] for each in runs]  # the rule changes none: no account has an age
    return telling.ended(exact=counts == [truth] * 3)


if __name__ == "__main__":
    raise SystemExit(main())
