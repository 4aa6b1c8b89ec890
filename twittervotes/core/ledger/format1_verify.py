"""Verifies a ledger of format 1; see `verify`."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from twittervotes.core.ledger import format1_diagnosis, queries
from twittervotes.core.ledger.diagnosis import Defect
from twittervotes.core.ledger.format1_walk import walk
from twittervotes.core.ledger.walk import FIRST, Part, Place
from twittervotes.core.ledger.walkers import Passed, walkers

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

VERSION = 1
PART = 100_000  # posts per part; each process walks one part at a time


def found(
    path: Path, db: sqlite3.Connection, entries: int, passed: Passed | None
) -> tuple[int, Defect | None]:
    """Return the number of posts, and the first thing that is wrong."""
    (posts,) = db.execute("SELECT coalesce(max(seq), 0) FROM posts").fetchone()
    return posts, _of_chain(path, db, Part(FIRST, entries, posts), passed) or _of_facts(db)


def parts(db: sqlite3.Connection, whole: Part) -> list[Part]:
    """Split a chain about every PART posts, between two pages."""
    if whole.seq > queries.most(db):  # an invented number
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
    """Return the first row that doesn't fit, then what is wrong with the file."""
    stretches = parts(db, whole)
    with walkers(len(stretches) * PART) as walked_by:
        walked = walked_by(partial(walk, path), stretches)
        finding = _of_file(db)  # while the other processes walk
        for part, (place, fits) in zip(stretches, walked, strict=True):
            if not fits:
                return format1_diagnosis.named(db, place)
            if passed:
                passed(part.seq)
    return finding


def _of_file(db: sqlite3.Connection) -> Defect | None:
    """Let SQLite check what no line covers: types of values, and the index that readers use."""
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
    """Return the first page with a wrong number of posts known before."""
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
