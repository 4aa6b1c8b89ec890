"""Spark on a real cluster, one of whose workers dies while it counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import until

from benchmarks import audience
from benchmarks.spark import ledger
from benchmarks.spark_cluster import SparkCluster, cluster, loopback
from twittervotes.core.contest.posts import Tally
from twittervotes.core.ledger.reader import Reader
from twittervotes.engines import inputs
from twittervotes.export import export

pytest.importorskip("pyspark", reason="PySpark is too large for the lock")

from twittervotes.engines import spark_engine

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]  # Spark's own
ROWS = 150_000


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SparkCluster]:
    """Start a master and two workers."""
    for name, value in loopback().items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "cluster"
    folder.mkdir()
    with cluster(folder, 2) as found:
        yield found


def test_a_worker_that_is_killed_while_it_counts_changes_nothing(
    workers: SparkCluster, tmp_path: Path
) -> None:
    path, pages, _ = ledger(tmp_path, ROWS)
    out = tmp_path / "posts.parquet"
    with Reader(path) as reader:
        export(reader, out)
    file, found = inputs.read(out), list[Tally]()
    with spark_engine.session(workers.url) as spark:

        def count() -> None:
            found.append(spark_engine.tally(out, file.facts.contest, spark, is_named=False))

        def has_begun() -> bool:
            tracker = spark.sparkContext.statusTracker()
            stages = map(tracker.getStageInfo, tracker.getActiveStageIds())
            return any(stage is not None and stage.numCompletedTasks > 0 for stage in stages)

        until(lambda: workers.works(0) and workers.works(1))
        counting = threading.Thread(target=count)
        counting.start()
        until(has_begun)
        workers.kill_worker()
        assert counting.is_alive(), "it had counted before the worker was killed"
        counting.join()
    (tally,) = found
    assert tally.votes == audience.truth(pages)
