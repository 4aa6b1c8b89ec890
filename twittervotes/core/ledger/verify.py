"""The proof of a ledger: every row is as it was written, or the first that is not is named.

The chain is walked in parts, by several processes where that is worth their start. Beside it stand
the things that no digest covers: what tables there are, the index that readers use, and whether
what the pages say of their posts is so. What the rows mean for the vote is not looked at.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import string
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import diagnosis, file, queries, schema
from twittervotes.core.ledger.chain_walk import FIRST, Part, Place, walk
from twittervotes.core.ledger.diagnosis import Defect

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

PART = 100_000  # posts; what a process walks before it takes the next part
ALONE = 300_000  # posts; fewer are walked before another process has started

Passed = Callable[[int], None]
Map = Callable[[Callable[[Part], tuple[Place, bool]], list[Part]], Iterable[tuple[Place, bool]]]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and the first thing that is not as it was written, if any."""

    entries: int
    posts: int
    digest: str
    finding: Defect | None


def verify(path: Path, *, expected: str | None = None, passed: Passed | None = None) -> Verified:
    """Walk a ledger's chain; `passed` is told how many posts have been walked, now and then.

    `expected` is the digest that the last entry must have. Raises LedgerError with a sentence when
    `path` cannot be read as a ledger, or `expected` is no digest.
    """
    wanted = None if expected is None else _digest_in(expected)
    with file.told(path), closing(file.reader(path)) as db:
        db.text_factory = bytes
        db.execute("BEGIN")  # one picture of the file, whatever is written meanwhile
        finding = schema.strange(db)
        if finding:
            return Verified(0, 0, "", finding)
        (entries,) = db.execute("SELECT coalesce(max(n), 0) FROM entries").fetchone()
        (posts,) = db.execute("SELECT coalesce(max(seq), 0) FROM posts").fetchone()
        finding = _of_chain(path, db, Part(FIRST, entries, posts), passed) or _of_facts(db)
        (digest,) = db.execute("SELECT digest FROM entries ORDER BY n DESC LIMIT 1").fetchone() or (
            b"",
        )
        if finding is None and wanted is not None and bytes.fromhex(wanted) != digest:
            finding = _of_end(db, bytes.fromhex(wanted), entries)
        told = digest.hex() if isinstance(digest, bytes) else ""  # else it is what was found
        return Verified(entries, posts, told, finding)


def parts(db: sqlite3.Connection, whole: Part) -> list[Part]:
    """Cut a chain at about every PART posts, between two pages."""
    if whole.seq > queries.most(db):  # a number that somebody made up
        return [whole]
    starts = [whole.start]
    for middle in range(PART, whole.seq, PART):
        row = db.execute(
            "SELECT p.entry, e.digest, (SELECT seq + 1 FROM posts"
            "   WHERE seq < p.seq AND entry < p.entry ORDER BY seq DESC LIMIT 1)"
            " FROM posts p JOIN entries e ON e.n = p.entry - 1 WHERE p.seq = ?",
            (middle,),
        ).fetchone()
        match row:
            case (int(n), bytes(digest), int(seq)) if n > starts[-1].n:
                starts.append(Place(n, seq, digest))
    cut = [Part(start, after.n - 1, after.seq - 1) for start, after in pairwise(starts)]
    return [*cut, Part(starts[-1], whole.n, whole.seq)]


def _of_chain(
    path: Path, db: sqlite3.Connection, whole: Part, passed: Passed | None
) -> Defect | None:
    """Name the first row that does not fit; then what is wrong with the file that holds them."""
    stretches = parts(db, whole)
    with _walkers(len(stretches) * PART) as walkers:
        walked = walkers(partial(walk, path), stretches)
        finding = _of_file(db)  # while the other processes walk
        for part, (place, fits) in zip(stretches, walked, strict=True):
            if not fits:
                return diagnosis.named(db, place)
            if passed:
                passed(part.seq)
    return finding


@contextmanager
def _walkers(posts: int) -> Iterator[Map]:
    """Give a `map` that works in as many processes as are worth their start."""
    if posts < ALONE:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        try:
            yield pool.map
        finally:
            pool.shutdown(cancel_futures=True)


def _of_file(db: sqlite3.Connection) -> Defect | None:
    """Let SQLite look at what no line shows: kinds of values, and the index that readers use."""
    (told,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    words = told.decode("utf-8", "replace")
    if words == "ok":
        return None
    for table, name in (("entries", "Entry"), ("posts", "Post")):
        columns = db.execute(f"PRAGMA table_info({table})").fetchall()
        wrong = " OR ".join(
            f"typeof({column.decode()}) <> '{kind.decode().lower()}'"
            for _, column, kind, *_ in columns
        )
        query = f"SELECT min(rowid) FROM {table} WHERE {wrong}"  # noqa: S608 - our words
        (row,) = db.execute(query).fetchone()
        if row is not None:
            return Defect(table, row, "changed", f"{name} {row} holds a value of the wrong kind.")
    row = re.search(r"\d+", words)
    said = f"The index by which posts are found disagrees with the posts: {words}."
    return Defect("posts_by_key", int(row[0]) if row else 0, "changed", said)


def _of_facts(db: sqlite3.Connection) -> Defect | None:
    """Name the first page that says wrongly how many of its posts were known before."""
    wrong = db.execute(
        "WITH known AS (SELECT entry, count(*) AS number FROM posts p"
        "   WHERE key IN (SELECT key FROM posts GROUP BY key HAVING count(*) > 1) AND EXISTS"
        "   (SELECT 1 FROM posts q WHERE q.key = p.key AND q.network = p.network AND q.seq < p.seq)"
        "   GROUP BY entry)"
        " SELECT n, json_extract(body, '$.again'), coalesce(number, 0)"
        " FROM entries LEFT JOIN known ON entry = n"
        " WHERE kind = 'page' AND json_extract(body, '$.again') <> coalesce(number, 0)"
        " ORDER BY n LIMIT 1"
    ).fetchone()
    if wrong is None:
        return None
    n, says, are = wrong
    words = f"Entry {n} says that {says} of its posts were known before, and {are} were."
    return Defect("entries", n, "changed", words)


def _of_end(db: sqlite3.Connection, wanted: bytes, entries: int) -> Defect:
    """Say what it means that a whole ledger does not have the digest that was told of it."""
    row = db.execute("SELECT n FROM entries WHERE digest = ?", (wanted,)).fetchone()
    if row:
        words = f"The digest stands for entries 1 to {row[0]}; what follows was written after it."
        return Defect("entries", row[0] + 1, "added", words)
    words = (
        "All rows fit each other, but not the digest that was told:"
        " this ledger was cut short, written anew, or is another one."
    )
    return Defect("entries", entries, "changed", words)


def _digest_in(text: str) -> str:
    digest = text.strip().lower()
    if len(digest) != 64 or not set(digest) <= set(string.hexdigits):
        raise LedgerError("A digest has 64 signs, each 0 to 9 or a to f. Give it as it was told.")
    return digest
