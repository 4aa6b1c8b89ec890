"""Posts as Parquet: what the columns hold, and what the file says of its vote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from pyarrow import parquet
from samples import CHOICES, OPENS, contest, page, post
from strategies import law, rounds

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Withdrawn
from twittervotes.core.contest.posts import Post
from twittervotes.core.contest.versions import current_version
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.search import current_posts
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.export import export, vote_facts
from twittervotes.export import parquet as writing

PAGE = Path(__file__).resolve().parents[2] / "docs" / "parquet.md"
POSTS = (
    post("1", "Debian vote", voter="ann"),
    post("2", "ubunut ARCH", voter="bob", kind="reply", born_ms=OPENS - 5000),
    post("3", "", voter="cem"),
    post("4", "arch", voter="ann", at_ms=OPENS + 1500),
)
EDITED = (POSTS[0], POSTS[3]._replace(revision=2, tags="debian"))


def written(path: Path, *pages: Entry) -> Path:
    with Ledger.create(path, contest(), OPENS) as ledger:
        for each in pages:
            ledger.append([each], OPENS)
    return path


def exported(path: Path, **options: bool) -> pa.Table:
    out = path.with_name("posts.parquet")
    out.unlink(missing_ok=True)
    with Reader(path) as reader:
        export(reader, out, **options)  # type: ignore[arg-type]
    return parquet.read_table(out)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return written(tmp_path / "vote.votes", page(POSTS), page(EDITED, source="mirror"))


def test_each_ledger_row_is_a_row_with_its_choices(ledger: Path) -> None:
    rows = exported(ledger).to_pylist()
    with Reader(ledger) as reader:
        seals = [reader.seal("x", name) for name in ("ann", "bob", "cem", "ann", "ann", "ann")]
    assert [row["account"] for row in rows] == seals
    assert [(row["seq"], row["entry"], row["source"], row["key"]) for row in rows] == [
        (1, 3, "twitter", "1"),
        (2, 3, "twitter", "2"),
        (3, 3, "twitter", "3"),
        (4, 3, "twitter", "4"),
        (5, 4, "mirror", "1"),
        (6, 4, "mirror", "4"),
    ]
    assert [(row["tags"], row["folded"], row["choices"]) for row in rows[:3]] == [
        (["Debian", "vote"], ["debian", "vote"], ["debian"]),
        (["ubunut", "ARCH"], ["ubunut", "arch"], ["ubuntu", "arch"]),
        ([], [""], []),
    ]
    assert [row["version"] for row in rows] == [1, 1, 1, 1, 1, 2]
    assert rows[1]["kind"] == "reply"
    assert rows[3]["posted"].timestamp() * 1000 == OPENS + 1500
    assert [row["born"] is None for row in rows[:2]] == [True, False]


def test_accounts_are_named_only_on_request(ledger: Path) -> None:
    assert "voter" not in exported(ledger).column_names
    assert b"ann" not in (ledger.with_name("posts.parquet")).read_bytes()
    assert exported(ledger, with_accounts=True)["voter"].to_pylist()[:2] == ["ann", "bob"]


def test_the_file_describes_its_vote(tmp_path: Path) -> None:
    path = tmp_path / "vote.votes"
    with Ledger.create(path, contest(), OPENS) as ledger:
        ledger.append([page(POSTS)], OPENS)
        ledger.act(Act(ActKind.EXCLUDED, OPENS, voter="ann", reason="bought"))
    for named in (False, True):
        table = exported(path, with_accounts=named)
        facts = vote_facts.decoded(table.schema.metadata[writing.METADATA], "posts.parquet")
        with Reader(path) as reader:
            excluded = "ann" if named else reader.seal("x", "ann")
            assert facts.digest == reader.digest
        assert facts.contest.choices == CHOICES
        assert excluded in facts.contest.rules.exclude
        assert ("ann" in facts.contest.rules.exclude) is named
        assert facts.did == (ActKind.EXCLUDED,)


@law
@given(rounds)
def numbered(tmp: pytest.TempPathFactory, seen: Sequence[Entry]) -> None:
    path = written(tmp.mktemp("law") / "vote.votes", *seen)
    rows = exported(path, with_accounts=True).to_pylist()
    posts: dict[tuple[str, str], dict[Post, int]] = {}
    with Reader(path) as reader:
        found = [each for _, pages in reader.written() for page in pages for each in page.posts()]
    for row, each in zip(rows, found, strict=True):
        assert posts.setdefault(each[:2], {}).setdefault(each, row["version"]) == row["version"]
    for versions in posts.values():
        assert sorted(versions.values()) == list(range(1, len(versions) + 1))
        assert versions[current_version(versions)] == len(versions)
        kept = current_version(versions, Withdrawn.KEEP)
        left = [each for each in versions if each.kind != "withdrawn"] or [*versions]
        assert versions[kept] == max(versions[each] for each in left)


def test_the_last_version_is_the_current_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    numbered(tmp_path_factory)


def test_the_same_ledger_gives_the_same_bytes(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROWS", 4)
    whole = exported(ledger)
    out = ledger.with_name("posts.parquet")
    first = out.read_bytes()
    assert [parquet.ParquetFile(out).metadata.row_group(n).num_rows for n in (0, 1)] == [4, 2]
    assert exported(ledger).equals(whole)
    assert out.read_bytes() == first


def test_an_empty_ledger_gives_a_file_without_rows(tmp_path: Path) -> None:
    assert exported(written(tmp_path / "vote.votes")).num_rows == 0


def test_an_interrupted_export_leaves_no_file(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = ledger.with_name("evening-posts.parquet")
    out.write_text("mine")
    with Reader(ledger) as reader, pytest.raises(ConfigError, match="already exists"):
        export(reader, out)
    assert out.read_text() == "mine"
    out.unlink()
    before = sorted(ledger.parent.iterdir())

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with Reader(ledger) as reader, pytest.raises(KeyboardInterrupt):
        export(reader, out, passed=interrupt)
    assert sorted(ledger.parent.iterdir()) == before


def test_without_pyarrow_a_sentence_says_what_to_install(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with Reader(ledger) as reader, pytest.raises(ConfigError, match=r"twittervotes\[parquet\]"):
        export(reader, ledger.with_name("posts.parquet"))
    assert not ledger.with_name("posts.parquet").exists()


def test_the_page_names_every_column_in_order() -> None:
    named = re.findall(r"^\| `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert named == [name for name, _ in (*writing.COLUMNS, writing.VOTER)]


EXAMPLES = re.findall(
    r"^(\w+):\n\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.filterwarnings("ignore:PySpark does not yet")
@pytest.mark.parametrize(("library", "code"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_the_examples_of_the_page_count_what_the_ledger_holds(
    library: str, code: str, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if library == "Spark":
        pytest.importorskip("pyspark")  # too large for the lock
        code = code.replace("posts.parquet", str(ledger.with_name("posts.parquet")))
        code += "spark.stop()\n"
    exported(ledger)
    with Reader(ledger) as reader:
        stands = [each for each in current_posts(reader) if each.kind != "withdrawn"]
    named = {"debian": ("debian",), "ubuntu": ("ubunut", "ubuntu"), "arch": ("arch",)}
    right = Counter(
        choice
        for each in stands
        for choice, tags in named.items()
        if {*each.tags.lower().split()} & {*tags}
    )
    monkeypatch.chdir(ledger.parent)
    scope: dict[str, list[tuple[str, int]]] = {}
    exec(code, scope)  # noqa: S102 - the page's own example
    assert dict(scope["found"]) == right
    assert sum(right.values()) == 4


def test_the_page_has_an_example_for_each_library() -> None:
    assert [name for name, _ in EXAMPLES] == ["DuckDB", "Polars", "pandas", "Spark"]
