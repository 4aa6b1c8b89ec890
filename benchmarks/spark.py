"""The tally by Spark on one and on two workers, beside DuckDB and our own recount, in one run.

Of the posts 47 % are seen a second time, by another source. Each engine counts the same
posts.parquet; the workers are processes of a cluster on this machine, with one core each. Without
PySpark all but Spark is measured.

    python -m benchmarks.spark [--posts 20000000]
"""

from __future__ import annotations

import gc
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import audience, ledgers, spark_cluster, telling
from benchmarks.audience import CHOICES, PAGE
from benchmarks.memory import command
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.posts import Tally
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.engines import duckdb_engine, inputs
from twittervotes.engines.inputs import PostsFile

AGAIN = 47  # of a hundred rows, those of posts that another source has brought
MIRROR = "mirror"
MISSING = (
    "Spark was left out, because PySpark isn't installed: pip install 'twittervotes[spark]'"
    " (450 MB; it needs Java 17).\n"
)


def entries(pages: int) -> Iterator[Entry]:
    """Yield pages of posts, and of so many that AGAIN % of all are repeats, the same once more."""
    again = 0
    for number, entry in enumerate(ledgers.read_pages(pages), 1):
        yield entry
        if again * (100 - AGAIN) < number * AGAIN:
            again += 1
            yield Entry("page", MIRROR, dict(entry.body), entry.posts)


def ledger(folder: Path, rows: int) -> tuple[Path, int, int]:
    """Make a ledger of so many rows of posts; return it, its pages of posts, and its rows."""
    path, pages = folder / f"{rows}-twice.votes", rows * (100 - AGAIN) // 100 // PAGE
    telling.progress(f"making a ledger of {rows:,} rows of posts")
    path.unlink(missing_ok=True)
    made = 0
    with Ledger.create(path, ledgers.contest(), audience.OPENS_MS) as written:
        written.act(Act(ActKind.OPENED, audience.OPENS_MS, "the clock"))
        about = {"network": "x", "complete": False, "queries": [ledgers.FEED.query]}
        waiting = [Entry("source", name, about) for name in (ledgers.SOURCE, MIRROR)]
        for entry in entries(pages):
            waiting.append(entry)
            made += len(entry.posts)
            if len(waiting) >= ledgers.AT_ONCE:
                written.append(waiting, audience.OPENS_MS)
                waiting = []
        written.append(waiting, audience.OPENS_MS)
    return path, pages, made


def counted_by_spark(file: PostsFile, workers: int, rounds: int) -> tuple[float, float, Tally]:
    """Return how long Spark took to start, and to count; of some counts the quickest."""
    from twittervotes.engines import spark_engine

    telling.progress(f"counting with {workers} workers")
    with (
        tempfile.TemporaryDirectory(prefix="twittervotes-spark-") as folder,
        spark_cluster.cluster(Path(folder), workers, memory="2g") as cluster,
    ):
        began = time.monotonic()
        with spark_engine.session(cluster.url) as spark:
            spark.range(1000 * workers).selectExpr("sum(id)").collect()
            started = time.monotonic() - began

            def count() -> Tally:
                return spark_engine.tally(file.path, file.facts.contest, spark, is_named=False)

            seconds, found = quickest(count, rounds)
    return started, seconds, found


def quickest(count: Callable[[], Tally], rounds: int) -> tuple[float, Tally]:
    """Count some times; return the shortest time, and the tally."""
    times = []
    for _ in range(rounds):
        gc.collect()
        began = time.monotonic()
        found = count()
        times.append(time.monotonic() - began)
    return min(times), found


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--posts", type=int, help="how many rows of posts the ledger has")
    parser.add_argument("--rounds", type=int, default=2, help="how often each engine counts (2)")
    options = parser.parse_args()
    wanted = options.posts or telling.sized(options, 2_000_000, 200_000, 5_000)
    with telling.scratch(options) as folder:
        path, pages, rows = ledger(folder, wanted)
        out = folder / "posts.parquet"
        telling.progress("exporting")
        exported = command("-m", "twittervotes", "export", str(path), "--to", str(out))
        telling.progress("recounting")
        ours = command("-m", "twittervotes", "recount", str(path), "--json")
        right = json.loads(ours.result)["recount"]
        votes = {each["choice"]: each["votes"] for each in right["tally"]}
        exact = tuple(votes[choice] for choice in CHOICES) == audience.truth(pages)
        exact = exact and sum(right["verdicts"].values()) == pages * PAGE
        file = inputs.read(out)
        telling.progress("counting with DuckDB")
        seconds, found = quickest(
            lambda: duckdb_engine.tally(file.path, file.facts.contest, folder, is_named=False),
            options.rounds,
        )
        exact = exact and found.votes == audience.truth(pages)

        def row(name: str, seconds: float, more: str = "") -> list[str]:
            speed = f"{rows / seconds:,.0f}"
            return [name, f"{seconds:.1f}", speed, f"{ours.seconds / seconds:.2f}", more]

        table = [
            [*row("export to Parquet", exported.seconds)[:3], "", ""],
            row("recount of the ledger", ours.seconds),
            row("DuckDB", seconds),
        ]
        starts = []
        if spark_cluster.is_installed():
            os.environ.update(spark_cluster.loopback())
            one = 0.0
            for workers in (1, 2):
                started, seconds, again = counted_by_spark(file, workers, options.rounds)
                exact = exact and again == found
                one = one or seconds
                name = f"Spark, {workers} worker{'s' if workers > 1 else ''}"
                table.append(row(name, seconds, f"{one / seconds:.2f}"))
                starts.append(f"{started:.0f} s")
        head = ["", "seconds", "rows per second", "times the recount", "times one worker"]
        telling.table(head, table)
        if starts:
            print(f"Spark took {' and '.join(starts)} to start, which isn't in the table.\n")
        else:
            print(MISSING)
    print(
        f"The ledger has {rows:,} rows of posts, {1 - pages * PAGE / rows:.0%} of them repeats.\n"
    )
    return telling.ended(exact=exact)


if __name__ == "__main__":
    raise SystemExit(main())
