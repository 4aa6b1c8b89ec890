"""The files that strangers may have made: archives, configurations, ledgers, packs of results.

Ledgers and packs are right ones that are damaged: a few bytes of the file, or the words of one
entry or member. Whatever the program does with them, it does it as a command does, and the verifier
that is given out reads them too.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import signal
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from counted import made
from doubles import FakeSource
from format2 import COLUMNS, rechained
from samples import CLOSES, contest

from twittervotes.app import registry
from twittervotes.app.main import main
from twittervotes.auth import oauth1_token, oauth2_token
from twittervotes.core.config import loader
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.posts import Post
from twittervotes.core.errors import ConfigError, TwittervotesError
from twittervotes.core.ledger.reader import explained
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session
from twittervotes.sources.archive.reader import Archive
from twittervotes.sources.bluesky import session as bluesky_session
from twittervotes.standalone import verify as standalone

FOUND = (0, 1, 2, 3)  # what a command may end with
MEMBERS = ("chain.jsonl", "posts.bin", "result.json", "votes.csv")
WRITTEN = ("pack.zip", "result.json", "result.csv", "votes.csv", "result.xlsx", "report.html")
CLOCK = Clock(today=lambda: CLOSES + 90_000, now=lambda: 1_000_000)


@cache
def folder() -> Path:
    """Return a folder, in memory where that can be: each input is a file."""
    shared = "/dev/shm"  # noqa: S108 - a folder of its own is made in it
    return Path(tempfile.mkdtemp(dir=shared if os.access(shared, os.W_OK) else None))


def file(name: str, data: bytes) -> Path:
    """Return a new file that holds `data`, and nothing beside it."""
    path = folder() / name
    for left in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{left}").unlink(missing_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)
    return path


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Capture output, and leave the signals unchanged."""
    handler, words = signal.getsignal(signal.SIGTERM), io.StringIO()
    try:
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            yield
    finally:
        signal.signal(signal.SIGTERM, handler)


def command(*words: object) -> None:
    """Run a command as a shell does."""
    with quiet():
        code = main([str(word) for word in words])
    assert code in FOUND, code


# --- archives, configurations, kept secrets


def archive(data: bytes) -> None:
    """Read an archive: as it is, packed by gzip, or in a zip, by the first byte."""
    form, text = data[:1], data[1:]
    packed = io.BytesIO()
    if form == b"\1":
        packed.write(gzip.compress(text, 1))
    elif form in (b"\2", b"\3"):
        packing = zipfile.ZIP_DEFLATED if form == b"\2" else zipfile.ZIP_STORED
        with zipfile.ZipFile(packed, "w", packing) as into:
            into.writestr("one.json", text)
            into.writestr("two.gz", text)
    else:
        packed.write(text if form == b"\0" else data)
    path = file("archive", packed.getvalue())
    plugins = registry.networks().values()
    readings = [plugin.reads(contest()) for plugin in plugins if plugin.reads]
    for piece in Archive(readings).pieces(path, lambda _: None):
        assert piece.posts or piece.bad or piece.line
        assert all(len(words) <= 300 for words in piece.bad)


def configuration(data: bytes) -> None:
    """Read a configuration, and variables of the environment behind zeros."""
    text, *variables = data.split(b"\0")
    told = [os.fsdecode(each).partition("=") for each in variables]
    environ = {f"TWITTERVOTES_{name}": value for name, _, value in told}
    environ.pop("TWITTERVOTES_CONFIG", None)
    with contextlib.suppress(ConfigError):
        found = loader.load(file("config.yaml", text), registry.sections(), environ)
        for name in (*found.sources, "x"):
            if name in registry.networks():
                plugin = registry.networks()[name]
                settings = found.section(plugin.settings)
                assert all(plugin.needs(settings)) or not plugin.needs(settings)


def kept_secrets(data: bytes) -> None:
    """Read the files of both sign-ins, and of a session."""
    path = file(".twitterauth", data)
    for read in (oauth1_token.read, oauth2_token.read):
        with contextlib.suppress(ConfigError):
            read(path)
    bluesky_session._read(data)


# --- ledgers


@cache
def right_ledger() -> bytes:
    """Return the bytes of a ledger with entries of every kind."""
    path = made(folder() / "right.votes")
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    return path.read_bytes()


def ledger_bytes(data: bytes) -> None:
    """Change bytes of a ledger: each three say where, and to what."""
    changed = bytearray(right_ledger())
    for place in range(1, len(data) - 2, 3):
        where = int.from_bytes(data[place : place + 2], "big") % len(changed)
        changed[where] = data[place + 2]
    used(file("vote.votes", bytes(changed)), data[:1])


def ledger_entries(data: bytes) -> None:
    """Replace the words of an entry by any others, and recompute all digests."""
    number, body = int.from_bytes(data[:1], "big"), data[1:].decode("utf-8", "replace")
    part = "private" if body.startswith("{}") else "body"
    update = f"UPDATE entries SET {part} = ? WHERE n = ? + 1"  # noqa: S608 - a name of ours
    changed_by(data[:1], update, (body.removeprefix("{}"), number % 13))


def ledger_posts(data: bytes) -> None:
    """Replace a column of posts, or a part of it, by any bytes, and recompute the chain."""
    number = int.from_bytes(data[:1], "big")
    value: int | bytes
    column = COLUMNS["pages"][int.from_bytes(data[1:2], "big") % len(COLUMNS["pages"])]
    kept, row = int.from_bytes(data[2:3], "big"), 3 + number % 10
    if column in ("first", "size", "voters_are_text"):
        put, value = "?1", int.from_bytes(data[3:11], "little", signed=True)
    else:
        rest = f"substr({column}, {kept} + 1 + length(?1))"
        put, value = f"CAST(substr({column}, 1, {kept}) || ?1 || {rest} AS BLOB)", data[3:]
    update = f"UPDATE pages SET {column} = {put} WHERE n = ?2"  # noqa: S608 - a name of ours
    changed_by(data[:1], update, (value, row))


def changed_by(how: bytes, update: str, values: tuple[object, ...]) -> None:
    """Use a valid ledger that was changed by an SQL statement, and rechained."""
    path = file("vote.votes", right_ledger())
    with contextlib.closing(sqlite3.connect(path)) as db:
        with contextlib.suppress(sqlite3.IntegrityError, OverflowError):  # what no column takes
            db.execute(update, values)
        with contextlib.suppress(ValueError, TypeError, LookupError, RecursionError, struct.error):
            rechained(db)  # as far as it goes with such a value
        db.commit()
    used(path, bytes([how[0] // 13]) if how else b"")


def used(path: Path, how: bytes) -> None:
    """Do one of the things that are done with a ledger."""
    uses: tuple[Callable[[], None], ...] = (
        lambda: proved(path),
        lambda: command("recount", path, "--rule", "several=each", "withdrawn=keep", "--json"),
        lambda: command("recount", path),
        lambda: command("explain", path, "ann"),
        lambda: command("result", path),
        lambda: taken_up(path),
        lambda: command("adjust", path, "debian", "+1", "--reason", "r", "--by", "Ada"),
        lambda: command("merge", file("new.votes", b""), path, file("2.votes", right_ledger())),
        *(
            lambda name=name: command("export", path, "--to", folder() / name)  # type: ignore[misc]
            for name in WRITTEN
        ),
    )
    number = int.from_bytes(how, "big")
    uses[number % len(uses)]()


def proved(path: Path) -> None:
    """Prove it in both ways."""
    with contextlib.suppress(TwittervotesError):
        assert verify(path).entries >= 0
    confirmed(path)


def confirmed(path: Path) -> None:
    with quiet():
        code = standalone.main([str(path)])
    assert code in FOUND, code


def taken_up(path: Path) -> None:
    """Count on where the vote stopped."""
    source = FakeSource("twitter", "x")
    with contextlib.suppress(TwittervotesError), Ledger.reopen(path) as ledger:
        with explained(path):
            session = Session(ledger, [source], CLOCK, every_ms=1000, settle_ms=1000)
            session.begin()
        session.tick()
        session.record([source.page(session.ask(source), Post("x", "99", "z", CLOSES, "arch"))])


# --- packs


@cache
def right_pack() -> dict[str, bytes]:
    """Return the members of a right pack of results."""
    path, pack = file("vote.votes", right_ledger()), folder() / "pack.zip"
    command("export", path, "--to", pack)
    with zipfile.ZipFile(pack) as members:
        return {name: members.read(name) for name in members.namelist()}


def pack(data: bytes) -> None:
    """Change a member of a pack: replace some bytes at some place by others."""
    number, start, length, put = data[0] % 4 if data else 0, data[1:3], data[3:4], data[4:]
    members = dict(right_pack())
    member = members.get(MEMBERS[number], b"")
    at = int.from_bytes(start, "big") % (len(member) + 1)
    members[MEMBERS[number]] = member[:at] + put + member[at + int.from_bytes(length, "big") :]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as into:
        for name, content in members.items():
            into.writestr(name, content)
    confirmed(file("changed.zip", packed.getvalue()))


FUZZED: dict[str, Callable[[bytes], None]] = {
    "archive": archive,
    "configuration": configuration,
    "kept secrets": kept_secrets,
    "ledger bytes": ledger_bytes,
    "ledger entries": ledger_entries,
    "ledger posts": ledger_posts,
    "pack": pack,
}
