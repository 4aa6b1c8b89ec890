"""How a ledger is laid out: its tables and index, and nothing else.

A file from a stranger may hold more: views that are read without end in the place of tables, and
triggers that act when something is written. So this is looked at before anything is read of a
ledger but its header. What the rows say is for others.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from twittervotes.core import ledger_file
from twittervotes.core.damage import Finding
from twittervotes.core.errors import LedgerError


def schema() -> str:
    """Return the SQL that lays a ledger out."""
    return files("twittervotes.core").joinpath("schema.sql").read_text("utf-8")


def check(path: Path, db: sqlite3.Connection) -> None:
    """Raise LedgerError unless `path`, open as `db`, is laid out as a ledger is."""
    finding = strange(db)
    if finding is not None:
        raise LedgerError(f"{path} is damaged: {finding.words} It was left as it is.")


def strange(db: sqlite3.Connection) -> Finding | None:
    """Name the first table, column, index, view or trigger that is not as a ledger has it."""
    with closing(ledger_file.laid_out(schema())) as empty:
        right, here = _schema(empty), _schema(db)
    for name in sorted({*right, *here}):
        if name not in right:
            return Finding(name, 0, "added", f"A ledger has no {name}: it was added.")
        if name not in here:
            return Finding(name, 0, "dropped", f"The ledger's {name} is missing.")
        if here[name] != right[name]:
            words = f"The ledger's {name} is not laid out as it was: it was changed."
            return Finding(name, 0, "changed", words)
    return None


def _schema(db: sqlite3.Connection) -> dict[str, object]:
    """Return what SQLite says a file holds, without the comments, and whose file it is."""
    found: dict[str, object] = {
        name: db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version")
    }
    columns = ", ".join(f"CAST({column} AS BLOB)" for column in ("name", "type", "tbl_name", "sql"))
    query = f"SELECT {columns} FROM sqlite_master"  # noqa: S608 - our words
    for name, *laid_out, sql in db.execute(query):
        plain = re.sub(rb"--[^\n]*", b"", sql or b"")
        found[name.decode("utf-8", "replace")] = (*laid_out, plain.split())
    return found
