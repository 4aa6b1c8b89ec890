"""A ledger's chain walked with the standard library alone; shares no line with the product."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

Row = Sequence[object]


def rows_of(path: Path) -> tuple[list[Row], list[Row]]:
    """Return all rows of both tables, in the order of their numbers."""
    with closing(sqlite3.connect(path)) as db:
        entries = db.execute("SELECT * FROM entries ORDER BY n").fetchall()
        posts = db.execute("SELECT * FROM posts ORDER BY seq").fetchall()
    return entries, posts


def faults(entries: Iterable[Row], posts: Iterable[Row]) -> list[str]:
    """Return what is wrong with a ledger's rows; nothing, when all is as it was written."""
    found = []
    salt = b""
    lines: dict[object, bytes] = {}
    entries = list(entries)
    for kind, body in ((row[1], row[4]) for row in entries):
        if kind == "salt":
            salt = salt_in(str(body))
    for number, row in enumerate(posts, start=1):
        *values, mark = row
        network, voter = values[3], values[5]
        account = f"{network}:{voter}".encode("utf-8", "surrogateescape")
        sealed = hashlib.blake2b(account, key=salt, digest_size=16)
        values[5] = sealed.hexdigest()
        line = line_of(values)
        if values[0] != number or zlib.crc32(line) != mark:
            found.append(f"post {number}")
        lines[values[1]] = lines.get(values[1], b"") + line
    digest = bytes(32)
    for number, row in enumerate(entries, start=1):
        *values, written = row
        line = line_of(values)
        sums = [hashlib.sha256(part).digest() for part in (line, lines.pop(values[0], b""))]
        digest = hashlib.sha256(digest + sums[0] + sums[1]).digest()
        if values[0] != number or digest != written:
            found.append(f"entry {number}")
            digest = written if isinstance(written, bytes) else bytes(32)
    return found + [f"posts of no entry {number}" for number in lines]


def line_of(values: Row) -> bytes:
    return ("\t".join(map(str, values)) + "\n").encode("utf-8", "surrogateescape")


def salt_in(body: str) -> bytes:
    try:
        return bytes.fromhex(json.loads(body)["salt"])
    except (ValueError, KeyError, TypeError):
        return b""
