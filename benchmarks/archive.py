"""The archive path: full-size posts from JSON Lines into a ledger, by `twittervotes import`.

For comparison, in the same run and over the same files: the loop that tutorials teach; DuckDB,
which counts each account's first vote and stores nothing; and the bare limits. The files are read
once beforehand, so that the disk's speed isn't measured.

    python -m benchmarks.archive [--posts 1000000]
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks import audience, beside, telling
from benchmarks.audience import CHOICES, PAGE
from benchmarks.memory import Run, command
from benchmarks.statuses import Maker
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader

FILES = 4
COUNTED = """
WITH posts AS (
  SELECT id_str, "user".id_str AS voter, list_distinct(list_filter(
    list_transform(entities.hashtags, lambda tag: lower(tag."text")),
    lambda tag: list_contains($choices, tag))) AS named
  FROM read_json($files, format = 'newline_delimited', columns = {
    id_str: 'VARCHAR', "user": 'STRUCT(id_str VARCHAR)',
    entities: 'STRUCT(hashtags STRUCT("text" VARCHAR)[])'}))
SELECT choice, count(*) FROM
  (SELECT voter, arg_min(named[1], id_str) AS choice FROM posts WHERE len(named) = 1 GROUP BY voter)
GROUP BY choice
"""


def files(folder: Path, pages: int) -> list[Path]:
    """Write the posts of this many pages to files, oldest first."""
    maker = Maker(newest_first=False, parted_by=b"\n")
    paths = [folder / f"posts-{number + 1}.jsonl" for number in range(FILES)]
    for number, path in enumerate(paths):
        with path.open("wb") as file:
            for page in range(pages * number // FILES, pages * (number + 1) // FILES):
                file.write(maker.page(page))
    return paths


def imported(paths: Sequence[Path], ledger: Path) -> Run[str]:
    """Import files with the command, into a new ledger."""
    words = ("-m", "twittervotes", "import", *map(str, paths))
    return command(*words, "--ledger", str(ledger), "--hashtags", *CHOICES)


def by_duckdb(paths: Sequence[Path]) -> tuple[float, tuple[int, ...]] | None:
    """Count with DuckDB; return the seconds it took and the votes, None if it's missing."""
    try:
        import duckdb
    except ImportError:
        return None
    began = time.perf_counter()
    asked = {"files": list(map(str, paths)), "choices": list(CHOICES)}
    votes = dict(duckdb.connect().execute(COUNTED, asked).fetchall())
    return time.perf_counter() - began, tuple(votes.get(choice, 0) for choice in CHOICES)


def decoding(paths: Sequence[Path]) -> float:
    """Return how many lines per second msgspec decodes on all processors."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        rates = list(pool.map(beside.decoding_lines, paths))
    return sum(rates) / len(rates) * min(len(paths), os.cpu_count() or 1)


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--posts", type=int, help="how many posts are imported")
    options = parser.parse_args()
    pages = (options.posts or telling.sized(options, 1_000_000, 100_000, 2_000)) // PAGE
    truth = audience.truth(pages)
    with telling.scratch(options) as folder:
        telling.progress(f"writing {pages * PAGE:,} posts")
        paths = files(folder, pages)
        telling.progress("importing them")
        ours = imported(paths, folder / "archive.votes")
        with Reader(folder / "archive.votes") as reader:
            tally = outcome(reader).tally
        telling.progress("the tutorial loop")
        loop = beside.loop_over_files(paths, folder / "loop.db")
        telling.progress("DuckDB")
        duck = by_duckdb(paths)
        telling.progress("the bare limits")
        limits = decoding(paths), beside.inserting(folder / "bare.db", pages * PAGE)
    exact = (tally.posts, tally.votes) == (pages * PAGE, truth) and loop[1] == truth
    exact = exact and (duck is None or duck[1] == truth)
    tell(pages * PAGE, ours, (loop[0], duck[0] if duck else None), limits)
    return telling.ended(exact=exact)


def tell(
    posts: int,
    ours: Run[str],
    others: tuple[float, float | None],
    limits: tuple[float, float],
) -> None:
    """Print the results, with the targets and the alternatives."""
    rate, loop = posts / ours.seconds, posts / others[0]
    rows = [
        telling.aimed("times the tutorial loop", rate / loop, 7),
        telling.aimed("share of the bare limit", rate / min(limits), 0.5),
    ]
    duck = "not installed"
    if others[1]:
        rows.insert(1, telling.aimed("share of DuckDB", rate * others[1] / posts, 0.5))
        duck = telling.short(posts / others[1])
    print(f"{posts:,} posts of {posts * 2800 / 1e9:.2f} GB in {ours.seconds:.1f} s, ", end="")
    print(f"at most {ours.megabytes:,.0f} MB of memory.\n")
    telling.table(telling.AIMED, rows)
    telling.table(
        ("compared with", "posts per second"),
        [
            ("this program", telling.short(rate)),
            ("the tutorial loop: json, a set, sqlite3", telling.short(loop)),
            ("DuckDB, counting without storing", duck),
            (f"msgspec decoding lines, on {os.cpu_count()} cores", telling.short(limits[0])),
            ("SQLite inserting rows", telling.short(limits[1])),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
