"""Finds the first changed row of a ledger of format 1.

`walk` finds where the chain breaks; this module examines that place row by row. The checksum of a
post identifies it among the posts of its page. If somebody changed the checksum too, the digest
still finds the change, but only the page can be named.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from zlib import crc32

from twittervotes.core.ledger import format1_walk as chain_walk
from twittervotes.core.ledger.diagnosis import Defect
from twittervotes.core.ledger.format1_walk import EntryRow, Lines, PostRow

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from twittervotes.core.ledger.walk import Place

TYPES = {
    "entries": (int, bytes, bytes, int, bytes, bytes),
    "posts": (int, int, bytes, bytes, bytes, bytes, int, bytes, bytes, int, int, int),
}
LAST = 2**63 - 1  # SQLite's largest row number


def named(db: sqlite3.Connection, place: Place) -> Defect:
    """Return what is wrong at `place`, the end of the intact part."""
    return _Damage(db, place).named()


class _Damage:
    """Examines one place."""

    def __init__(self, db: sqlite3.Connection, place: Place) -> None:
        self._db = db
        self._place = place
        self._lines = Lines(chain_walk.salt(db))
        n, seq = (chain_walk.LOWEST if number == 1 else number for number in (place.n, place.seq))
        self._posts = chain_walk.rows_of_posts(db, seq, LAST)
        self._entry: EntryRow | None = chain_walk.rows_of_entries(db, n, LAST).fetchone()

    def named(self) -> Defect:
        n, entry = self._place.n, self._entry
        if entry is None:
            return self._of_no_entry()
        if not _has_types("entries", entry):
            return _changed("entries", entry[0], "has a value that is no number or no text")
        if entry[0] != n:
            return self._hole(entry)
        rows, finding = self._rows(entry)
        if finding is None and self._fits(entry, rows):
            return self._writing(entry, rows)
        return finding or self._other(rows) or self._number(entry, rows)

    def _rows(self, entry: EntryRow) -> tuple[list[PostRow], Defect | None]:
        """Return the posts of the entry that fit, and the first that doesn't."""
        n, rows, new = self._place.n, list[PostRow](), self._new(entry)
        for post in self._posts:
            if len(rows) == new and post[1] == n and self._fits(entry, rows):
                return rows, Defect("posts", post[0], "added", f"Post {post[0]} was added.")
            if post[1] != n and (new is None or len(rows) == new):
                break  # posts of other entries are examined later
            finding = self._post(post, self._place.seq + len(rows))
            if finding or post[1] != n:
                return rows, finding
            rows.append(post)
        return rows, None

    def _post(self, post: PostRow, seq: int) -> Defect | None:
        """Return what is wrong with a post by itself, where post `seq` should be."""
        number = post[0]
        if not _has_types("posts", post):
            return _changed("posts", number, "has a value that is no number or no text")
        if self._has_mark(post):
            if number > seq:
                return Defect("posts", seq, "dropped", f"Post {seq} is missing.")
            return _added(number) if number < seq else None
        home = self._home(post)
        if home is not None:
            words = f"Post {number} was post {home}: it was moved."
            return Defect("posts", number, "moved", words)
        if number > seq:
            return Defect("posts", seq, "dropped", f"Post {seq} is missing.")
        return _added(number) if number < seq else _changed("posts", number, "was changed")

    def _other(self, rows: list[PostRow]) -> Defect | None:
        """Return the entry that is here in place of the one that is now elsewhere."""
        n, moved = self._place.n, self._moved(rows)
        if moved is None:
            return None
        return Defect("entries", n, "moved", f"Entry {moved} was entry {n}: it was moved.")

    def _number(self, entry: EntryRow, rows: list[PostRow]) -> Defect:
        """Return what is wrong if the digest of an entry fits neither it nor its posts."""
        n, body, new, seq = entry[0], entry[4], self._new(entry), self._place.seq + len(rows)
        if new is None or new == len(rows):
            posts = f", or one of its posts {rows[0][0]} to {rows[-1][0]}," if rows else ""
            return Defect("entries", n, "changed", f"Entry {n}{posts} was changed.")
        told = body.replace(b'"new":%d' % new, b'"new":%d' % len(rows))
        says = f"says that it brought {new} posts, and {len(rows)} are there"
        if self._fits((*entry[:4], told, entry[5]), rows):
            return _changed("entries", n, says)
        after = self._db.execute("SELECT * FROM posts WHERE seq = ?", (seq,)).fetchone()
        if len(rows) < new and after is None:
            return Defect("posts", seq, "dropped", f"Post {seq} is missing.")
        if len(rows) < new and self._fits(entry, [*rows, *self._taken(seq, new - len(rows))]):
            return _changed("posts", seq, f"came with entry {n}, and points to entry {after[1]}")
        return _changed("entries", n, says)

    def _taken(self, seq: int, number: int) -> Iterator[PostRow]:
        """Return the posts from `seq` as if they had come with this entry."""
        for post in chain_walk.rows_of_posts(
            self._db, seq, seq + min(number, chain_walk.AT_ONCE) - 1
        ):
            yield (post[0], self._place.n, *post[2:])

    def _writing(self, entry: EntryRow, rows: list[PostRow]) -> Defect:
        """Return the value that no ledger writes, if all digests were computed again."""
        for post in rows:
            (line,) = self._lines.each([post])
            texts = (*post[3:6], *post[7:9])
            if (
                post[2] != entry[2]
                or not chain_walk.is_clean(line, 1)
                or chain_walk.is_too_long(texts)
            ):
                return _changed("posts", post[0], "holds a value that no ledger writes there")
        return _changed("entries", entry[0], "holds a value that no ledger writes there")

    def _hole(self, entry: EntryRow) -> Defect:
        """Return what happened to the entry that should be here."""
        n = self._place.n
        moved = self._moved([post for post in self._posts if post[1] == n])
        if moved is not None:
            words = f"Entry {moved} was entry {n}: it was moved."
            return Defect("entries", moved, "moved", words)
        if entry[0] < n:
            return Defect("entries", entry[0], "added", f"Entry {entry[0]} was added.")
        return Defect("entries", n, "dropped", f"Entry {n} is missing.")

    def _of_no_entry(self) -> Defect:
        """Return the posts that follow the last entry."""
        n, seq = self._place.n, self._place.seq
        post = self._posts.fetchone()
        if post is None:
            return Defect("entries", n, "dropped", f"Entry {n} is missing.")
        finding = self._post(post, seq)
        if finding and finding.kind in ("dropped", "moved"):
            return finding
        if finding is None and post[1] == n:
            words = f"Entry {n} is missing: post {seq} came with it."
            return Defect("entries", n, "dropped", words)
        return _added(post[0])

    def _moved(self, rows: list[PostRow]) -> int | None:
        """Return the current number of the entry that was here."""
        n, posts_sum = self._place.n, self._sum(rows)
        for other in chain_walk.rows_of_entries(self._db, chain_walk.LOWEST, LAST):
            if _has_types("entries", other) and other[0] != n:
                line = chain_walk.entry_line((n, *other[1:]))
                if chain_walk.digest_of(self._place.digest, line, posts_sum) == other[5]:
                    return int(other[0])
        return None

    def _home(self, post: PostRow) -> int | None:
        """Return the row number that matches a post's checksum."""
        (line,) = self._lines.each([post])
        _, _, rest = line.partition(b"\t")
        # As far as a few dropped posts may have shifted it. Row numbers prove nothing.
        (posts,) = self._db.execute("SELECT count(*) FROM posts").fetchone()
        numbers = range(1, posts + chain_walk.AT_ONCE)
        return next((n for n in numbers if crc32(b"%d\t%b" % (n, rest)) == post[11]), None)

    def _has_mark(self, post: PostRow) -> bool:
        (line,) = self._lines.each([post])
        return crc32(line) == post[11]

    def _fits(self, entry: EntryRow, rows: list[PostRow]) -> bool:
        line = chain_walk.entry_line(entry)
        return chain_walk.digest_of(self._place.digest, line, self._sum(rows)) == entry[5]

    def _sum(self, rows: list[PostRow]) -> bytes:
        return hashlib.sha256(b"".join(self._lines.each(rows))).digest()

    def _new(self, entry: EntryRow) -> int | None:
        """Return the number of posts that an entry says it brought, if it can be read."""
        try:
            return chain_walk.facts_in(entry[0], entry[1], entry[4]).new
        except ValueError:
            return None


def _has_types(table: str, row: tuple[object, ...]) -> bool:
    return tuple(map(type, row)) == TYPES[table]


def _changed(table: str, row: int, what: str) -> Defect:
    name = "Entry" if table == "entries" else "Post"
    return Defect(table, row, "changed", f"{name} {row} {what}.")


def _added(seq: int) -> Defect:
    return Defect("posts", seq, "added", f"Post {seq} belongs to no page: it was added.")
