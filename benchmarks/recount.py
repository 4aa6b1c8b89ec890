"""Recounting and verifying a ledger of ten million posts: the speed, and the memory.

The recount is the command, `twittervotes recount --json`; the proof is the first of the two passes
of `twittervotes verify`. The second, with the standard library alone, is measured too, on a smaller
ledger.

    python -m benchmarks.recount [--posts 10000000]
"""

from __future__ import annotations

import json
import os
from importlib.resources import as_file, files
from pathlib import Path

from benchmarks import audience, beside, ledgers, telling
from benchmarks.audience import CHOICES, PAGE
from benchmarks.memory import Run, alone, command
from twittervotes.core.ledger.verify import verify

MOST_MB = 250 * (os.cpu_count() or 1)  # of all processes
BARE = 1_000_000  # rows that SQLite inserts for comparison
BY_THE_LIBRARY = 1_000_000  # posts verified with the standard library, which takes its time


def proved(path: Path) -> tuple[int, bool]:
    """Verify a ledger; return how many posts it has, and whether it is intact."""
    verified = verify(path)
    return verified.posts, verified.finding is None


def proved_again(path: Path) -> Run[str]:
    """Verify it with the published verifier."""
    with as_file(files("twittervotes.standalone").joinpath("verify.py")) as program:
        return command("-I", str(program), str(path))


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--posts", type=int, help="how many posts the ledger has")
    options = parser.parse_args()
    posts = options.posts or telling.sized(options, 10_000_000, 200_000, 5_000)
    pages = posts // PAGE
    with telling.folder(options) as folder:
        path = ledgers.ledger(folder, pages * PAGE)
        telling.progress("recounting it")
        recounted = command("-m", "twittervotes", "recount", str(path), "--json")
        telling.progress("verifying it")
        proof = alone(proved, path)
        telling.progress("verifying it with the standard library")
        second = proved_again(ledgers.ledger(folder, min(pages * PAGE, BY_THE_LIBRARY)))
        telling.progress("inserting rows")
        bare = beside.inserting(folder / "rows.db", min(pages * PAGE, BARE))
        (folder / "rows.db").unlink()
    exact = votes_in(recounted.result) == (pages * PAGE, audience.truth(pages))
    exact = exact and proof.result == (pages * PAGE, True)
    posts = pages * PAGE
    recounts, proofs = posts / recounted.seconds, posts / proof.seconds
    telling.table(
        telling.AIMED,
        [
            telling.aimed("recount / SQLite inserting rows", recounts / bare, 2.2),
            telling.aimed("proof / SQLite inserting rows", proofs / bare, 2),
            telling.bounded(
                "memory of recounting, all processes", recounted.megabytes, MOST_MB, " MB"
            ),
            telling.bounded("memory of verifying, all processes", proof.megabytes, MOST_MB, " MB"),
        ],
    )
    telling.table(
        ("compared with", "posts per second"),
        [
            ("the recount", telling.short(recounts)),
            ("the proof, first pass", telling.short(proofs)),
            (
                "the proof by the standard library alone",
                telling.short(min(posts, BY_THE_LIBRARY) / second.seconds),
            ),
            ("SQLite inserting rows", telling.short(bare)),
        ],
    )
    print(f"The ledger has {posts:,} posts.\n")
    return telling.ended(exact=exact)


def votes_in(document: str) -> tuple[int, tuple[int, ...]]:
    """Return the posts and the votes in a recount's output."""
    told = json.loads(document)["recount"]
    votes = {each["choice"]: each["votes"] for each in told["tally"]}
    return sum(told["verdicts"].values()), tuple(votes[choice] for choice in CHOICES)


if __name__ == "__main__":
    raise SystemExit(main())
