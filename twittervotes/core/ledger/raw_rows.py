"""The rows of a ledger of format 2 as they are in the file, before anything in them is trusted.

The connection must return texts as bytes, because they may not be valid UTF-8.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import msgspec

from twittervotes.core.contest.columns import EMPTY, PostColumns
from twittervotes.core.ledger import chain, pages

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

LOWEST: Final = -(2**63)  # SQLite's smallest row number, to find rows before the first too
LAST: Final = 2**63 - 1
ENTRY: Final = "SELECT n, kind, source, at_ms, body, private, digest FROM entries"
PAGE: Final = f"SELECT n, first, marks, {pages.COLUMNS} FROM pages"  # noqa: S608 - our words


class RawEntry(NamedTuple):
    """An entry."""

    n: int
    kind: bytes
    source: bytes
    at_ms: int
    body: bytes
    private: bytes
    digest: bytes


class RawPage(NamedTuple):
    """The posts of an entry."""

    n: int
    first: int
    checksums: bytes  # the column `marks`
    posts: PostColumns


def entries(
    db: sqlite3.Connection, first: int = LOWEST, last: int = LAST
) -> Iterator[RawEntry | int]:
    """Yield entries in order; of one with a value of the wrong type, only its number."""
    for row in db.execute(f"{ENTRY} WHERE n BETWEEN ? AND ? ORDER BY n", (first, last)):
        yield _as(RawEntry, row) or row[0]


def pages_of(
    db: sqlite3.Connection, first: int = LOWEST, last: int = LAST
) -> Iterator[RawPage | int]:
    """Yield pages in order; of one with a value of the wrong type, only its number."""
    for row in db.execute(f"{PAGE} WHERE n BETWEEN ? AND ? ORDER BY n", (first, last)):
        n, number, told, *values, are_text = row
        columns = (*values, are_text == 1) if are_text in (0, 1) else None
        yield _as(RawPage, (n, number, told, columns)) or n


def _as(kind: type[T], row: Sequence[object]) -> T | None:
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError:
        return None


def digest_of(before: bytes, entry: RawEntry, page: RawPage | None) -> bytes:
    """Return the digest of an entry as stored, computed like `chain.digest`."""
    line = b"%d\t%b\t%b\t%d\t%b\n" % entry[:5]
    hidden = hashlib.sha256(entry.private).digest() if entry.private else chain.NOTHING
    return chain.digest(before, line, hidden, page.posts if page else EMPTY)
