"""Verifies a ledger: finds the first row that isn't as it was written.

The chain is walked in parts, for a long one by several processes. Then come the checks of what no
digest covers: the tables of the file, and what pages say about their posts. What the rows mean for
the vote is not checked here.
"""

from __future__ import annotations

import string
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import (
    diagnosis,
    exclusions,
    file,
    format1_verify,
    known_before,
    queries,
    schema,
)
from twittervotes.core.ledger.diagnosis import Defect
from twittervotes.core.ledger.walk import FIRST, Part, Place, walk
from twittervotes.core.ledger.walkers import Passed, walkers

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

PART: Final = 250_000  # posts per part; each process walks one part at a time
TYPES: Final = {b"INTEGER": "integer", b"TEXT": "text", b"BLOB": "blob"}


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked, and the first defect, if any."""

    entries: int
    posts: int
    digest: str
    finding: Defect | None


def verify(path: Path, *, expected: str | None = None, passed: Passed | None = None) -> Verified:
    """Verify a ledger; `passed` is called now and then with the number of posts walked.

    `expected` is the digest that the last entry must have. Raises LedgerError if `path` can't be
    read as a ledger, or if `expected` isn't a digest.
    """
    wanted = None if expected is None else bytes.fromhex(_digest_in(expected))
    with file.told(path), closing(file.reader(path)) as db:
        db.text_factory = bytes
        db.execute("BEGIN")  # one state of the file, whatever is written meanwhile
        finding = schema.strange(db)
        if finding:
            return Verified(0, 0, "", finding)
        (entries,) = db.execute("SELECT coalesce(max(n), 0) FROM entries").fetchone()
        if file.version(db) == format1_verify.VERSION:
            posts, finding = format1_verify.found(path, db, entries, passed)
        else:
            posts = _last_post(db)
            (last,) = db.execute(
                "SELECT max(?, coalesce(max(n), 0)) FROM pages", (entries,)
            ).fetchone()
            finding = _of_chain(path, db, Part(FIRST, last, posts), passed)
            finding = finding or known_before.wrong(db) or _of_exclusions(path, db)
        end = db.execute("SELECT digest FROM entries ORDER BY n DESC LIMIT 1").fetchone()
        digest = end[0] if end else b""
        if finding is None and wanted is not None and wanted != digest:
            finding = _of_end(db, wanted, entries)
        told = digest.hex() if isinstance(digest, bytes) else ""  # otherwise it is the defect
        return Verified(entries, posts, told, finding)


def _of_exclusions(path: Path, db: sqlite3.Connection) -> Defect | None:
    """Compare the names and the seals of excluded accounts, in a ledger that can be read."""
    db.text_factory = str
    try:
        return exclusions.wrong(path, db)
    except LedgerError:  # of a later version: whoever counts it says so
        return None
    finally:
        db.text_factory = bytes


def parts(db: sqlite3.Connection, whole: Part) -> list[Part]:
    """Split a chain into parts of about PART posts."""
    number, most = whole.seq // PART, queries.most(db)
    if number < 2 or max(whole.seq, whole.n) > most:  # otherwise an invented number
        return [whole]
    starts = [whole.start]
    for part in range(1, number):
        row = db.execute(
            "SELECT p.n, p.first, e.digest FROM pages p JOIN entries e ON e.n = p.n - 1"
            " WHERE p.n > ? ORDER BY p.n LIMIT 1",
            (max(part * whole.n // number, starts[-1].n),),
        ).fetchone()
        match row:
            case (int(n), int(seq), bytes(digest)):
                starts.append(Place(n, seq, digest))
    cut = [Part(start, after.n - 1, after.seq - 1) for start, after in pairwise(starts)]
    return [*cut, Part(starts[-1], whole.n, whole.seq)]


def _last_post(db: sqlite3.Connection) -> int:
    """Return the number of the last post, according to its page."""
    row = db.execute("SELECT first, size FROM pages ORDER BY n DESC LIMIT 1").fetchone()
    match row:
        case (int(first), int(size)):
            return first + size - 1
    return 0


def _of_chain(
    path: Path, db: sqlite3.Connection, whole: Part, passed: Passed | None
) -> Defect | None:
    """Return the first row that doesn't fit, then what is wrong with the file."""
    stretches = parts(db, whole)
    with walkers(whole.seq if len(stretches) > 1 else 0) as walked_by:
        walked = walked_by(partial(walk, path), stretches)
        finding = _of_file(db)  # while the other processes walk
        for part, (place, fits) in zip(stretches, walked, strict=True):
            if not fits:
                return diagnosis.named(db, place)
            if passed:
                passed(part.seq)
    return finding


def _of_file(db: sqlite3.Connection) -> Defect | None:
    """Let SQLite check what no digest covers: the types of values, and its own structures."""
    (told,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    words = told.decode("utf-8", "replace")
    if words == "ok":
        return None
    for table in ("entries", "pages"):
        columns = db.execute(f"PRAGMA table_info({table})").fetchall()
        wrong = " OR ".join(
            f"typeof({column.decode()}) <> '{TYPES[kind]}'" for _, column, kind, *_ in columns
        )
        query = f"SELECT min(n) FROM {table} WHERE {wrong}"  # noqa: S608 - our words
        (row,) = db.execute(query).fetchone()
        if row is not None:
            which = f"Entry {row} holds" if table == "entries" else f"The posts of entry {row} hold"
            return Defect(table, row, "changed", f"{which} a value of the wrong type.")
    return Defect("", 0, "changed", f"SQLite finds the file damaged: {words}.")


def _of_end(db: sqlite3.Connection, wanted: bytes, entries: int) -> Defect:
    """Say what it means that an intact ledger doesn't have the expected digest."""
    row = db.execute("SELECT n FROM entries WHERE digest = ?", (wanted,)).fetchone()
    if row:
        words = f"The digest covers entries 1 to {row[0]}; the rest was written later."
        return Defect("entries", row[0] + 1, "added", words)
    words = (
        "All rows are consistent, but don't match the published digest:"
        " this ledger was truncated, rewritten, or is another one."
    )
    return Defect("entries", entries, "changed", words)


def _digest_in(text: str) -> str:
    digest = text.strip().lower()
    if len(digest) != 64 or not set(digest) <= set(string.hexdigits):
        raise LedgerError("A digest has 64 characters, 0 to 9 or a to f. Give the published one.")
    return digest
