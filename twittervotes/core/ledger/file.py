"""Opens ledger files: checks that they are ledgers, takes the write lock, explains errors.

A file is checked before it is opened, so that one that isn't a ledger stays unchanged. One program
writes at a time: it holds a lock beside the file, which the system releases when the program dies.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from weakref import WeakSet

import msgspec

from twittervotes.core import atomic_file
from twittervotes.core.errors import LedgerBusyError, LedgerError, NoRoomError
from twittervotes.core.file_lock import Lock
from twittervotes.core.ledger import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from sqlite3 import _Parameters

C = TypeVar("C", bound=sqlite3.Connection)

APPLICATION = 0x54565645  # identifies a ledger among SQLite files
VERSION = 2  # the newest format that is read; see core.ledger.format1 for the other
DAMAGE = ("malformed", "not a database", "unsupported file format", "no such")
# Every transaction is flushed to disk. Checkpoints are rarer than by default, so that pages that
# several transactions change are copied once.
WRITING = """
PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;
PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000;
"""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
UNWRITTEN = (  # SQLite's files beside a database, which it must be able to write even for reading
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMSIZE,
)
COPIED_AT_ONCE = 4096  # pages of 4 kB: about 15 ms instead of 250 on a slow disk
LONGEST_COPY_S = 60.0
HEADER = 100  # bytes; https://www.sqlite.org/fileformat.html#the_database_header


def is_new(path: Path) -> bool:
    """Return whether there is no ledger at `path` yet: no file, or an empty one."""
    with told(path):
        return not path.exists() or (path.is_file() and path.stat().st_size == 0)


def check(path: Path) -> None:
    """Raise LedgerError unless `path` is a ledger that this version can read."""
    with told(path):
        if not path.exists():
            raise LedgerError(f"There is no ledger {path}.")
        if not path.is_file():
            raise LedgerError(f"{path} is not a file. Give the path of a ledger.")
        size = path.stat().st_size
        if size < HEADER:
            raise LedgerError(f"{path} is not a ledger. No changes were made.")
        header = _header(path)
    if header is None:
        raise LedgerError(
            f"{path} is not a ledger, or its beginning is damaged. No changes were made."
        )
    if header.application != APPLICATION:
        raise LedgerError(f"{path} is a database, but not a ledger. No changes were made.")
    if header.version > VERSION:
        raise LedgerError(
            f"{path} was written by a newer version (format {header.version}, this one knows"
            f" {VERSION}). Install that version to read it."
        )
    if size % header.page and not Path(f"{path}-wal").exists():
        raise LedgerError(_damaged(path, "its end is missing"))


class _Header(NamedTuple):
    """The header of a database: its application, format and page size."""

    application: int
    version: int
    page: int


def _header(path: Path) -> _Header | None:
    """Read the header of a database without changing anything; None if it isn't a database.

    SQLite itself reads it. When a process closes any other descriptor of a file, the system drops
    all locks of that process on the file, also those of a connection that is counting into it:
    https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    """
    try:
        try:
            return _header_as(path, "mode=ro&immutable=1")
        except sqlite3.DatabaseError as error:
            if _is_corrupt(error) and Path(f"{path.resolve()}-wal").exists():
                # An interrupted checkpoint has written some pages: a full disk, a kill.
                return _header_as(path, "mode=ro")  # with the WAL the file is complete
            raise
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            return None
        if error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN:
            raise PermissionError from error
        raise


def _header_as(path: Path, how: str) -> _Header:
    names = ("application_id", "user_version", "page_size")
    with contextlib.closing(opening.connect(path, how, sqlite3.Connection)) as db:
        return _Header(*(db.execute(f"PRAGMA {name}").fetchone()[0] for name in names))


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT


def locked(path: Path) -> Lock:
    """Acquire the writer's lock; raise LedgerBusyError if another program holds it."""
    try:
        return Lock(path)
    except TimeoutError:
        if not Path(f"{path.resolve()}.lock").exists():  # as in a virtual folder such as /proc
            raise LedgerError(f"{path} can't be created in that folder. Choose another.") from None
        raise LedgerBusyError(
            f"Another program is counting into {path}. Close it first, or choose another --ledger."
        ) from None


def version(db: sqlite3.Connection) -> int:
    """Return the format of an open ledger."""
    (found,) = db.execute("PRAGMA user_version").fetchone()
    return int(found)


def laid_out(schema: str, version: int) -> sqlite3.Connection:
    """Return an in-memory database with the tables of a ledger of this format."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(
        f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {version}; {schema}"
    )
    return db


def put(db: sqlite3.Connection, path: Path) -> None:
    """Write everything in `db` to a new file at `path`, completely or not at all."""
    path = path.resolve()
    data = bytearray(db.serialize())
    data[18:20] = b"\2\2"  # in WAL mode from the start, so there is never a journal beside it
    with atomic_file.replacing(path) as file:
        file.write(data)
        for left_by_another in ("-wal", "-shm", "-journal"):  # SQLite would use them
            Path(f"{path}{left_by_another}").unlink(missing_ok=True)


def writer(path: Path, check_layout: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    """Return the writing connection; threads may share it, one at a time.

    `check_layout` is called before anything is written, and raises if the file must not be written.
    """
    db = _opened(path, "mode=rw", sqlite3.Connection)
    try:
        check_layout(db)
        db.executescript(WRITING)
        db.execute("UPDATE entries SET n = n WHERE n < 0")  # fail now, not later
    except BaseException:
        db.close()
        raise
    return db


def reader(path: Path) -> sqlite3.Connection:
    """Return a read-only connection, which never makes the writer wait.

    SQLite keeps its own files beside a file that it reads. If it can't, as on a read-only disk, and
    nobody is writing, the file is read as immutable.
    """
    how = "mode=ro"
    if not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists():
        how += "&immutable=1"
    db = _opened(path, how, _Reading)
    db.path = path
    db.executescript("PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0;")
    return db


def copy(path: Path, to: Path) -> None:
    """Copy a ledger to the new file `to`, even while another program writes to it.

    Read transactions are short, so the writer's checkpoints continue. Raises LedgerError.
    """
    end = time.monotonic() + LONGEST_COPY_S

    def passed(_: int, __: int, ___: int) -> None:
        if time.monotonic() > end:
            raise LedgerError(f"{path} changes too fast to be copied. Try again later.")

    with (
        told(path),
        contextlib.closing(reader(path)) as source,
        contextlib.closing(opening.connect(to, "mode=rwc", sqlite3.Connection)) as target,
    ):
        source.backup(target, pages=COPIED_AT_ONCE, progress=passed, sleep=0.0)


def _opened(path: Path, how: str, kind: type[C]) -> C:
    """Open a ledger; every opening goes through here and checks the file right before."""
    check(path)
    return opening.connect(path, how, kind)


class _Reading(sqlite3.Connection):
    """Reads `path`, and leaves nothing beside the file when closed."""

    path = Path()
    _cursors: WeakSet[sqlite3.Cursor] | None = None

    def execute(self, sql: str, parameters: _Parameters = (), /) -> sqlite3.Cursor:
        cursor = super().execute(sql, parameters)
        self._cursors = WeakSet() if self._cursors is None else self._cursors
        self._cursors.add(cursor)
        return cursor

    def close(self) -> None:
        # The error's traceback may hold a cursor, which would keep the file open.
        for cursor in self._cursors or ():
            cursor.close()
        super().close()
        with contextlib.suppress(OSError, sqlite3.Error, LedgerError):
            _tidy(self.path)


def _tidy(path: Path) -> None:
    """Let SQLite remove its files beside a ledger, unless somebody is reading or writing it.

    A read-only connection leaves them, so a writable one must be the last to close. Files with
    content belong to a writer, or to one that died; the next writer recovers them.
    """
    if Path(f"{path}-wal").stat().st_size:
        return
    with contextlib.closing(_opened(path, "mode=rw", sqlite3.Connection)) as db:
        db.execute("PRAGMA user_version")  # opens the files; closing removes them


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the system into a LedgerError about `path`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if str(error) == "interrupted":  # by a signal, while SQLite was at work
            raise KeyboardInterrupt from error
        if reason := _no_room(error):
            raise NoRoomError(_unwritten(path, reason)) from error
        raise LedgerError(_sentence(path, str(error))) from error
    except UnicodeDecodeError as error:  # a file so damaged that SQLite's message isn't valid text
        raise LedgerError(_damaged(path, "it contains invalid UTF-8")) from error
    except (msgspec.MsgspecError, RecursionError) as error:  # deeply nested JSON from a stranger
        raise LedgerError(_damaged(path, "an entry in it cannot be read")) from error
    except PermissionError as error:
        raise LedgerError(
            f"{path} can't be read or written. Check its permissions and its folder's."
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in NO_ROOM:
            raise NoRoomError(_unwritten(path, reason)) from error
        raise LedgerError(f"{path} cannot be used: {reason}.") from error


def _no_room(error: sqlite3.DatabaseError) -> str:
    """Return why SQLite could not write; "" if the error is something else."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL:
        return "the disk is full"
    return "the disk is full or failing, or a limit is reached" if code in UNWRITTEN else ""


def _unwritten(path: Path, reason: str) -> str:
    """Say what was not written: one transaction, or a new file."""
    return (
        f"{reason[:1].upper()}{reason[1:]}. Make room and try again. Everything recorded so far is"
        f" kept in {path}."
    )


def _sentence(path: Path, words: str) -> str:
    if "locked" in words:
        return f"{path} is locked by another program. Close it and try again."
    if "readonly" in words or "read-only" in words or "unable to open" in words:
        return f"{path} cannot be opened for writing. Check its permissions and its folder's."
    if any(sign in words for sign in DAMAGE):
        return _damaged(path, " ".join(words.split())[:80])
    if "decode" in words:  # the text follows, of any length
        return _damaged(path, "it contains invalid UTF-8")
    return f"{path} could not be used: {words}."


def _damaged(path: Path, words: str) -> str:
    return f"{path} is damaged: {words}. No changes were made; use a backup."
