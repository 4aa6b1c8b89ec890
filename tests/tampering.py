"""A small ledger in which everything happens, and all the ways to tamper with it."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import shutil
import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from types import ModuleType

from doubles import FakeSource, StillClock, post

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Choice, Contest, Rules
from twittervotes.core.contest.posts import Kind, Post, Remedy
from twittervotes.core.contest.snapshot import State
from twittervotes.core.ledger import format1_chain
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session

OPENS_MS = 1_700_000_000_000
SOURCES = (FakeSource("one"), FakeSource("two"))
CHOICES = (Choice("debian"), Choice("ubuntu", aliases=("ubunut",)), Choice("arch", "Arch Linux"))
CONTEST = Contest("Which?", CHOICES, Rules(), OPENS_MS, OPENS_MS + 60_000)
TABLES = {
    "entries": ("n", "kind", "source", "at_ms", "body", "digest"),
    "posts": (
        *("seq", "entry", "source", "network", "key", "voter"),
        *("at_ms", "tags", "kind", "revision", "born_ms", "mark"),
    ),
}

Tamper = Callable[[sqlite3.Connection], object]


def rich(path: Path) -> Path:
    """Make a ledger of two sources: pages, edits, failures, a gap, and acts up to certification."""
    clock = StillClock(OPENS_MS)
    with Ledger.create(path, CONTEST, OPENS_MS) as ledger:
        session = Session(ledger, SOURCES, clock.clock(), every_ms=1000, settle_ms=5000)
        session.begin()
        first = post(1, "debian été", OPENS_MS + 1000)
        pages = (
            (SOURCES[0], (first, post(2, "Ubuntu", OPENS_MS + 2000))),
            (SOURCES[1], (first, post(3, "arch 日本", OPENS_MS + 3000, voter="zoë"))),
            (SOURCES[0], ()),
            (SOURCES[0], (first._replace(revision=1, tags="arch", kind=Kind.QUOTE),)),
            (SOURCES[1], (post(4, "ubunut debian", OPENS_MS - 5, kind="reply"),)),
        )
        for number, (source, posts) in enumerate(pages):
            answer = source.page(session.ask(source), *posts, newest=str(number))
            session.record([answer])
            clock.forward(1500)
            session.tick()
        session.record([SOURCES[1].failed(session.ask(SOURCES[1]), Remedy.RESTART, "Too old — é")])
        session.operate(Act(ActKind.PAUSED, clock.today_ms))
        clock.forward(3000)
        session.operate(Act(ActKind.RESUMED, clock.today_ms))
        ledger.act(Act(ActKind.RULED, clock.today_ms, rules=Rules(grace_s=2, exclude=("v2",))))
        ledger.act(Act(ActKind.EXCLUDED, clock.today_ms, voter="net:v9", reason="a machine"))
        ledger.act(Act(ActKind.ADJUSTED, clock.today_ms, tag="arch", votes=2, reason="hands"))
        clock.forward(70_000)
        while session.tick().state is not State.PROVISIONAL:
            for source in SOURCES:
                if session.due(source):
                    late = post(5, "debian", OPENS_MS + 4000 + len(source.name), voter="v1")
                    session.record([source.page(session.ask(source), late, post(6, "cats"))])
            clock.forward(1000)
        ledger.act(Act(ActKind.CERTIFIED, clock.today_ms, by="Ada"))
    return path


def tampered(original: Path, copy: Path, tamper: Tamper) -> Path:
    """Return a copy of a ledger with something done to it by hand."""
    shutil.copyfile(original, copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF")
        before = copy.read_bytes()
        tamper(db)
    assert copy.read_bytes() != before, "a test that changes nothing finds nothing"
    return copy


def with_hot_journal(ledger: Path, victim: Path) -> Path:
    """Put a journal beside a ledger; SQLite replays it, and deletes the `victim` that it names."""
    with closing(sqlite3.connect(ledger)) as db:
        (page,) = db.execute("PRAGMA page_size").fetchone()
        (pages,) = db.execute("PRAGMA page_count").fetchone()
    magic, name, sector = bytes.fromhex("d9d505f920a163d7"), str(victim).encode(), 512
    header = (magic + struct.pack(">5I", 0, 4660, pages, sector, page)).ljust(sector, b"\0")
    lock_page = 2**30 // page + 1
    sums = struct.pack(">2I", len(name), sum(name))
    journal = Path(f"{ledger}-journal")
    journal.write_bytes(header + struct.pack(">I", lock_page) + name + sums + magic)
    return journal


def cells(path: Path) -> Iterator[tuple[str, str, int, object]]:
    """Return every cell: its table, its column, the number of its row, its value."""
    with closing(sqlite3.connect(path)) as db:
        for table, columns in TABLES.items():
            for row in db.execute(f"SELECT * FROM {table}").fetchall():  # noqa: S608 - our words
                for column, value in zip(columns, row, strict=True):
                    yield table, column, row[0], value


def others(value: object) -> Iterator[object]:
    """Return values that differ from `value` in a single byte, or by one."""
    if isinstance(value, int):
        yield from (value - 1, value + 1)
        return
    data = value if isinstance(value, bytes) else str(value).encode()
    for place in sorted({0, len(data) // 2, len(data) - 1} if data else ()):
        for sign in (data[place] ^ 1, data[place] ^ 0x80):
            yield data[:place] + bytes([sign]) + data[place + 1 :]
    if not data:
        yield b"a"


def put(table: str, column: str, row: int, value: object, was: object) -> Tamper:
    """Return what puts `value` into a cell: bytes as a text, where a text `was`."""
    number = TABLES[table][0]
    sign = "CAST(? AS TEXT)" if isinstance(was, str) and isinstance(value, bytes) else "?"
    query = f"UPDATE {table} SET {column} = {sign} WHERE {number} = ?"  # noqa: S608 - our words

    def set_cell(db: sqlite3.Connection) -> None:
        assert db.execute(query, (value, row)).rowcount == 1

    return set_cell


def loosely(tamper: Tamper) -> Tamper:
    """Return `tamper` with tables that take values of any kind, strict again afterwards."""

    def with_schema(db: sqlite3.Connection) -> None:
        laid_out = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        db.execute("PRAGMA writable_schema = ON")
        for name, columns in TABLES.items():
            loose = f"CREATE TABLE {name} ({columns[0]} INTEGER PRIMARY KEY, " + ", ".join(
                columns[1:]
            )
            db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (f"{loose})", name))
        path = db.execute("PRAGMA database_list").fetchone()[2]
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            tamper(other)
        for name, sql in laid_out:
            db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, name))

    return with_schema


def swapped(table: str, one: int, other: int) -> Tamper:
    """Return what gives two rows each other's number."""
    number = TABLES[table][0]

    def swap(db: sqlite3.Connection) -> None:
        for was, now in ((one, -7), (other, one), (-7, other)):
            db.execute(f"UPDATE {table} SET {number} = ? WHERE {number} = ?", (now, was))  # noqa: S608 - our words

    return swap


def rechained(db: sqlite3.Connection) -> None:
    """Recompute every checksum and every digest, like a forger who knows the program."""
    seal = format1_chain.sealed_by(salt(db))
    before = format1_chain.START
    for n, kind, source, at_ms, body, _ in db.execute(
        "SELECT * FROM entries ORDER BY n"
    ).fetchall():
        lines = []
        rows = db.execute("SELECT * FROM posts WHERE entry = ? ORDER BY seq", (n,)).fetchall()
        for seq, _, origin, *values, _ in rows:
            lines.append(format1_chain.post_line(seq, n, origin, Post(*values), seal))
            mark = zlib.crc32(lines[-1])
            db.execute("UPDATE posts SET mark = ? WHERE seq = ?", (mark, seq))
        before = format1_chain.digest(
            before, format1_chain.entry_line(n, kind, source, at_ms, body), lines
        )
        db.execute("UPDATE entries SET digest = ? WHERE n = ?", (before, n))


def salt(db: sqlite3.Connection) -> bytes:
    (body,) = db.execute("SELECT body FROM entries WHERE n = 2").fetchone()
    return bytes.fromhex(json.loads(body)["salt"])


def anew(query: str) -> Tamper:
    def tamper(db: sqlite3.Connection) -> None:
        db.execute(query)
        rechained(db)

    return tamper


def set_fact(fact: str, number: int) -> str:
    return f"UPDATE entries SET body = json_set(body, '$.{fact}', {number}) WHERE n = 7"  # noqa: S608 - our words


# What no ledger writes, and the row that is named although all digests fit
REWRITTEN = (
    (set_fact("again", 0), ("entries", 7, "changed")),
    (set_fact("again", 2), ("entries", 7, "changed")),
    (set_fact("again", -1), ("entries", 7, "changed")),
    (set_fact("new", 1), ("entries", 7, "changed")),
    (set_fact("new", 3), ("entries", 7, "changed")),
    (set_fact("seen", 1), ("entries", 7, "changed")),
    ("UPDATE entries SET body = '{}' WHERE n = 7", ("entries", 7, "changed")),
    ('UPDATE entries SET body = \'{"salt":""}\' WHERE n = 2', ("entries", 2, "changed")),
    ("UPDATE entries SET kind = 'salt' WHERE n = 3", ("entries", 3, "changed")),
    ("UPDATE entries SET kind = 'act' WHERE n = 1", ("entries", 1, "changed")),
    ("UPDATE posts SET source = 'two' WHERE seq = 2", ("posts", 2, "changed")),
    ("UPDATE posts SET key = char(127) WHERE seq = 4", ("posts", 4, "changed")),
    ("UPDATE posts SET tags = 'a' || char(133) WHERE seq = 4", ("posts", 4, "changed")),
    ("UPDATE posts SET tags = char(8232) WHERE seq = 4", ("posts", 4, "changed")),
    ("UPDATE posts SET seq = 11 WHERE seq = 10", ("posts", 10, "dropped")),
)


def standalone() -> ModuleType:
    """Return the stand-alone verifier as a module, so that a thousand ledgers take no minute."""
    path = files("twittervotes.standalone").joinpath("verify.py")
    spec = importlib.util.spec_from_file_location("given_out", str(path))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STANDALONE = standalone()


def told(path: Path, digest: str = "") -> tuple[int, str]:
    """Return the exit code of the stand-alone verifier, and its output or why it refuses."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = STANDALONE.main([str(path), *(["--digest", digest] if digest else [])])
    if code in (1, 2):
        return code, said.getvalue().splitlines()[-1].removeprefix("NOT CONFIRMED: ")
    return code, said.getvalue()
