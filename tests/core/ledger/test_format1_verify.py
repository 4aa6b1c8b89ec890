"""Verification of ledgers of format 1: every change of a row is found and named."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from format1 import rewritten
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import contest, page, random_post
from tampering import (
    CONTEST,
    REWRITTEN,
    TABLES,
    Tamper,
    anew,
    cells,
    loosely,
    others,
    put,
    rechained,
    rich,
    swapped,
    tampered,
)

from twittervotes.core.contest.posts import LONGEST_VALUE, Post
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import format1_chain, format1_verify, verify, walkers
from twittervotes.core.ledger import format1_walk as chain_walk
from twittervotes.core.ledger.diagnosis import Defect
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger

ADDED_POST = (
    "INSERT INTO posts VALUES (?, ?, 'one', 'net', '77', 'v', 1, 'debian', 'post', 0, 0, 7)"
)
LAST_PAGE = 20


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rewritten(rich(tmp_path_factory.mktemp("rich") / "vote.votes"))


@pytest.fixture
def finding(ledger: Path, tmp_path: Path) -> Callable[..., Defect | None]:
    """Return a function that tampers with a copy, and returns what verification finds."""

    def of(tamper: Tamper, expected: str | None = None) -> Defect | None:
        copy = tampered(ledger, tmp_path / "copy.votes", tamper)
        return verify.verify(copy, expected=expected).finding

    return of


def sql(query: str, *values: object) -> Tamper:
    return lambda db: db.execute(query, values)


def named(finding: Defect | None) -> tuple[str, int, str]:
    assert finding
    assert finding.words.endswith(".")
    return finding.table, finding.row, finding.kind


def test_a_ledger_as_it_was_written_is_proved(ledger: Path) -> None:
    verified = verify.verify(ledger)
    with closing(sqlite3.connect(ledger)) as db:
        (digest,) = db.execute("SELECT digest FROM entries ORDER BY n DESC LIMIT 1").fetchone()
    assert verified == verify.Verified(24, 10, digest.hex(), None)
    assert verify.verify(ledger, expected=f" {digest.hex().upper()}\n").finding is None


def test_a_changed_byte_is_found_with_its_row(ledger: Path, tmp_path: Path) -> None:
    assert change_cells(ledger, tmp_path) > 900


def change_cells(ledger: Path, folder: Path, only: str = "") -> int:
    """Change one cell after the other; return how many changes were tried."""
    tried = 0
    for table, column, row, was in cells(ledger):
        for value in others(was) if only in ("", column) else ():
            try:
                copy = tampered(ledger, folder / "copy.votes", put(table, column, row, value, was))
            except sqlite3.IntegrityError:  # another row has that number
                continue
            tried += 1
            found = named(verify.verify(copy).finding)
            if column == TABLES[table][0]:
                assert found == (table, value, "moved")
            else:
                assert found == (table, row, "changed"), (column, value)
    return tried


FAR = 2**62  # a row number too large to count up to


@pytest.mark.parametrize("seq", [FAR, 2**63 - 1, 4_000_000_000])
@pytest.mark.parametrize("more", ["SELECT 1", "UPDATE posts SET tags = 'x' WHERE seq = 2"])
def test_a_row_number_beyond_all_measure_is_found_at_once(
    seq: int, more: str, ledger: Path, tmp_path: Path
) -> None:
    def add(db: sqlite3.Connection) -> None:
        db.execute(more)
        db.execute("CREATE TEMP TABLE t AS SELECT * FROM posts WHERE seq = 5")
        db.execute("UPDATE t SET seq = ?", (seq,))
        db.execute("INSERT INTO posts SELECT * FROM t")

    copy = tampered(ledger, tmp_path / "copy.votes", add)
    found = named(verify.verify(copy).finding)
    assert found == (("posts", 2, "changed") if "UPDATE" in more else ("posts", seq, "moved"))
    with pytest.raises(LedgerError, match=f"the number {seq}"):
        Reader(copy)  # what counts makes room for so many posts


def test_an_entry_number_beyond_all_measure_is_found_at_once(ledger: Path, tmp_path: Path) -> None:
    query = "INSERT INTO entries SELECT ?, kind, source, at_ms, body, digest FROM entries WHERE n=9"
    copy = tampered(ledger, tmp_path / "copy.votes", sql(query, FAR))
    assert named(verify.verify(copy).finding) == ("entries", 25, "dropped")
    with pytest.raises(LedgerError, match=f"the number {FAR}"):
        Reader(copy)


@pytest.mark.parametrize("column", ["key", "voter", "tags", "kind", "network"])
def test_a_value_longer_than_any_ledger_writes_is_found(
    column: str, ledger: Path, tmp_path: Path
) -> None:
    for length, is_fine in ((LONGEST_VALUE, True), (LONGEST_VALUE + 1, False)):
        tamper = put("posts", column, 10, "ж" * length, None)
        copy = tampered(ledger, tmp_path / "copy.votes", tamper)
        with closing(sqlite3.connect(copy, isolation_level=None)) as db:
            rechained(db)
        found = verify.verify(copy).finding
        assert (found is not None and named(found) == ("posts", 10, "changed")) is not is_fine


@pytest.mark.parametrize("value", [None, 7, 7.5, "7", b"7", "as it is"])
def test_a_value_of_another_kind_is_found_and_its_row_named(
    value: object, ledger: Path, tmp_path: Path
) -> None:
    for table, column, row, was in cells(ledger):
        if column == TABLES[table][0] or row not in (1, 3, 9) or was == value:
            continue
        other = of_other_kind(was) if value == "as it is" else value
        tamper = loosely(put(table, column, row, other, None))
        copy = tampered(ledger, tmp_path / "copy.votes", tamper)
        assert named(verify.verify(copy).finding) == (table, row, "changed"), column


def of_other_kind(value: object) -> object:
    """Return what prints alike: 5 and '5', a text and the same as bytes."""
    match value:
        case bytes():
            return value.decode("latin-1")
        case str():
            return value.encode()
    return str(value)


def test_a_changed_type_is_found_in_every_column(ledger: Path, tmp_path: Path) -> None:
    for table, column, row, was in cells(ledger):
        if row == 3 and column != TABLES[table][0]:
            tamper = loosely(put(table, column, row, of_other_kind(was), None))
            copy = tampered(ledger, tmp_path / "copy.votes", tamper)
            assert named(verify.verify(copy).finding) == (table, row, "changed"), column


def test_a_dropped_row_is_named(ledger: Path, finding: Callable[..., Defect | None]) -> None:
    for table, rows in (("entries", 23), ("posts", 10)):
        for row in range(1, rows + 1):
            drop = sql(f"DELETE FROM {table} WHERE {TABLES[table][0]} = ?", row)  # noqa: S608 - our words
            assert named(finding(drop)) == (table, row, "dropped")


def test_a_dropped_last_page_is_found_by_its_posts(
    finding: Callable[..., Defect | None],
) -> None:
    tail = sql("DELETE FROM entries WHERE n >= ?", LAST_PAGE)
    assert named(finding(tail)) == ("entries", LAST_PAGE, "dropped")


def test_rows_that_trade_places_are_named(
    ledger: Path, finding: Callable[..., Defect | None]
) -> None:
    for table, rows in (("entries", 24), ("posts", 10)):
        for one, other in [(n, n + 1) for n in range(1, rows)] + [(1, rows), (2, rows - 2)]:
            found = named(finding(swapped(table, one, other)))
            assert found == (table, one, "moved"), (one, other)


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (sql(ADDED_POST, 11, LAST_PAGE), ("posts", 11, "added")),
        (sql(ADDED_POST, 11, 3), ("posts", 11, "added")),
        (sql(ADDED_POST, 11, 99), ("posts", 11, "added")),
        (sql(ADDED_POST, 0, 6), ("posts", 0, "added")),
        (sql(ADDED_POST, -3, 99), ("posts", -3, "added")),
        (sql("INSERT INTO entries VALUES (0, 'act', '', 1, '{}', x'00')"), ("entries", 0, "added")),
        (
            sql("INSERT INTO entries VALUES (25, 'act', '', 1, '{}', x'00')"),
            ("entries", 25, "changed"),
        ),
        (sql("DELETE FROM posts"), ("posts", 1, "dropped")),
        (sql("DELETE FROM entries"), ("posts", 1, "added")),
        (sql("UPDATE posts SET entry = 99 WHERE seq = 10"), ("posts", 10, "changed")),
    ],
)  # fmt: skip
def test_an_added_row_is_named(
    tamper: Tamper, expected: tuple[str, int, str], finding: Callable[..., Defect | None]
) -> None:
    assert named(finding(tamper)) == expected


@pytest.mark.parametrize(
    ("query", "name", "kind"),
    [
        ("CREATE TABLE extra (x)", "extra", "added"),
        ("CREATE VIEW seen AS SELECT * FROM posts", "seen", "added"),
        ("CREATE INDEX other ON posts (voter)", "other", "added"),
        (
            "CREATE TRIGGER t AFTER INSERT ON posts BEGIN DELETE FROM posts; END",
            *("t", "added"),
        ),
        ("ALTER TABLE posts ADD COLUMN more TEXT", "posts", "changed"),
        ("ALTER TABLE entries RENAME COLUMN at_ms TO at", "entries", "changed"),
        ("DROP INDEX posts_by_key", "posts_by_key", "dropped"),
        ("DROP TABLE posts", "posts", "dropped"),
        ("ANALYZE", "sqlite_stat1", "added"),
        ("PRAGMA user_version = 0", "user_version", "changed"),
    ],
)
def test_another_table_column_index_view_or_trigger_is_named(
    query: str, name: str, kind: str, finding: Callable[..., Defect | None]
) -> None:
    assert named(finding(sql(query))) == (name, 0, kind)


def with_namesake(db: sqlite3.Connection) -> None:
    """Add a trigger under the name of a ledger's index, before it in the schema."""
    db.executescript(
        "DROP INDEX posts_by_key;"
        "CREATE TRIGGER posts_by_key AFTER INSERT ON posts"
        " BEGIN DELETE FROM posts WHERE seq < NEW.seq; END;"
        "CREATE INDEX posts_by_key ON posts (key)"
    )


def test_a_trigger_under_the_name_of_the_index_is_named(
    finding: Callable[..., Defect | None],
) -> None:
    assert named(finding(with_namesake)) == ("posts_by_key", 0, "added")


def test_comments_in_the_schema_are_no_part_of_it(finding: Callable[..., Defect | None]) -> None:
    def without_comments(db: sqlite3.Connection) -> None:
        (laid_out,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'posts'").fetchone()
        plain = "\n".join(line.partition("--")[0] for line in laid_out.splitlines())
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'posts'", (plain,))

    assert finding(without_comments) is None


@pytest.mark.parametrize("query", ["PRAGMA application_id = 1", "PRAGMA user_version = 3"])
def test_a_file_that_says_it_is_something_else_is_refused(
    query: str, finding: Callable[..., Defect | None]
) -> None:
    with pytest.raises(LedgerError):
        finding(sql(query))


def with_wrong_index(db: sqlite3.Connection) -> None:
    """Let the index say of post 4 that it has another key."""
    db.execute("UPDATE posts SET key = 'elsewhere' WHERE seq = 4")
    row = db.execute("SELECT * FROM sqlite_master WHERE type = 'index'").fetchone()
    db.execute("PRAGMA writable_schema = ON")
    db.execute("DELETE FROM sqlite_master WHERE type = 'index'")
    path = db.execute("PRAGMA database_list").fetchone()[2]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE posts SET key = '3' WHERE seq = 4")
    db.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)


def test_an_index_that_disagrees_with_the_posts_is_found(
    finding: Callable[..., Defect | None],
) -> None:
    found = finding(with_wrong_index)
    assert named(found) == ("posts_by_key", 4, "changed")


@pytest.mark.parametrize(("query", "expected"), REWRITTEN)
def test_invalid_values_are_found_despite_recomputed_digests(
    query: str, expected: tuple[str, int, str], finding: Callable[..., Defect | None]
) -> None:
    assert named(finding(anew(query))) == expected


def test_a_changed_post_with_a_new_checksum_is_found_with_its_page(
    ledger: Path, finding: Callable[..., Defect | None]
) -> None:
    def tamper(db: sqlite3.Connection) -> None:
        digests = db.execute("SELECT digest, n FROM entries").fetchall()
        db.execute("UPDATE posts SET tags = 'arch' WHERE seq = 3")
        rechained(db)
        db.executemany("UPDATE entries SET digest = ? WHERE n = ?", digests)

    found = finding(tamper)
    assert named(found) == ("entries", 7, "changed")
    assert found
    assert "posts 3 to 4" in found.words


def test_a_post_that_was_given_to_another_page_is_named(
    finding: Callable[..., Defect | None],
) -> None:
    def tamper(db: sqlite3.Connection) -> None:
        digests = db.execute("SELECT digest, n FROM entries").fetchall()
        db.execute("UPDATE posts SET entry = 7 WHERE seq = 2")
        rechained(db)
        db.executemany("UPDATE entries SET digest = ? WHERE n = ?", digests)

    assert named(finding(tamper)) == ("posts", 2, "changed")


def test_a_truncated_or_rewritten_ledger_has_another_digest(
    ledger: Path, finding: Callable[..., Defect | None]
) -> None:
    digest = verify.verify(ledger).digest
    cut = sql("DELETE FROM entries WHERE n > 20")
    written_anew = anew("UPDATE posts SET tags = 'arch' WHERE seq = 2")
    for tamper in (cut, written_anew):
        assert finding(tamper) is None
        found = finding(tamper, digest)
        assert found
        assert "truncated, rewritten" in found.words


def test_what_was_written_after_the_published_digest_is_named(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as db:
        (digest,) = db.execute("SELECT digest FROM entries WHERE n = 20").fetchone()
    found = verify.verify(ledger, expected=digest.hex()).finding
    assert named(found) == ("entries", 21, "added")


@pytest.mark.parametrize("digest", ["", "abc", "g" * 64, "١" * 64])
def test_what_is_no_digest_is_refused(digest: str, ledger: Path) -> None:
    with pytest.raises(LedgerError, match="64"):
        verify.verify(ledger, expected=digest)


def test_what_is_no_ledger_is_refused_with_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("Dear diary")
    for path in (text, tmp_path, tmp_path / "nothing"):
        with pytest.raises(LedgerError):
            verify.verify(path)


def test_proving_leaves_the_file_as_it_is(ledger: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.votes"
    shutil.copyfile(ledger, copy)
    before = copy.read_bytes()
    verify.verify(copy)
    assert copy.read_bytes() == before


# Parts and processes


def filled(path: Path, pages: int, posts: int) -> Path:
    """Make a ledger of pages of a few posts."""
    with Ledger.create(path, CONTEST, 1) as ledger:
        for number in range(pages):
            keys = range(number * posts, number * posts + posts)
            seen = [Post("net", str(key), f"v{key}", key, "debian") for key in keys]
            ledger.append([page(seen), Entry("failed", "twitter", {"feed": "all"})], number)
    return rewritten(path)


@pytest.mark.parametrize("part", [1, 7, 10, 33])
def test_walking_in_parts_finds_the_same(
    part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(format1_verify, "PART", part)
    path = filled(tmp_path / "vote.votes", 20, 5)
    told: list[int] = []
    assert verify.verify(path, passed=told.append).finding is None
    assert told == sorted(set(told))
    assert told[-1] == 100
    assert len(told) > 1
    for row in range(1, 101, 3):
        for column in ("entry", "tags", "mark"):
            query = f"UPDATE posts SET {column} = {column} || '1' WHERE seq = ?"  # noqa: S608 - our words
            copy = tampered(path, tmp_path / "copy.votes", sql(query, row))
            assert named(verify.verify(copy).finding) == ("posts", row, "changed")
    for row in range(3, 43):
        query = "UPDATE entries SET digest = zeroblob(32) WHERE n = ?"
        copy = tampered(path, tmp_path / "copy.votes", sql(query, row))
        assert named(verify.verify(copy).finding) == ("entries", row, "changed")


def test_a_long_ledger_is_walked_by_several_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(format1_verify, "PART", 20)
    monkeypatch.setattr(walkers, "ALONE", 0)
    path = filled(tmp_path / "vote.votes", 20, 5)
    assert verify.verify(path).finding is None
    copy = tampered(
        path, tmp_path / "copy.votes", sql("UPDATE posts SET tags = 'x' WHERE seq = 88")
    )
    assert named(verify.verify(copy).finding) == ("posts", 88, "changed")


def test_a_page_of_many_posts_is_walked_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_walk, "AT_ONCE", 3)
    path = filled(tmp_path / "vote.votes", 2, 10)
    assert verify.verify(path).finding is None
    copy = tampered(
        path, tmp_path / "copy.votes", sql("UPDATE posts SET tags = 'x' WHERE seq = 18")
    )
    assert named(verify.verify(copy).finding) == ("posts", 18, "changed")


# Any ledger


def pages(seed: int) -> Iterator[Entry]:
    random = Random(seed)
    for _ in range(random.randrange(1, 6)):
        posts = [random_post(random) for _ in range(random.randrange(5))]
        yield page(posts, source=random.choice(("one", "two")))


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.data())
def test_any_ledger_is_proved_and_any_change_in_it_is_found(seed: int, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "vote.votes")
        with Ledger.create(path, contest(), 1) as ledger:
            for entry in pages(seed):
                ledger.append([entry], 2)
        rewritten(path)
        assert verify.verify(path).finding is None
        table, column, row, was = data.draw(st.sampled_from(list(cells(path))))
        value = data.draw(st.sampled_from(list(others(was))))
        try:
            copy = tampered(path, Path(folder, "copy"), put(table, column, row, value, was))
        except sqlite3.IntegrityError:
            return
        found = verify.verify(copy).finding
        assert found
        assert found.table == table
        assert column == TABLES[table][0] or found.row == row


# The tests above can fail: these mutants would not be noticed but for them


def blank(line: bytes, place: int) -> bytes:
    """Return a line as it would be, had a column been forgotten."""
    values = line.removesuffix(b"\n").split(b"\t")
    values[place] = b""
    return b"\t".join(values) + b"\n"


@pytest.mark.parametrize(
    "name", sorted(set(Post._fields) - {"network"})
)  # that is in the seal, too
def test_forgetting_a_posts_column_is_caught(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = TABLES["posts"].index(name)
    post_line, each = format1_chain.post_line, chain_walk.Lines.each
    monkeypatch.setattr(
        format1_chain, "post_line", lambda *values: blank(post_line(*values), place)
    )
    monkeypatch.setattr(
        chain_walk.Lines,
        "each",
        lambda self, rows: [blank(line, place) for line in each(self, rows)],
    )
    with pytest.raises(AssertionError):
        change_cells(rewritten(rich(tmp_path / "vote.votes")), tmp_path, name)


@pytest.mark.parametrize("name", ["kind", "source", "at_ms", "body"])
def test_forgetting_an_entrys_column_is_caught(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = TABLES["entries"].index(name)
    for module in (format1_chain, chain_walk):
        line = module.entry_line
        monkeypatch.setattr(
            module, "entry_line", lambda *values, line=line: blank(line(*values), place)
        )
    with pytest.raises(AssertionError):
        change_cells(rewritten(rich(tmp_path / "vote.votes")), tmp_path, name)


def test_the_example_of_the_documentation_is_right() -> None:
    page_of_docs = (Path(__file__).parents[3] / "docs" / "proof-format-1.md").read_text("utf-8")
    lines = dict(
        re.split(r"\s{3,}", line.strip(), maxsplit=1)
        for line in page_of_docs.splitlines()
        if re.match(r" {4}\S.*? {3,}", line)
    )
    entry, post = (
        lines[name].replace("⇥", "\t").replace("⏎", "\n").encode() for name in ("entry", "post")
    )
    seal = format1_chain.sealed_by(bytes(range(16)))
    told = Post("x", "1725", lines["voter"], 1_700_000_000_000, "debian été")
    body = '{"feed":"all","seen":1,"new":1,"again":0}'
    assert entry == format1_chain.entry_line(3, "page", "twitter", 1_700_000_000_000, body)
    assert post == format1_chain.post_line(1, 3, "twitter", told, seal)
    assert lines["SHA-256(line of the entry)"] == hashlib.sha256(entry).hexdigest()
    assert lines["SHA-256(line of the post)"] == hashlib.sha256(post).hexdigest()
    assert lines["digest(3)"] == format1_chain.digest(b"\xaa" * 32, entry, [post]).hex()
    assert lines["mark"] == str(format1_chain.checksum(post))
