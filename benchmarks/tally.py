"""The tally by an engine beside our own recount, of the same posts in the same run.

Each is the command as a whole, `--json`; the engine counts the ledger's posts.parquet, and the
table says how long that took to write.

    python -m benchmarks.tally [--posts 2000000]
"""

from __future__ import annotations

import json

from benchmarks import audience, ledgers, telling
from benchmarks.audience import CHOICES, PAGE
from benchmarks.memory import command

RULES = ("first", "per_choice")


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--posts", type=int, help="how many posts the ledger has")
    options = parser.parse_args()
    pages = (options.posts or telling.sized(options, 2_000_000, 200_000, 5_000)) // PAGE
    posts = pages * PAGE
    with telling.folder(options) as folder:
        path = ledgers.ledger(folder, posts)
        out = folder / f"{posts}-posts.parquet"
        out.unlink(missing_ok=True)
        telling.progress("exporting")
        exported = command("-m", "twittervotes", "export", str(path), "--to", str(out))
        rows, exact = [["export to Parquet", f"{posts / exported.seconds:,.0f}", ""]], True
        for rule in RULES:
            words = ("--json", "--rule", f"per_account={rule}")
            telling.progress(f"counting under per_account={rule}")
            ours = command("-m", "twittervotes", "recount", str(path), *words)
            theirs = command("-m", "twittervotes", "tally", str(out), *words)
            right = json.loads(ours.result)["recount"]
            exact = exact and json.loads(theirs.result) == right
            # A recount under other rules counts twice: by the ledger's rules, and by these.
            seconds = ours.seconds / 2
            rows += [
                [f"recount, {rule}", f"{posts / seconds:,.0f}", "1"],
                [
                    f"tally, {rule}, by DuckDB",
                    f"{posts / theirs.seconds:,.0f}",
                    f"{seconds / theirs.seconds:.1f}",
                ],
            ]
            if rule == "first":
                votes = {each["choice"]: each["votes"] for each in right["tally"]}
                truth = audience.truth(pages)
                exact = exact and tuple(votes[choice] for choice in CHOICES) == truth
        size = out.stat().st_size
    telling.table(["", "posts per second", "times the recount"], rows)
    print(
        f"The ledger has {posts:,} posts; the Parquet file takes {size / posts:.0f} bytes each.\n"
    )
    return telling.ended(exact=exact)


if __name__ == "__main__":
    raise SystemExit(main())
