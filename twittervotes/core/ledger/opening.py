"""Opens a ledger's file with SQLite, whoever made the file and whatever is beside it.

SQLite acts on the files beside a database. It replays a journal, and then deletes the file that the
journal names; it writes through a write-ahead log's files, wherever they link to. Nothing in the
ledger itself shows that. So those files are checked right before every opening, and the database
gets no chance to run code of its own. No other module connects to a ledger, or to the file of a
ballot box, which is opened in the same way.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote_from_bytes

from twittervotes.core.errors import LedgerError

C = TypeVar("C", bound=sqlite3.Connection)

NOTES = ("-wal", "-shm")
INSTRUCTIONS = 1_000_000  # SQLite instructions between two checks for signals: about 50 ms
# https://www.sqlite.org/security.html#untrusted_sqlite_database_files
CAREFUL = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"


def connect(path: Path, how: str, kind: type[C]) -> C:
    """Return a connection to the ledger at `path`; `how` is the query of SQLite's URI.

    Any thread may use it, one at a time. Raises LedgerError if there is a file beside the ledger
    that no ledger has.
    """
    path = path.resolve()  # SQLite looks beside the target of a link
    check_beside(path)
    db = sqlite3.connect(
        f"{_uri(path)}?{how}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=10,
        factory=kind,
    )
    try:
        _restrict(db)
    except BaseException:
        db.close()
        raise
    return db


def check_beside(path: Path) -> None:
    """Raise LedgerError if SQLite would act on a foreign file beside `path`."""
    journal = Path(f"{path}-journal")
    if _mode_and_names(journal):
        raise LedgerError(
            f"{journal} is beside the ledger. SQLite would replay it, which can change the ledger"
            " and delete other files, so nothing was opened. Move it away and try again."
        )
    for notes in (Path(f"{path}{ending}") for ending in NOTES):
        found = _mode_and_names(notes)
        if found and (not stat.S_ISREG(found[0]) or found[1] > 1):
            raise LedgerError(
                f"{notes} is a link or not a regular file. SQLite would write through it, so"
                " nothing was opened. Copy the ledger and this file to a new folder and try again."
            )


def _mode_and_names(path: Path) -> tuple[int, int] | None:
    """Return the mode of a file, not of what it links to, and its number of names."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_mode, found.st_nlink


def _uri(path: Path) -> str:
    """Return the URI of a file; `Path.as_uri` names a server in a way that SQLite rejects."""
    quoted = quote_from_bytes(os.fsencode(path.as_posix()), safe="/:")
    return f"file://{'' if quoted.startswith('/') else '/'}{quoted}"


def _restrict(db: sqlite3.Connection) -> None:
    """Let a stranger's database compute and change nothing, and let signals end queries."""
    if sys.version_info >= (3, 12):
        db.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        db.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
        db.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_VIEW, False)
    for pragma in CAREFUL.split(";"):
        db.execute(pragma)
    # SQLite calls it regularly; Python handles signals whenever it runs.
    db.set_progress_handler(lambda: 0, INSTRUCTIONS)
