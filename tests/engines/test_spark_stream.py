"""Spark follows a folder of exports: the tally is exact after each file, whoever is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from patience import until
from samples import OPENS, VOTERS, contest, page, random_post

from benchmarks.spark_cluster import cluster, kill, loopback
from twittervotes.app.main import main
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Withdrawn
from twittervotes.core.counting.result import document
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.export import export
from twittervotes.export.redaction import Given

pytest.importorskip("pyspark", reason="PySpark is too large for the lock")

from twittervotes.engines import spark_engine
from twittervotes.engines.spark_stream import FolderStream, Followed

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]  # Spark's own


@pytest.fixture(autouse=True)
def on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in loopback().items():
        monkeypatch.setenv(name, value)


def grown(folder: Path, files: int) -> Iterator[tuple[Path, dict[str, object]]]:
    """Let a vote grow; yield each export of it, with the result at that time."""
    random, path = Random(1), folder / "vote.votes"
    out = folder / "exports"
    out.mkdir()
    with Ledger.create(path, contest(withdrawn=Withdrawn.KEEP), OPENS) as ledger:
        about = {"network": "x", "complete": True, "queries": ["all"]}
        ledger.append([Entry("source", "twitter", about)], OPENS)
    for number in range(files):
        with Ledger.reopen(path) as ledger:
            found = [random_post(random)._replace(key=str(random.randrange(60))) for _ in range(80)]
            found = [each._replace(voter=VOTERS[int(each.key) % 4]) for each in found]
            ledger.append([page(found)], OPENS + 1000)
            if number == 1:
                ledger.act(Act(ActKind.EXCLUDED, OPENS + 2000, voter="cem", reason="bought"))
        file = out / f"{number}-posts.parquet"
        with Reader(path) as reader:
            export(reader, file)
            yield file, document(Given(reader).outcome())


def test_the_tally_is_exact_after_each_file_and_goes_on_where_it_was(tmp_path: Path) -> None:
    told: list[Followed] = []
    stream = FolderStream(
        tmp_path / "exports", tmp_path / "checkpoint", lambda facts: facts.contest, told.append
    )
    with spark_engine.session("local[2]") as spark:
        for number, (_, right) in enumerate(grown(tmp_path, 3), 1):
            stream.run(spark, ends=True)
            assert len(told) == number
            last = told[-1]
            assert last.facts.digest == right["digest"]
            assert {verdict.value: found for verdict, found in last.tally.verdicts} == right[
                "verdicts"
            ]
            assert last.tally.total == right["total"]
        (tmp_path / "exports" / "strange.parquet").write_bytes(b"PAR1")
        with pytest.raises(LedgerError, match="can't be read as Parquet"):
            stream.run(spark, ends=True)


def test_a_worker_that_is_killed_between_two_files_changes_nothing(tmp_path: Path) -> None:
    *_, (_, right) = grown(tmp_path, 4)
    logs, told = tmp_path / "cluster", list[Followed]()
    logs.mkdir()
    stream = FolderStream(
        tmp_path / "exports", tmp_path / "checkpoint", lambda facts: facts.contest, told.append
    )
    with cluster(logs, 2) as workers, spark_engine.session(workers.url) as spark:
        until(lambda: workers.works(0) and workers.works(1))
        following = threading.Thread(target=lambda: stream.run(spark, ends=True))
        following.start()
        until(lambda: told)
        workers.kill_worker()
        assert len(told) < 4, "it had counted all before the worker was killed"
        following.join()
    assert [each.tally.total for each in told][-1] == right["total"]
    assert told[-1].facts.digest == right["digest"]
    assert len(told) == 4


def test_a_program_that_is_killed_goes_on_to_the_same_result(tmp_path: Path) -> None:
    *_, (_, right) = grown(tmp_path, 3)
    out = tmp_path / "result.json"
    words = ["tally", str(tmp_path / "exports"), "--engine", "spark", "--master", "local[2]"]
    command = [sys.executable, "-m", "twittervotes", *words, "--follow", str(out)]

    def result() -> object:
        return json.loads(out.read_text()) if out.exists() else None

    def running() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)

    checkpoint = tmp_path / "result.json-checkpoint"
    first = running()
    try:
        until(checkpoint.exists)  # Java takes long to start
        until(result)
    finally:
        kill(first)
    assert result() != right, "it had counted all before it was killed"
    second = running()
    try:
        until((checkpoint / "facts-1.json").exists)
        until(lambda: result() == right)
    finally:
        kill(second)


def test_what_cannot_be_followed_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ("--follow", str(tmp_path / "result.json"))
    for words in (
        (str(tmp_path), *out),
        (str(tmp_path / "nothing"), "--engine", "spark", *out),
        (str(tmp_path), "--engine", "spark", "--without", "x", *out),
    ):
        assert main(["tally", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1
