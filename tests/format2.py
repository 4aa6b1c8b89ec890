"""Writes ledgers of format 2 and the chain of their packs by hand, from the rows of any ledger.

It shares the columns and the digests with the program, and nothing that reads or counts.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from twittervotes.core.contest.columns import EMPTY, PostColumns, columns_of
from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger import chain, disclosure, file, format1
from twittervotes.core.ledger.checksums import checksums

NETWORKS = ("x", "mastodon", "net", "bluesky")
WIDTHS = {
    **{"tag_set_index": 2, "keys": 8, "seals": 16, "times": 8, "births": 8, "revisions": 8},
    **{"voters": 8, "marks": 4},
}
COLUMNS = {
    "entries": ("kind", "source", "at_ms", "body", "private", "digest"),
    "pages": ("first", "size", *WIDTHS, "tag_sets", "key_texts", "voters_are_text"),
}
PUBLIC = (
    *("size", "tag_sets", "tag_set_index", "keys", "key_texts", "seals", "times", "births"),
    "revisions",
)


class Row(NamedTuple):
    """One thing that a ledger has written down, with the posts it brought."""

    kind: str
    source: str
    at_ms: int
    body: dict[str, Any]
    posts: tuple[Post, ...] = ()


def rows_of(old: Path) -> list[Row]:
    """Return the rows of a ledger of either format."""
    found = []
    with closing(sqlite3.connect(old)) as db:
        if db.execute("PRAGMA user_version").fetchone() == (2,):
            return rows_of_2(old)
        (text,) = db.execute("SELECT body FROM entries WHERE n = 2").fetchone()
        salt = bytes.fromhex(json.loads(text)["salt"])
        for n, kind, source, at_ms, text, _ in db.execute("SELECT * FROM entries ORDER BY n"):
            body = json.loads(format1.aside(text, salt))
            body.pop("nonce", None)
            posts = db.execute(
                "SELECT network, key, voter, at_ms, tags, kind, revision, born_ms FROM posts"
                " WHERE entry = ? ORDER BY seq",
                (n,),
            )
            found.append(Row(kind, source, at_ms, body, tuple(Post(*post) for post in posts)))
    return found


def rows_of_2(path: Path) -> list[Row]:
    """Return the rows of a ledger of format 2."""
    found = []
    with closing(sqlite3.connect(path)) as db:
        for n, kind, source, at_ms, body, secret, _ in db.execute(
            "SELECT * FROM entries ORDER BY n"
        ).fetchall():
            hidden = json.loads(secret) if secret else {}
            hidden.pop("nonce", None)
            whole = dict(disclosure.whole(json.loads(body), hidden))
            found.append(Row(kind, source, at_ms, whole, tuple(columns_in(db, n).posts())))
    return found


def converted(old: Path, new: Path) -> Path:
    """Convert a ledger of format 1 to format 2, with the same salt."""
    return written(new, rows_of(old))


def text_of(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def written(path: Path, rows: Iterable[Row]) -> Path:
    """Write a ledger of format 2."""
    rows = list(rows)
    salt = bytes.fromhex(rows[1].body["salt"])
    path.unlink(missing_ok=True)
    schema = files("twittervotes.core.ledger").joinpath("schema.sql").read_text("utf-8")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(
            f"PRAGMA application_id = {file.APPLICATION}; PRAGMA user_version = 2; {schema}; BEGIN"
        )
        digest, first = chain.START, 1
        for n, row in enumerate(rows, 1):
            public, hidden = disclosure.split(
                row.body, lambda names: disclosure.seals_of(names, NETWORKS, salt)
            )
            body, secret = text_of(public), text_of(hidden) if hidden else ""
            posts = columns_of(row.posts, salt)
            line = chain.entry_line(n, row.kind, row.source, row.at_ms, body)
            digest = chain.digest(digest, line, chain.private_sum(secret), posts)
            values = (n, row.kind, row.source, row.at_ms, body, secret, digest)
            db.execute(f"INSERT INTO entries VALUES ({', '.join('?' * 7)})", values)  # noqa: S608 - our words
            if posts.size:
                page = (n, first, *posts[:10], int(posts.voters_are_text), checksums(posts))
                db.execute(f"INSERT INTO pages VALUES ({', '.join('?' * 14)})", page)  # noqa: S608 - our words
                first += posts.size
        db.execute("COMMIT")
    return path


def rechained(db: sqlite3.Connection) -> None:
    """Recompute every checksum and every digest, like a forger who knows the program."""
    digest = chain.START
    for n, kind, source, at_ms, body, secret, _ in db.execute(
        "SELECT * FROM entries ORDER BY n"
    ).fetchall():
        posts = columns_in(db, n)
        line = f"{n}\t{kind}\t{source}\t{at_ms}\t{body}\n".encode()
        digest = chain.digest(digest, line, chain.private_sum(secret), posts)
        db.execute("UPDATE entries SET digest = ? WHERE n = ?", (digest, n))
        if posts.size and not posts.problem():
            db.execute("UPDATE pages SET marks = ? WHERE n = ?", (checksums(posts), n))


def columns_in(db: sqlite3.Connection, n: int) -> PostColumns:
    row = db.execute(
        f"SELECT {', '.join(PUBLIC)}, voters, voters_are_text FROM pages WHERE n = ?",  # noqa: S608 - our words
        (n,),
    ).fetchone()
    return PostColumns(*row[:-1], bool(row[-1])) if row else EMPTY


def swapped(table: str, one: int, other: int) -> Callable[[sqlite3.Connection], object]:
    """Return what gives two rows each other's number."""

    def swap(db: sqlite3.Connection) -> None:
        for was, now in ((one, -7), (other, one), (-7, other)):
            db.execute(f"UPDATE {table} SET n = ? WHERE n = ?", (now, was))  # noqa: S608 - our words

    return swap


def loosely(
    tamper: Callable[[sqlite3.Connection], object],
) -> Callable[[sqlite3.Connection], object]:
    """Return `tamper` with tables that take values of any type, strict again afterwards."""

    def with_schema(db: sqlite3.Connection) -> None:
        laid_out = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        db.execute("PRAGMA writable_schema = ON")
        for name, _ in laid_out:
            columns = [each[1] for each in db.execute(f"PRAGMA table_info({name})")]
            loose = f"CREATE TABLE {name} ({columns[0]} INTEGER PRIMARY KEY, "
            loose += f"{', '.join(columns[1:])})"
            db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose, name))
        path = db.execute("PRAGMA database_list").fetchone()[2]
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            tamper(other)
        for name, sql in laid_out:
            db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, name))

    return with_schema


def chain_of(path: Path, *, with_accounts: bool = False) -> dict[str, bytes]:
    """Return the members of a pack that hold the chain of a ledger."""
    lines, columns = [], []
    with closing(sqlite3.connect(path)) as db:
        for n, kind, source, at_ms, body, secret, digest in db.execute(
            "SELECT * FROM entries ORDER BY n"
        ).fetchall():
            posts = columns_in(db, n)
            told = {"n": n, "kind": kind, "source": source, "at_ms": at_ms, "body": body}
            if secret and with_accounts:
                told["private"] = secret
            elif secret:
                told["private_sha256"] = hashlib.sha256(secret.encode()).hexdigest()
            lines.append(text_of({**told, "posts": posts.size, "digest": digest.hex()}))
            if posts.size:
                numbers = [posts.size, *map(len, posts.public)]
                columns.append(" ".join(map(str, numbers)).encode() + b"\n")
                columns += posts.public
    chain = "".join(f"{line}\n" for line in lines).encode()
    return {"chain.jsonl": chain, "posts.bin": b"".join(columns)}


# Tampering

Tamper = Callable[[sqlite3.Connection], object]


def cells(path: Path) -> Iterator[tuple[str, int, str, object]]:
    """Return every cell but the numbers of the rows: table, row, column, value."""
    with closing(sqlite3.connect(path)) as db:
        for table, columns in COLUMNS.items():
            for row in db.execute(f"SELECT n, {', '.join(columns)} FROM {table}").fetchall():  # noqa: S608 - our words
                for column, value in zip(columns, row[1:], strict=True):
                    yield table, row[0], column, value


def put(table: str, row: int, column: str, value: object, was: object = b"") -> Tamper:
    sign = "CAST(? AS TEXT)" if isinstance(was, str) and isinstance(value, bytes) else "?"
    query = f"UPDATE {table} SET {column} = {sign} WHERE n = ?"  # noqa: S608 - our words

    def set_cell(db: sqlite3.Connection) -> None:
        assert db.execute(query, (value, row)).rowcount == 1

    return set_cell


def with_tags_of(n: int, one: int, other: int) -> Tamper:
    """Return what gives a post the tags of another one of its page; the first has the place 0."""

    def retag(db: sqlite3.Connection) -> None:
        index = columns_in(db, n).tag_set_index
        tags = index[2 * other : 2 * other + 2]
        assert index[2 * one : 2 * one + 2] != tags
        put("pages", n, "tag_set_index", index[: 2 * one] + tags + index[2 * one + 2 :])(db)

    return retag


def with_namesake(db: sqlite3.Connection) -> None:
    """Add a trigger under the name of a ledger's table, before it in the schema."""
    (laid_out,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'pages'").fetchone()
    for statement in (
        "CREATE TABLE kept AS SELECT * FROM pages",
        "DROP TABLE pages",
        "CREATE TRIGGER pages AFTER INSERT ON entries BEGIN DELETE FROM pages WHERE n < NEW.n; END",
        laid_out,
        "INSERT INTO pages SELECT * FROM kept",
        "DROP TABLE kept",
    ):
        db.execute(statement)


def as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def others(value: object) -> Iterator[object]:
    """Return values that differ from `value` in a single byte, or by one."""
    if isinstance(value, int):
        yield from (value - 1, value + 1, 2**62)
        return
    data = as_bytes(value)
    for place in sorted({0, len(data) // 2, len(data) - 1} if data else ()):
        for sign in (data[place] ^ 1, data[place] ^ 0x80):
            yield data[:place] + bytes([sign]) + data[place + 1 :]
    yield data + b"a"


def set_body(entry: int, path: str, value: str) -> str:
    return (
        f"UPDATE entries SET body = json_set(body, '$.{path}', json('{value}')) WHERE n = {entry}"  # noqa: S608 - our words
    )


def hide(entry: int) -> str:
    return f'UPDATE entries SET private = \'{{"nonce":"00"}}\' WHERE n = {entry}'  # noqa: S608 - our words


# What no ledger writes, and the last number is that of the entry
REWRITTEN = (
    *(set_body(7, "again", each) for each in ("0", "2", "-1")),
    *(set_body(7, "new", each) for each in ("1", "3")),
    set_body(7, "seen", "1"),
    "UPDATE entries SET body = '{}' WHERE n = 7",
    "UPDATE entries SET private = '' WHERE n = 2",
    'UPDATE entries SET private = \'{"nonce":"","salt":""}\' WHERE n = 2',
    "UPDATE entries SET kind = 'salt' WHERE n = 3",
    "UPDATE entries SET kind = 'act' WHERE n = 1",
    "UPDATE entries SET source = char(9) WHERE n = 7",
    "UPDATE entries SET private = '' WHERE n = 16",
    set_body(16, "exclude", "[]"),
    set_body(16, "exclude", '["ann"]'),
    *(hide(each) for each in (1, 3, 12, 17, 24)),
)
