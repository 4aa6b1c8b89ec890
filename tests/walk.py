"""A ledger's chain walked with the standard library alone; shares no line with the product."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

Row = Sequence[Any]


def rows_of(path: Path) -> tuple[list[Row], list[Row]]:
    """Return all rows of both tables, in the order of their numbers."""
    with closing(sqlite3.connect(path)) as db:
        entries = db.execute("SELECT * FROM entries ORDER BY n").fetchall()
        pages = db.execute("SELECT * FROM pages ORDER BY n").fetchall()
    return entries, pages


def faults(entries: Iterable[Row], pages: Iterable[Row]) -> list[str]:
    """Return what is wrong with a ledger's rows; nothing, when all is as it was written."""
    found = []
    entries, by_entry = list(entries), {page[0]: page for page in pages}
    salts = [json.loads(row[5])["salt"] for row in entries if row[1] == "salt"]
    digest, first = bytes(32), 1
    for number, (n, kind, source, at_ms, body, private, written) in enumerate(entries, start=1):
        page = by_entry.pop(n, None)
        size, columns = (page[2], page[3:11]) if page else (0, (b"",) * 8)
        lengths = " ".join(map(str, (size, *map(len, columns)))).encode()
        line = f"{n}\t{kind}\t{source}\t{at_ms}\t{body}\n".encode()
        sums = (
            hashlib.sha256(line).digest(),
            hashlib.sha256(private.encode()).digest() if private else bytes(32),
            hashlib.sha256(lengths + b"\n" + b"".join(columns)).digest(),
        )
        digest = hashlib.sha256(digest + b"".join(sums)).digest()
        if n != number or digest != written:
            found.append(f"entry {number}")
            digest = written
        if page:
            if page[1] != first or seals_of(page, bytes.fromhex(salts[0])) != page[7]:
                found.append(f"the posts of entry {number}")
            first += size
    return found + [f"posts of no entry {number}" for number in by_entry]


def seals_of(page: Row, salt: bytes) -> bytes:
    """Return the seals of a page's accounts."""
    size, tag_sets, index, voters, are_text = page[2], page[3], page[4], page[11], page[12]
    networks = [line.split("\t")[0] for line in tag_sets.decode().split("\n")]
    if are_text not in (0, 1):
        return b""
    if are_text:
        accounts = voters.decode().split("\n")[:size]
    else:
        accounts = list(map(str, struct.unpack(f"<{size}Q", voters)))
    of_posts = [networks[place] for place in struct.unpack(f"<{size}H", index)]
    return b"".join(
        hashlib.blake2b(f"{network}:{account}".encode(), key=salt, digest_size=16).digest()
        for network, account in zip(of_posts, accounts, strict=True)
    )
