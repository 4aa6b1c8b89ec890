"""Walks the chain of a ledger of format 1; `walk` does so for the current format.

Rows are read as a stream and as raw bytes, so that any changed byte is noticed and ten million
posts need no more memory than ten. Each entry stores its digest, so a walk can begin at any entry,
and several can run at once. `format1_diagnosis` explains a row that doesn't fit; what rows mean for
the vote is checked elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

import msgspec

from twittervotes.core.contest.posts import LONGEST_VALUE
from twittervotes.core.ledger import file, format1_chain
from twittervotes.core.ledger.walk import FIRST, Part, Place

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection
    from pathlib import Path

T = TypeVar("T")

AT_ONCE = 10_000  # rows held in memory, however many posts a page claims
LOWEST = -(2**63)  # SQLite's smallest row number, to find rows before the first too
UNCLEAN = bytes([*range(9), *range(11, 32), 127])  # in no value; tab and newline separate them
UNCLEAN_PAIRS = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")
ENTRY = b"%d\t%b\t%b\t%d\t%b\n"
POST = b"%d\t%d\t%b\t%b\t%b\t%b\t%d\t%b\t%b\t%d\t%d\n"

EntryRow = tuple[int, bytes, bytes, int, bytes, bytes]
PostRow = tuple[int, int, bytes, bytes, bytes, bytes, int, bytes, bytes, int, int, int]


class Facts(msgspec.Struct):
    """What an entry says about its posts: how many were seen, written, and known before."""

    seen: int
    new: int
    again: int


class Salt(msgspec.Struct):
    """The body of the entry with the salt of the accounts' seals."""

    salt: str


def walk(path: Path, part: Part) -> tuple[Place, bool]:
    """Walk a part of the chain; return where it stops fitting, and whether all of it fits."""
    with file.told(path), closing(file.reader(path)) as db:
        db.text_factory = bytes
        place, lines = part.start, Lines(salt(db))
        n, seq = (LOWEST, LOWEST) if place == FIRST else (place.n, place.seq)
        posts = rows_of_posts(db, seq, part.seq)
        try:
            for entry in rows_of_entries(db, n, part.n):
                place = after(place, entry, posts, lines)
        except (TypeError, ValueError):  # a value of another type, or one that doesn't fit
            return place, False
        return place, (place.n, place.seq) == part.end and posts.fetchone() is None


def rows_of_entries(db: sqlite3.Connection, first: int, last: int) -> sqlite3.Cursor:
    """Yield entries in order, as EntryRow if their types are right."""
    return db.execute("SELECT * FROM entries WHERE n BETWEEN ? AND ? ORDER BY n", (first, last))


def rows_of_posts(db: sqlite3.Connection, first: int, last: int) -> sqlite3.Cursor:
    """Yield posts in order, as PostRow if their types are right."""
    return db.execute("SELECT * FROM posts WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last))


def after(place: Place, entry: EntryRow, posts: sqlite3.Cursor, lines: Lines) -> Place:
    """Return the place after an entry and its posts; raise ValueError unless all of it fits."""
    n, kind, source, _, body, digest = entry
    line = entry_line(entry)
    facts = facts_in(n, kind, body)
    if n != place.n or line.count(b"\t") != 4 or line.count(b"\n") != 1:
        raise ValueError
    seq, end, posts_sum = place.seq, place.seq + facts.new, hashlib.sha256()
    while seq < end:
        rows = posts.fetchmany(min(end - seq, AT_ONCE))
        if not rows:
            raise ValueError
        posts_sum.update(lines.of(rows, seq, n, source))
        seq += len(rows)
    if digest != digest_of(place.digest, line, posts_sum.digest()):
        raise ValueError
    return Place(n + 1, seq, digest)


def entry_line(entry: EntryRow) -> bytes:
    """Return the hashed form of an entry, like `format1_chain.entry_line`."""
    return ENTRY % entry[:5]


def digest_of(before: bytes, line: bytes, posts_sum: bytes) -> bytes:
    """Return the digest of an entry, like `format1_chain.digest`."""
    return hashlib.sha256(before + hashlib.sha256(line).digest() + posts_sum).digest()


class Lines:
    """Builds the lines of posts like `format1_chain.post_line`, from bytes and many at once."""

    def __init__(self, salt: bytes) -> None:
        self._keyed = hashlib.blake2b(key=salt, digest_size=format1_chain.SEAL_BYTES)

    def each(self, rows: list[PostRow]) -> list[bytes]:
        """Return the line of each post."""
        copy, lines = self._keyed.copy, []
        for seq, entry, source, network, key, voter, at, tags, kind, revision, born, _ in rows:
            seal = copy()
            seal.update(b"%b:%b" % (network, voter))
            sealed = seal.hexdigest().encode()
            values = (seq, entry, source, network, key, sealed, at, tags, kind, revision, born)
            lines.append(POST % values)
        return lines

    def of(self, rows: list[PostRow], seq: int, n: int, source: bytes) -> bytes:
        """Return the lines of posts from `seq`; raise ValueError unless all of them fit."""
        lines = self.each(rows)
        joined = b"".join(lines)
        columns = zip(*rows, strict=True)
        seqs, entries, sources, networks, keys, voters, _, tags, kinds, *_, checksums = columns
        if (
            seqs != tuple(range(seq, seq + len(rows)))
            or entries.count(n) != len(rows)
            or sources.count(source) != len(rows)
            or checksums != tuple(map(crc32, lines))
            or not is_clean(joined, len(rows))
            or is_too_long(networks, keys, voters, tags, kinds)
        ):
            raise ValueError
        return joined


def is_clean(lines: bytes, posts: int) -> bool:
    """Return whether no value in the lines of `posts` could make a line represent another row."""
    return (
        lines.count(b"\t") == 10 * posts
        and lines.count(b"\n") == posts
        and len(lines.translate(None, UNCLEAN)) == len(lines)
        and (lines.isascii() or not UNCLEAN_PAIRS.search(lines))
    )


def is_too_long(*columns: Collection[bytes]) -> bool:
    """Return whether a value of a post is longer than any that ledgers write."""
    return any(
        max(map(len, values)) > LONGEST_VALUE
        and any(len(value.decode()) > LONGEST_VALUE for value in values)
        for values in columns
    )


def facts_in(n: int, kind: bytes, body: bytes) -> Facts:
    """Return what an entry says about its posts; raise ValueError if it is invalid."""
    if (kind == b"contest") != (n == 1) or (kind == b"salt") != (n == 2):
        raise ValueError("a ledger has one contest and one salt, and begins with them")
    if kind == b"salt":
        salt_in(body)
    if kind != b"page":
        return Facts(0, 0, 0)
    facts = decoded(body, Facts)
    if not 0 <= facts.again <= facts.new <= facts.seen:
        raise ValueError("the numbers of posts contradict each other")
    return facts


def salt_in(body: bytes) -> bytes:
    """Return the salt in an entry; raise ValueError if there is none."""
    salt = bytes.fromhex(decoded(body, Salt).salt)
    if not 0 < len(salt) <= hashlib.blake2b.MAX_KEY_SIZE:
        raise ValueError("no salt")
    return salt


def salt(db: sqlite3.Connection) -> bytes:
    """Return the salt of the accounts' seals; b"" if the ledger has none."""
    try:
        (body,) = db.execute("SELECT body FROM entries WHERE n = 2").fetchone()
        return salt_in(body)
    except (TypeError, ValueError):
        return b""


def decoded(body: bytes, of: type[T]) -> T:
    """Return the body of an entry; raise ValueError if it can't be decoded."""
    try:
        return msgspec.json.decode(body, type=of)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError("an entry that cannot be read") from error
