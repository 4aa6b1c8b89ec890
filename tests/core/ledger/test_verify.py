"""Verification: every change of a ledger's rows is found, and the right row is named."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from format2 import (
    REWRITTEN,
    WIDTHS,
    Row,
    cells,
    converted,
    loosely,
    others,
    put,
    rechained,
    rows_of,
    swapped,
    written,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import OPENS, VOTERS, random_post
from tampering import Tamper, rich, tampered

from twittervotes.core.contest.columns import columns_of
from twittervotes.core.contest.posts import LONGEST_VALUE, Post
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import chain, verify, walkers
from twittervotes.core.ledger.diagnosis import Defect

ENTRIES, POSTS = 24, 10


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rich")
    return converted(rich(folder / "old.votes"), folder / "vote.votes")


@pytest.fixture(scope="module")
def varied(ledger: Path) -> Path:
    """Make a ledger whose posts have numbers and texts as keys and accounts, births and edits."""
    posts = (
        *(
            Post("x", str(10**18 + n), str(10**9 + n), OPENS + n, "debian", "post", 0, 7)
            for n in range(3)
        ),
        *(
            Post("mastodon", f"https://m.example/{n}", f"é{n}", OPENS, "arch", "quote", n, 7)
            for n in (1, 2)
        ),
        Post("x", "17", "ann", OPENS, "debian été"),
    )
    rows = rows_of(ledger)
    for seen in (posts[:3], posts[3:5], posts):
        again = len(seen) - 1 if len(seen) > 3 else 0
        facts = {"feed": "all", "seen": len(seen), "new": len(seen), "again": again}
        rows.append(Row("page", "one", OPENS, facts, seen))
    return written(ledger.with_name("varied.votes"), rows)


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


def firsts(path: Path) -> dict[int, int]:
    """Return the number of the first post of each page."""
    with closing(sqlite3.connect(path)) as db:
        return dict(db.execute("SELECT n, first FROM pages"))


def test_a_ledger_as_it_was_written_is_proved(ledger: Path) -> None:
    verified = verify.verify(ledger)
    with closing(sqlite3.connect(ledger)) as db:
        (digest,) = db.execute("SELECT digest FROM entries ORDER BY n DESC LIMIT 1").fetchone()
    assert verified == verify.Verified(ENTRIES, POSTS, digest.hex(), None)
    assert verify.verify(ledger, expected=f" {digest.hex().upper()}\n").finding is None


def test_a_changed_byte_of_a_post_is_found_with_its_row(varied: Path, tmp_path: Path) -> None:
    assert verify.verify(varied).finding is None
    assert change_posts(varied, tmp_path) > 1000


def change_posts(ledger: Path, folder: Path) -> int:
    """Change one byte after the other; return how many were changed."""
    tried, begin = 0, firsts(ledger)
    for table, row, column, was in cells(ledger):
        for place, byte in enumerate(was if column in WIDTHS and isinstance(was, bytes) else b""):
            tried += 1
            other = was[:place] + bytes([byte ^ 1 << place % 7]) + was[place + 1 :]
            copy = tampered(ledger, folder / "copy.votes", put(table, row, column, other))
            found = named(verify.verify(copy).finding)
            post = begin[row] + place // WIDTHS[column]
            if column == "voters" and was.endswith(b"\n"):
                post = begin[row] + was[:place].count(b"\n")
            if column in ("tag_set_index", "voters", "times", "births", "revisions"):
                # A number may be out of range, or a text be cut in two; then the page is named.
                assert found in (("posts", post, "changed"), ("pages", row, "changed")), column
            elif column == "keys" and found[0] == "pages":
                assert place % 8 == 7, "the top bit says that there is a text"
            else:
                assert found == ("posts", post, "changed"), column
    return tried


def test_a_changed_byte_in_any_other_cell_is_found(varied: Path, tmp_path: Path) -> None:
    tried, begin = 0, firsts(varied)
    for table, row, column, was in cells(varied):
        if column in WIDTHS:
            continue
        for other in others(was):
            tried += 1
            copy = tampered(varied, tmp_path / "copy.votes", put(table, row, column, other, was))
            found = named(verify.verify(copy).finding)
            if table == "entries":
                assert found == (table, row, "changed"), (column, other)
            else:
                posts = {("posts", begin[row] + place, "changed") for place in range(6)}
                assert found in {(table, row, "changed"), *posts}, (column, other)
    assert tried > 900


def test_columns_of_wrong_length_are_found(ledger: Path, tmp_path: Path) -> None:
    for table, row, column, was in cells(ledger):
        if not isinstance(was, bytes) or table == "entries" or column == "marks":
            continue
        for other in (was[1:], was[:-1], was + b"\0" * WIDTHS.get(column, 1), b""):
            if other != was:
                copy = tampered(ledger, tmp_path / "copy.votes", put(table, row, column, other))
                with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                    rechained(db)
                finding = verify.verify(copy).finding
                if column in ("births", "revisions") and not any(other):
                    continue  # empty: all are 0, and somebody computed all digests anew
                assert finding, (column, other)
                assert finding.kind == "changed"


def test_a_dropped_row_is_named(ledger: Path, finding: Callable[..., Defect | None]) -> None:
    for row in range(1, ENTRIES):
        found = named(finding(sql("DELETE FROM entries WHERE n = ?", row)))
        assert found == ("entries", row, "dropped")
    for row in firsts(ledger):
        found = named(finding(sql("DELETE FROM pages WHERE n = ?", row)))
        assert found == ("pages", row, "dropped")


def test_rows_that_trade_places_are_named(
    ledger: Path, finding: Callable[..., Defect | None]
) -> None:
    for one, other in [(n, n + 1) for n in range(1, ENTRIES)] + [(1, ENTRIES), (2, ENTRIES - 2)]:
        assert named(finding(swapped("entries", one, other))) == ("entries", one, "moved")
    pages = [*firsts(ledger)][:-1]  # the last two have the same posts
    for one, other in pairwise(pages):
        assert named(finding(swapped("pages", one, other))) == ("pages", one, "moved")


PAGE = (
    "INSERT INTO pages SELECT {}, first, size, tag_sets, tag_set_index, keys, key_texts, seals,"
    " times, births, revisions, voters, voters_are_text, marks FROM pages WHERE n = 20"
)
ENTRY = "INSERT INTO entries VALUES ({}, 'act', '', 1, '{{}}', '', x'00')"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (PAGE.format(ENTRIES), ("pages", ENTRIES, "added")),
        (PAGE.format(ENTRIES + 1), ("pages", ENTRIES + 1, "added")),
        (PAGE.format(2**62), ("pages", 2**62, "added")),
        (PAGE.format(0), ("pages", 0, "added")),
        (PAGE.format(-3), ("pages", -3, "added")),
        (ENTRY.format(0), ("entries", 0, "added")),
        (ENTRY.format(ENTRIES + 1), ("entries", ENTRIES + 1, "changed")),
        (ENTRY.format(2**62), ("entries", ENTRIES + 1, "dropped")),
        ("DELETE FROM pages", ("pages", 6, "dropped")),
        ("DELETE FROM entries", ("pages", 6, "added")),
    ],
)
def test_an_added_row_is_named(
    query: str, expected: tuple[str, int, str], finding: Callable[..., Defect | None]
) -> None:
    assert named(finding(sql(query))) == expected


@pytest.mark.parametrize(
    ("query", "name", "kind"),
    [
        ("CREATE TABLE extra (x)", "extra", "added"),
        ("CREATE VIEW seen AS SELECT * FROM pages", "seen", "added"),
        ("CREATE INDEX other ON pages (first)", "other", "added"),
        ("CREATE TRIGGER t AFTER INSERT ON pages BEGIN DELETE FROM pages; END", "t", "added"),
        ("ALTER TABLE pages ADD COLUMN more TEXT", "pages", "changed"),
        ("ALTER TABLE entries RENAME COLUMN at_ms TO at", "entries", "changed"),
        ("DROP TABLE pages", "pages", "dropped"),
        ("ANALYZE", "sqlite_stat1", "added"),
    ],
)
def test_another_table_column_index_view_or_trigger_is_named(
    query: str, name: str, kind: str, finding: Callable[..., Defect | None]
) -> None:
    assert named(finding(sql(query))) == (name, 0, kind)


@pytest.mark.parametrize("value", [None, 7, 7.5, "7", b"7", "as it is"])
def test_a_value_of_another_type_is_found_and_its_row_named(
    value: object, ledger: Path, tmp_path: Path
) -> None:
    for table, row, column, was in cells(ledger):
        if row not in (1, 5, 7) or was == value:
            continue
        other = of_other_type(was) if value == "as it is" else value
        copy = tampered(
            ledger, tmp_path / "copy.votes", loosely(put(table, row, column, other, None))
        )
        found = named(verify.verify(copy).finding)
        assert found[0] in (table, "posts"), (column, found)
        assert found[0] == "posts" or found[1:] == (row, "changed"), column


def of_other_type(value: object) -> object:
    """Return what prints alike: 5 and '5', a text and the same as bytes."""
    match value:
        case bytes():
            return value.decode("latin-1")
        case str():
            return value.encode()
    return str(value)


@pytest.mark.parametrize("query", REWRITTEN)
def test_invalid_values_are_found_despite_recomputed_digests(
    query: str, ledger: Path, tmp_path: Path
) -> None:
    copy = tampered(ledger, tmp_path / "copy.votes", sql(query))
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        rechained(db)
    row = int(query.rsplit("= ", 1)[1])
    found = verify.verify(copy).finding
    assert named(found) == ("entries", row, "changed"), found


@pytest.mark.parametrize(
    ("change", "is_fine"),
    [
        ({}, True),
        ({"tags": "ж" * LONGEST_VALUE}, True),
        ({"tags": "ж" * (LONGEST_VALUE + 1)}, False),
        ({"key": "a" * (LONGEST_VALUE + 1)}, False),
        ({"voter": "a" * (LONGEST_VALUE + 1)}, False),
        ({"network": "a" * (LONGEST_VALUE + 1)}, False),
        *(
            ({column: f"a{sign}b"}, False)
            for column in ("tags", "key", "voter")
            for sign in "\x00\x7f\x85\u2028\u2029"
        ),
        ({"at_ms": 2**60}, False),
        ({"born_ms": -(2**60)}, False),
        ({"revision": -2}, False),
    ],
)
def test_invalid_values_are_found_despite_matching_digests(
    change: dict[str, object], is_fine: bool, ledger: Path, tmp_path: Path
) -> None:
    post = Post("x", "key", "voter", OPENS, "debian")._replace(**change)  # type: ignore[arg-type]
    copy = tmp_path / "copy.votes"
    written(copy, with_post(ledger, post))
    found = verify.verify(copy).finding
    assert (found is None) is is_fine, found
    assert found is None or found.row in (1, 6)


def with_post(ledger: Path, post: Post) -> list[Row]:
    """Return the rows of a ledger, with another post in place of the first."""
    rows = rows_of(ledger)
    rows[5] = rows[5]._replace(posts=(post, *rows[5].posts[1:]))
    return rows[:6]


def test_an_account_that_doesnt_match_its_seal_is_found(ledger: Path, tmp_path: Path) -> None:
    """The columns that are hashed are as they were, so every digest fits."""
    seals = put("pages", 6, "voters", b"somebody\nelse\n")
    copy = tampered(ledger, tmp_path / "copy.votes", seals)
    found = verify.verify(copy).finding
    assert named(found) == ("posts", 1, "changed")
    assert found
    assert "its account does not fit its seal" in found.words


def test_a_changed_post_with_a_new_checksum_is_found_with_its_page(
    ledger: Path, finding: Callable[..., Defect | None]
) -> None:
    def tamper(db: sqlite3.Connection) -> None:
        digests = db.execute("SELECT digest, n FROM entries").fetchall()
        db.execute("UPDATE pages SET times = CAST(x'01' || substr(times, 2) AS BLOB) WHERE n = 7")
        rechained(db)
        db.executemany("UPDATE entries SET digest = ? WHERE n = ?", digests)

    found = finding(tamper)
    assert named(found) == ("entries", 7, "changed")
    assert found
    assert "posts 3 to 4" in found.words


def test_a_truncated_or_rewritten_ledger_has_another_digest(
    ledger: Path, finding: Callable[..., Defect | None]
) -> None:
    digest = verify.verify(ledger).digest

    def rewritten(db: sqlite3.Connection) -> None:
        db.execute("UPDATE entries SET at_ms = at_ms + 1 WHERE n = 20")
        rechained(db)

    for tamper in (sql("DELETE FROM entries WHERE n > 20"), rewritten):
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


def test_proving_leaves_the_file_as_it_is(ledger: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.votes"
    shutil.copyfile(ledger, copy)
    before = copy.read_bytes()
    verify.verify(copy)
    assert copy.read_bytes() == before


# Parts and processes


def filled(ledger: Path, path: Path, pages: int, posts: int) -> Path:
    """Make a ledger of pages of a few posts."""
    rows = rows_of(ledger)[:2]
    for number in range(pages):
        keys = range(number * posts, number * posts + posts)
        seen = tuple(Post("net", str(key), f"v{key}", key, "debian") for key in keys)
        facts = {"feed": "all", "seen": posts, "new": posts, "again": 0}
        rows += [Row("page", "one", number, facts, seen), Row("failed", "one", number, {})]
    return written(path, rows)


@pytest.mark.parametrize("part", [1, 7, 10, 33])
def test_walking_in_parts_finds_the_same(
    part: int, ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PART", part)
    path = filled(ledger, tmp_path / "vote.votes", 20, 5)
    told: list[int] = []
    assert verify.verify(path, passed=told.append).finding is None
    assert told == sorted(set(told))
    assert told[-1] == 100
    assert len(told) > 1
    for row in range(3, 43):
        query = "UPDATE entries SET digest = zeroblob(32) WHERE n = ?"
        copy = tampered(path, tmp_path / "copy.votes", sql(query, row))
        assert named(verify.verify(copy).finding) == ("entries", row, "changed")
        if row % 2:
            keys = "CAST(substr(keys, 1, 16) || zeroblob(24) AS BLOB)"
            tamper = sql(f"UPDATE pages SET keys = {keys} WHERE n = ?", row)  # noqa: S608 - our words
            copy = tampered(path, tmp_path / "copy.votes", tamper)
            post = (row - 3) // 2 * 5 + 3
            assert named(verify.verify(copy).finding) == ("posts", post, "changed")


def test_a_long_ledger_is_walked_by_several_processes(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PART", 20)
    monkeypatch.setattr(walkers, "ALONE", 0)
    path = filled(ledger, tmp_path / "vote.votes", 20, 5)
    assert verify.verify(path).finding is None
    tamper = sql("UPDATE pages SET seals = zeroblob(80) WHERE n = 37")
    copy = tampered(path, tmp_path / "copy.votes", tamper)
    assert named(verify.verify(copy).finding) == ("posts", 86, "changed")


# Any ledger


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.data())
def test_any_ledger_is_proved_and_any_change_in_it_is_found(
    ledger: Path, tmp_path_factory: pytest.TempPathFactory, seed: int, data: st.DataObject
) -> None:
    folder, random = tmp_path_factory.mktemp("any"), Random(seed)
    path = written(folder / "vote.votes", any_rows(ledger, random))
    assert verify.verify(path).finding is None
    table, row, column, was = data.draw(st.sampled_from(list(cells(path))))
    other = data.draw(st.sampled_from(list(others(was))))
    copy = tampered(path, folder / "copy", put(table, row, column, other, was))
    found = verify.verify(copy).finding
    assert found
    assert found.row == row or found.table in ("posts", "pages")


def any_rows(ledger: Path, random: Random) -> list[Row]:
    """Return rows of any posts, which are right about what was known before."""
    rows, known = rows_of(ledger)[:2], set[tuple[str, str]]()
    for _ in range(random.randrange(1, 6)):
        posts = [random_post(random) for _ in range(random.randrange(5))]
        again = 0
        for post in posts:
            again += post[:2] in known
            known.add(post[:2])
        facts = {"feed": "all", "seen": len(posts), "new": len(posts), "again": again}
        rows.append(Row("page", random.choice(VOTERS), OPENS, facts, tuple(posts)))
    return rows


def test_the_example_of_the_documentation_is_right() -> None:
    page = (Path(__file__).parents[3] / "docs" / "proof.md").read_text("utf-8")
    lines = dict(
        re.split(r"\s{2,}", line.strip(), maxsplit=1)
        for line in page.splitlines()
        if re.match(r" {4}\S.*? {2,}\S", line)
    )
    told = {
        name: text.replace("⇥", "\t").replace("⏎", "\n").replace("(empty)", "").encode()
        for name, text in lines.items()
    }
    when = 1_700_000_000_000
    posts = columns_of(
        [
            Post("x", "1725", "ann", when, "debian été"),
            Post("mastodon", "https://m.example/1", "bob", when + 1000, "arch", "reply"),
        ],
        bytes(range(16)),
    )
    body = '{"feed":"all","seen":2,"new":2,"again":0}'
    assert told["entry"] == chain.entry_line(3, "page", "twitter", when, body)
    assert told["head"] == posts.head
    for name in ("tag_sets", "key_texts", "births", "revisions"):
        assert told[name] == getattr(posts, name)
    for name in ("tag_set_index", "keys", "seals", "times"):
        assert lines[name] == f"0x{getattr(posts, name).hex()}"
    assert lines["SHA-256(line)"] == hashlib.sha256(told["entry"]).hexdigest()
    assert lines["SHA-256(posts)"] == posts.digest().hex()
    digest = chain.digest(b"\xaa" * 32, told["entry"], bytes(32), posts)
    assert lines["digest(3)"] == digest.hex()
