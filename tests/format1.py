"""Writes ledgers of format 1, as earlier versions did, from the rows of any ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from format2 import Row, rows_of, text_of

from twittervotes.core.ledger import file, format1_chain


def rewritten(ledger: Path, rows: Sequence[Row] = ()) -> Path:
    """Rewrite a ledger in format 1, in place; `rows` replace its own."""
    rows = rows or rows_of(ledger)
    seal = format1_chain.sealed_by(bytes.fromhex(rows[1].body["salt"]))
    for each in (ledger, Path(f"{ledger}-wal"), Path(f"{ledger}-shm")):
        each.unlink(missing_ok=True)
    schema = files("twittervotes.core.ledger").joinpath("schema_format1.sql").read_text("utf-8")
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        db.executescript(
            f"PRAGMA application_id = {file.APPLICATION}; PRAGMA user_version = 1; {schema}; BEGIN"
        )
        digest, seq = format1_chain.START, 1
        for n, row in enumerate(rows, 1):
            lines = [
                format1_chain.post_line(number, n, row.source, post, seal)
                for number, post in enumerate(row.posts, seq)
            ]
            body = text_of(row.body)
            line = format1_chain.entry_line(n, row.kind, row.source, row.at_ms, body)
            digest = format1_chain.digest(digest, line, lines)
            values = (n, row.kind, row.source, row.at_ms, body, digest)
            db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", values)
            for post, each in zip(row.posts, lines, strict=True):
                whole = (seq, n, row.source, *post, format1_chain.checksum(each))
                db.execute(f"INSERT INTO posts VALUES ({', '.join('?' * 12)})", whole)  # noqa: S608 - our words
                seq += 1
        db.execute("COMMIT")
    return ledger
