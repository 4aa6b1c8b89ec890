"""The program's own verify and the stand-alone verifier find the same in any rewritten ledger."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from format2 import cells, loosely, others, put, rechained
from packs import CONFIRMED, everything, in_format_2
from tampering import rich, tampered, told

from twittervotes.core.counting.outcome import outcome
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify

PARTS, TRIED = 4, 150  # of some 5,000 changes these are tried, other ones in each part
ODD = (
    *("", " ", "x", "null", "1", "[]", "{}", '{"nonce":"00"}', '{"nonce":"00","aside":1}'),
    *('{"a":1,"a":2}', '{"a":NaN}', '{"a":1e999}', f'{{"a":{"9" * 30}}}', f'{{"a":-{"9" * 20}}}'),
    *('{"a":"\\ud800"}', '{"a":"\u2028"}', f'{{"a":{"[" * 2000}1{"]" * 2000}}}'),
)
KINDS = ("", "x", "page", "gap", "act", "salt", "contest", "source", "failed", "swept", "a\x7f")


class Change(NamedTuple):
    """A value put into a cell, and all digests computed anew."""

    ledger: Path
    table: str
    n: int
    column: str
    value: object
    was: object


def changes(value: Any) -> Iterator[Any]:
    """Return a JSON value with one thing in it changed, put in or taken out, in every way."""
    match value:
        case dict():
            for name in value:
                yield from ({**value, name: other} for other in changes(value[name]))
                yield {other: value[other] for other in value if other != name}
            yield from ({**value, "more": 1}, {}, [])
        case list():
            for place, each in enumerate(value):
                for other in changes(each):
                    yield [*value[:place], other, *value[place + 1 :]]
            yield from (value[1:], [*value, 7], [*value, "x"], {})
        case bool() | None:
            yield from (not value, 1, "x", None, 1_700_000_005_500)
        case int():
            yield from (value + 1, -1, 2**62, 2**64, str(value), value + 0.5, None, True)
        case _:
            yield from (f"{value}x", "", None, 3, [value], "\0", "x" * 10_001)


def all_changes(ledger: Path) -> Iterator[Change]:
    for table, n, column, was in cells(ledger):
        values: list[object] = []
        if column in ("body", "private"):
            values += ODD
            if was:
                values += map(json.dumps, changes(json.loads(str(was))))
        elif column == "kind":
            values += KINDS
        elif column == "source":
            values += ["", "x", "a\x85", "a\u2028", "a\tb"]
        elif column == "at_ms":
            values += [0, 2**62, -(2**62)]
        elif column not in ("digest", "marks", "first"):
            values += others(was)
        yield from (Change(ledger, table, n, column, value, was) for value in values)


@pytest.fixture(scope="module")
def every_change(tmp_path_factory: pytest.TempPathFactory) -> list[Change]:
    folder = tmp_path_factory.mktemp("same")
    ledgers = rich(folder / "rich.votes"), everything(folder / "everything.votes")
    return [each for ledger in ledgers for each in all_changes(in_format_2(ledger))]


def found_by_program(path: Path) -> str:
    """Return what the program finds wrong, "" if nothing."""
    try:
        finding = verify(path).finding
        if finding:
            return finding.words
        with Reader(path) as reader:
            outcome(reader)
    except LedgerError as error:
        return str(error)
    return ""


def entry_named(words: str) -> list[str]:
    """Return the entry that a finding names, if it names one and no post."""
    found = re.findall(r"[Ee]ntry (\d+)", words)
    return found if len(found) == 1 and not re.search(r"[Pp]ost", words) else []


def check_same(copy: Path, change: object) -> None:
    program, (code, alone) = found_by_program(copy), told(copy)
    assert (program == "") == (code == CONFIRMED), (change, program, alone)
    if program and entry_named(program) and entry_named(alone):
        assert entry_named(program) == entry_named(alone), (change, program, alone)
    assert "Error" not in alone, alone


@pytest.mark.parametrize("part", range(PARTS))
def test_both_verifiers_find_the_same_in_a_rewritten_ledger(
    part: int, every_change: list[Change], tmp_path: Path
) -> None:
    assert len(every_change) > 4000
    for change in Random(part).sample(every_change, TRIED):

        def tamper(db: sqlite3.Connection, change: Change = change) -> None:
            put(change.table, change.n, change.column, change.value, change.was)(db)
            rechained(db)

        try:
            copy = tampered(change.ledger, tmp_path / "copy", tamper)
        except AssertionError:  # it is the same value
            continue
        except (sqlite3.Error, UnicodeDecodeError):  # nothing that SQLite or JSON can hold
            continue
        check_same(copy, change)


@pytest.mark.parametrize(
    "query",
    [
        "UPDATE sqlite_master SET tbl_name = 'entries' WHERE name = 'pages'",
        "UPDATE sqlite_master SET tbl_name = CAST('pages' AS BLOB) WHERE name = 'pages'",
        "UPDATE sqlite_master SET type = CAST('table' AS BLOB) WHERE name = 'pages'",
        "UPDATE sqlite_master SET sql = CAST(sql AS BLOB) WHERE name = 'pages'",
        "UPDATE sqlite_master SET name = CAST(name AS BLOB) WHERE name = 'pages'",
        "UPDATE sqlite_master SET sql = replace(sql, 'size ', 'SIZE ') WHERE name = 'pages'",
    ],
)
def test_both_verifiers_find_the_same_in_a_rewritten_schema(
    query: str, every_change: list[Change], tmp_path: Path
) -> None:
    def tamper(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA writable_schema = ON")
        assert db.execute(query).rowcount == 1

    copy = tampered(every_change[0].ledger, tmp_path / "copy", tamper)
    check_same(copy, query)


def test_both_verifiers_find_values_of_another_type(
    every_change: list[Change], tmp_path: Path
) -> None:
    ledger = every_change[0].ledger
    for table, n, column, was in cells(ledger):
        if n in (1, 6) and column != "digest":
            other = was.encode() if isinstance(was, str) else str(was)
            copy = tampered(ledger, tmp_path / "copy", loosely(put(table, n, column, other, None)))
            check_same(copy, (table, n, column))
            assert found_by_program(copy)


def test_an_honest_ledger_is_confirmed_by_both(every_change: list[Change]) -> None:
    for ledger in {change.ledger for change in every_change}:
        with closing(sqlite3.connect(ledger)) as db:
            assert db.execute("SELECT count(*) FROM entries").fetchone()[0] > 10
        assert found_by_program(ledger) == ""
        assert told(ledger)[0] == CONFIRMED
