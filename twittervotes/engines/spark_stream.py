"""Follows a folder of Parquet files with Spark Structured Streaming, and counts as files come.

The state is the posts that were read, each version once, as Parquet in the checkpoint's folder. A
batch makes the state that follows the one before it, so a batch that is made again, after a worker
or this program was killed, makes the same one. Files that repeat posts change nothing.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pyspark.errors import PySparkException
from pyspark.sql.functions import input_file_name

from twittervotes.core import atomic_file
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Tally
from twittervotes.core.errors import LedgerError, TwittervotesError
from twittervotes.engines import inputs, spark_engine
from twittervotes.export import vote_facts
from twittervotes.export.vote_facts import VoteFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import DataFrame, SparkSession


# What makes a version of a post; the rest of a row says who saw it, and when.
VERSION = (
    *("network", "key", "account", "posted", "tags", "folded", "choices", "kind", "revision"),
    "born",
)
SCHEMA = (
    "seq bigint, entry bigint, source string, network string, key string, account string,"
    " posted timestamp, tags array<string>, folded array<string>, choices array<string>,"
    " kind string, revision bigint, version int, born timestamp"
)
GONE = "kind = 'withdrawn'"
# As core.contest.versions ranks them. Between accounts that claim one post at one time the order of
# the seals decides, where a recount has the order of the names.
RANK = (
    f"{GONE} AND revision = 0, revision, {GONE}, size(array_distinct(array_remove(tags, ''))),"
    " posted DESC, account, array_join(tags, ' '), kind, born"
)


@dataclass(frozen=True, slots=True)
class Followed:
    """What is told after each file: the newest facts, and the tally of all under a contest."""

    facts: VoteFacts
    contest: Contest
    tally: Tally


class FolderStream:
    """Counts the files of `folder`, whose accounts are sealed by one ledger.

    Args:
        folder: Where the files come.
        checkpoint: The folder of the state, which goes on where it was.
        contest: Returns the contest to count by, which may have other rules.
        told: Called with the tally after each file.
    """

    def __init__(
        self,
        folder: Path,
        checkpoint: Path,
        contest: Callable[[VoteFacts], Contest],
        told: Callable[[Followed], None],
    ) -> None:
        self._folder, self._checkpoint = folder.resolve(), checkpoint.resolve()
        self._contest, self._told = contest, told
        self._failed: TwittervotesError | None = None

    def run(self, spark: SparkSession, *, ends: bool = False) -> None:
        """Count files as they come, forever, or all that are there if `ends`.

        Raises:
            LedgerError: A file isn't ours, or Spark failed for good.
        """
        size = sum(path.stat().st_size for path in self._folder.glob("*.parquet"))
        spark_engine.divide(spark, size)
        try:
            rows = (
                spark.readStream.schema(SCHEMA)
                .option("pathGlobFilter", "*.parquet")
                .option("maxFilesPerTrigger", 1)
                .parquet(str(self._folder))
            )
            writing = rows.writeStream.foreachBatch(self._add).option(
                "checkpointLocation", str(self._checkpoint / "progress")
            )
            trigger = {"availableNow": True} if ends else {"processingTime": "1 second"}
            writing.trigger(**trigger).start().awaitTermination()
        except PySparkException as error:
            if self._failed is not None:
                raise self._failed from error
            reason = str(error).partition("\n")[0]
            raise LedgerError(f"Spark could not follow {self._folder}: {reason}") from error

    def _add(self, rows: DataFrame, batch: int) -> None:
        """Make the state that has the rows of a batch too, and count it."""
        spark = rows.sparkSession  # that of the stream
        try:
            facts = self._newest(self._names(rows), batch)
            contest = self._contest(facts)
        except TwittervotesError as error:
            self._failed = error
            raise
        state = rows.select(*VERSION)
        if batch:
            state = state.unionByName(spark.read.parquet(str(self._state(batch - 1))))
        state.distinct().write.mode("overwrite").parquet(str(self._state(batch)))
        atomic_file.write(self._facts(batch), vote_facts.encoded(facts))
        whole = spark.read.parquet(str(self._state(batch))).selectExpr(
            "*",
            "1L AS seq",
            f"row_number() OVER (PARTITION BY network, key ORDER BY {RANK}) AS version",
        )
        self._told(Followed(facts, contest, spark_engine.tally_of(whole, contest, spark)))
        if batch > 1:
            shutil.rmtree(self._state(batch - 2), ignore_errors=True)
            self._facts(batch - 2).unlink(missing_ok=True)

    def _names(self, rows: DataFrame) -> Sequence[Sequence[str]]:
        try:
            names: list[tuple[str]] = rows.select(input_file_name()).distinct().collect()
        except Exception as error:  # Java's errors come in several classes
            raise LedgerError(
                f"A file in {self._folder} can't be read as Parquet. Remove it, and start again."
            ) from error
        return names

    def _newest(self, names: Sequence[Sequence[str]], batch: int) -> VoteFacts:
        """Return the facts of the file that was written last, of these and those before."""
        paths = (Path(unquote(urlsplit(name).path)) for (name,) in names)
        files = [inputs.read(path) for path in paths]
        found = [file.facts for file in files]
        if any(file.is_named for file in files):
            raise LedgerError(
                f"{self._folder} has files that name accounts. Export them without accounts."
            )
        before = self._facts(batch - 1)
        if before.exists():
            found.append(vote_facts.decoded(before.read_bytes(), str(before)))
        if not found:
            raise LedgerError(f"{self._folder} begins with a file without posts. Remove it.")
        return max(found, key=lambda facts: facts.entries)

    def _state(self, batch: int) -> Path:
        return self._checkpoint / f"state-{batch}"

    def _facts(self, batch: int) -> Path:
        return self._checkpoint / f"facts-{batch}.json"
