"""The tally: the same result as a recount, of a ledger or of its posts as Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from counted import POSTS, Run, Told, made
from pyarrow import parquet
from samples import post

from twittervotes.core.ledger.reader import Reader


@pytest.fixture
def posts(vote: Path, run: Run) -> Path:
    """Return the posts of the vote as Parquet, in a folder whose name holds signs of patterns."""
    folder = vote.parent / "a [b]* c"
    folder.mkdir()
    assert run("export", vote, "--to", folder / "posts.parquet").code == 0
    return folder / "posts.parquet"


RULES = (
    (),
    ("--rule", "per_account=last", "grace=1"),
    ("--rule", "per_account=per_choice", "several=each", "tie=earliest"),
    ("--without", "mirror", "--rule", "reposts=count"),
    ("--rule", "closes=2023-11-14T22:15:00Z"),
)


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: " ".join(rules[1:3]))
def test_the_document_is_that_of_a_recount_under_any_rules(
    rules: tuple[str, ...], vote: Path, posts: Path, run: Run
) -> None:
    right = json.loads(run("recount", vote, "--json", *rules).out)["recount"]
    for file in (vote, posts):
        told = run("tally", file, "--engine", "duckdb", "--json", *rules)
        assert (told.code, told.err) == (0, "")
        assert json.loads(told.out) == right


def test_without_json_it_prints_like_a_recount(vote: Path, posts: Path, run: Run) -> None:
    assert run("tally", posts) == run("tally", vote) == run("recount", vote)


def test_accounts_are_excluded_by_name_or_seal(vote: Path, posts: Path, run: Run) -> None:
    right = json.loads(run("recount", vote, "--json", "--exclude", "x:ann").out)["recount"]
    assert json.loads(run("tally", vote, "--json", "--exclude", "x:ann").out) == right
    with Reader(vote) as reader:
        seal = reader.seal("x", "ann")
    sealed = json.loads(run("tally", posts, "--json", "--exclude", seal).out)
    assert sealed["verdicts"] == right["verdicts"]
    assert sealed["contest"]["rules"]["exclude"] == [seal]
    refused = run("tally", posts, "--exclude", "x:ann")
    assert refused.code == 2
    assert "Exclude them by their seals" in refused.err


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: " ".join(rules[1:3]))
@pytest.mark.parametrize("more", [(), ("--with-accounts",)], ids=["sealed", "named"])
def test_a_pack_is_counted_as_the_ledger_is(
    more: tuple[str, ...], rules: tuple[str, ...], vote: Path, tmp_path: Path, run: Run
) -> None:
    pack = tmp_path / "pack.zip"
    assert run("export", vote, "--to", pack, *more).code == 0
    told = run("tally", pack, "--json", *rules)
    assert (told.code, told.err) == (0, "")
    assert json.loads(told.out) == json.loads(run("recount", vote, "--json", *rules).out)["recount"]


def test_a_pack_is_counted_by_itself_and_its_accounts_are_sealed(
    vote: Path, tmp_path: Path, run: Run
) -> None:
    pack = tmp_path / "pack.zip"
    assert run("export", vote, "--to", pack).code == 0
    refused = run("tally", pack, vote)
    assert (refused.code, refused.out) == (2, "")
    assert "can't be counted together" in refused.err
    assert "Exclude them by their seals" in run("tally", pack, "--exclude", "x:ann").err
    with Reader(vote) as reader:
        seal = reader.seal("x", "ann")
    told = json.loads(run("tally", pack, "--json", "--exclude", seal).out)
    right = json.loads(run("recount", vote, "--json", "--exclude", "x:ann").out)["recount"]
    assert told["verdicts"] == right["verdicts"]
    pack.write_bytes(pack.read_bytes()[:-9])
    told = run("tally", pack)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "can't be read as a results pack" in told.err


def test_an_unknown_source_is_refused_with_those_there_are(posts: Path, run: Run) -> None:
    told = run("tally", posts, "--without", "somewhere")
    assert (told.code, told.err) == (
        2,
        f"There is no source 'somewhere' in {posts}. Its sources: mirror, twitter.\n",
    )


def test_ledgers_of_several_machines_are_counted_as_one(
    vote: Path, tmp_path: Path, run: Run
) -> None:
    other, merged = made(tmp_path / "other.votes", (*POSTS, post("99", "arch"))), tmp_path / "all"
    assert run("merge", merged, vote, other).code == 0
    right = json.loads(run("recount", merged, "--json").out)["recount"]
    told = json.loads(run("tally", vote, other, "--json").out)
    assert told["digest"] == ""
    assert told == {**right, "digest": ""}
    assert "digest" not in run("tally", vote, other).out


def test_sealed_posts_are_not_counted_together(vote: Path, posts: Path, run: Run) -> None:
    told = run("tally", posts, vote)
    assert told.code == 2
    assert "can't be counted together" in told.err


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # Spark's own
def test_spark_prints_the_document_of_a_recount(vote: Path, posts: Path, run: Run) -> None:
    pytest.importorskip("pyspark")  # too large for the lock
    rules = ("--rule", "per_account=per_choice", "several=each", "tie=earliest", "required=vote")
    right = json.loads(run("recount", vote, "--json", *rules).out)["recount"]
    told = run("tally", posts, "--engine", "spark", "--master", "local[2]", "--json", *rules)
    assert (told.code, json.loads(told.out)) == (0, right)
    refused = run("tally", vote, "--engine", "spark", "--master", "spark://127.0.0.1:1")
    assert refused.code == 2
    assert f"can't read {vote}" in refused.err


def broken(path: Path, how: str) -> None:
    table = parquet.read_table(path)
    match how:
        case "cut":
            path.write_bytes(path.read_bytes()[:-20])
        case "strange":
            parquet.write_table(pa.table({"a": [1]}), path)
        case "no facts":
            parquet.write_table(table.replace_schema_metadata({}), path)
        case "wrong facts":
            parquet.write_table(table.replace_schema_metadata({"twittervotes": "{"}), path)
        case "later form":
            said = table.schema.metadata[b"twittervotes"].replace(b"posts/1", b"posts/2")
            parquet.write_table(table.replace_schema_metadata({"twittervotes": said}), path)
        case "strange choice":
            column = pa.array([["hurd"]] * table.num_rows, pa.list_(pa.string()))
            place = table.column_names.index("choices")
            parquet.write_table(table.set_column(place, "choices", column), path)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("cut", "can't be read as Parquet"),
        ("strange", "isn't a posts.parquet"),
        ("no facts", "isn't a posts.parquet"),
        ("wrong facts", "doesn't say what the vote was"),
        ("later form", "'twittervotes-posts/2', which this version doesn't know"),
        ("strange choice", "invalid value: 'hurd'"),
    ],
)
def test_a_file_that_isnt_ours_is_refused(how: str, words: str, posts: Path, run: Run) -> None:
    broken(posts, how)
    told = run("tally", posts)
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert words in told.err


def test_a_path_that_isnt_a_file_is_refused(tmp_path: Path, run: Run) -> None:
    for name in ("nothing.votes", "."):
        assert run("tally", tmp_path / name).err == run("recount", tmp_path / name).err


def test_without_the_engine_a_sentence_says_what_to_install(
    vote: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run("tally", vote) == Told(
        2,
        "",
        "The engine needs duckdb and pyarrow."
        " Install the extra: pip install 'twittervotes[duckdb]'\n",
    )
