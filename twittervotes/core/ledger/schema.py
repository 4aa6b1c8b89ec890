"""The layout of a ledger: its tables and index, and nothing else.

A stranger's file may contain more: endless views in place of tables, and triggers that run on
writing. Two of these may share a name, so every row of the schema is compared, with its type,
before anything else is read. Other modules check the rows of the tables.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import file
from twittervotes.core.ledger.diagnosis import Defect

FILES = {1: "schema_format1.sql", 2: "schema.sql"}  # by format
if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

LONGEST = 80  # characters of a stranger's name to show


def laid_out(version: int = 1) -> sqlite3.Connection:
    """Return an in-memory database with the tables of a ledger of this format."""
    sql = files("twittervotes.core.ledger").joinpath(FILES[version]).read_text("utf-8")
    return file.laid_out(sql, version)


def check(path: Path, db: sqlite3.Connection) -> None:
    """Raise LedgerError unless `path`, open as `db`, has the layout of a ledger."""
    finding = strange(db)
    if finding is not None:
        raise LedgerError(f"{path} is damaged: {finding.words} No changes were made.")


def strange(db: sqlite3.Connection) -> Defect | None:
    """Return the first table, column, index, view or trigger that a ledger doesn't have."""
    version = file.version(db)
    with closing(laid_out(version if version in FILES else file.VERSION)) as empty:
        right, here = _schema(empty), _schema(db)
        for name in ("application_id", "user_version"):
            query = f"PRAGMA {name}"
            if db.execute(query).fetchone() != empty.execute(query).fetchone():
                return Defect(name, 0, "changed", f"The ledger's {name} was changed.")
    extra, missing = sorted((here - right).elements()), sorted((right - here).elements())
    for item in extra:
        name = item.name[:LONGEST]
        if any((item.kind, item.name) == (each.kind, each.name) for each in missing):
            words = f"The ledger's {name} was changed."
            return Defect(name, 0, "changed", words)
        words = f"A ledger has no {item.kind[:LONGEST]} {name}: it was added."
        return Defect(name, 0, "added", words)
    for item in missing:
        return Defect(item.name, 0, "dropped", f"The ledger's {item.name} is missing.")
    return None


class _Item(NamedTuple):
    """A row of a schema: a table, an index, a view or a trigger."""

    name: str
    kind: str
    table: bytes
    sql: tuple[bytes, ...]
    types: str


def _schema(db: sqlite3.Connection) -> Counter[_Item]:
    """Return every row of a file's schema, without comments and line breaks."""
    names = ("name", "type", "tbl_name", "sql")
    columns = ", ".join(f"CAST({name} AS BLOB)" for name in names)
    types = " || ' ' || ".join(f"typeof({name})" for name in names)
    query = f"SELECT {columns}, CAST({types} AS BLOB) FROM sqlite_master"  # noqa: S608 - our words
    found = Counter[_Item]()
    for name, kind, table, sql, told in db.execute(query):
        plain = re.sub(rb"--[^\n]*", b"", sql or b"").split()
        found[_Item(_text(name), _text(kind), table or b"", tuple(plain), _text(told))] += 1
    return found


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
