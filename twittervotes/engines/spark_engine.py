"""Counts a Parquet file of posts with Spark, on this machine or on a cluster.

Every worker must be able to open the file at the same path. Spark caches the tables that are read
twice, and recomputes them if a worker is lost.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from twittervotes.core.errors import ConfigError, LedgerError
from twittervotes.engines import engine_tally
from twittervotes.engines.dialects import SPARK
from twittervotes.engines.rule_compiler import POSTS, compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pyspark.sql import DataFrame

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Tally

# For a program that counts and exits: no web page, no progress bars, times read as stored.
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
}

PARTITIONS = "spark.sql.shuffle.partitions"
PER_CORE = 3  # partitions, so that all cores are busy until the end
PART_BYTES = 32 * 2**20  # of the file that a partition has at most: some 1.6 million rows

logging.getLogger("py4j").setLevel(logging.CRITICAL)  # what goes wrong is told in a sentence


class _Views:
    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark

    def make(self, name: str, query: str) -> None:
        self._spark.sql(query).createOrReplaceTempView(name)

    def keep(self, name: str) -> None:
        self._spark.catalog.cacheTable(name)

    def rows(self, query: str) -> Iterable[Sequence[object]]:
        return [tuple(row) for row in self._spark.sql(query).collect()]


@contextlib.contextmanager
def session(master: str) -> Iterator[SparkSession]:
    """Start Spark for the time of the context.

    Raises:
        ConfigError: Spark doesn't start.
    """
    builder = SparkSession.builder.appName("twittervotes tally").master(master)
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except Exception as error:  # Java's errors come in several classes
        raise ConfigError(
            f"Spark doesn't start on {master}. Check that Java 17 or newer is installed and that"
            " the master answers."
        ) from error
    try:
        spark.sparkContext.setLogLevel("ERROR")
        yield spark
    finally:
        spark.stop()


def is_local(master: str) -> bool:
    """Return whether Spark runs on this machine only."""
    return master == "local" or master.startswith("local[")


def tally(
    path: Path,
    contest: Contest,
    spark: SparkSession,
    *,
    without: Sequence[str] = (),
    is_named: bool,
) -> Tally:
    """Count the posts in a Parquet file; the arguments are those of `rule_compiler.compiled`."""
    try:
        divide(spark, path.stat().st_size)
        rows = spark.read.parquet(_literal(path))
        return tally_of(rows, contest, spark, without=without, is_named=is_named)
    except PySparkException as error:
        raise LedgerError(f"Spark could not count {path}: {error}") from error


def divide(spark: SparkSession, size: int) -> None:
    """Set into how many parts posts are divided, for files of so many bytes."""
    cores = spark.sparkContext.defaultParallelism
    spark.conf.set(PARTITIONS, str(max(PER_CORE * cores, size // PART_BYTES)))


def tally_of(
    rows: DataFrame,
    contest: Contest,
    spark: SparkSession,
    *,
    without: Sequence[str] = (),
    is_named: bool = False,
) -> Tally:
    """Count rows of posts; raises PySparkException."""
    plan = compiled(contest, SPARK, without=without, is_named=is_named)
    rows.createOrReplaceTempView(POSTS)
    views = _Views(spark)
    for name, query in plan.steps:
        views.make(name, query)
    for name in ("judged", "ballots"):  # read more than once
        views.keep(name)
    try:
        return engine_tally.tally(views, plan, contest)
    finally:
        spark.catalog.clearCache()


def _literal(path: Path) -> str:
    """Return a glob pattern that matches this file only."""
    signs = ("\\" + sign if sign in "*?[]{}\\" else sign for sign in str(path.resolve()))
    return "".join(signs)
