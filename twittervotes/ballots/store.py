"""The file of a ballot box: ballots in the order in which they were acknowledged.

It contains no name, address, code or receipt. One connection writes; what it wrote is on disk when
`commit` returns. Another one reads, and sees only what was committed.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from typing import TYPE_CHECKING, Final

from twittervotes.core.errors import ConfigError, LedgerError
from twittervotes.core.ledger import opening
from twittervotes.sources.web.feed import FIRST, BallotRow, linked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

APPLICATION_ID: Final = 0x74767462  # "tvtb"
FORMAT: Final = 1
OS_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)  # a link could lead to any file
SCHEMA: Final = """
CREATE TABLE about (box TEXT NOT NULL, ledger_key BLOB NOT NULL);
CREATE TABLE ballots (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    voter TEXT NOT NULL,
    choice TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    level TEXT NOT NULL,
    link TEXT NOT NULL
);
CREATE INDEX ballots_of ON ballots (voter);
"""
BY_KEY: Final = "SELECT seq, key, voter, choice, at_ms, level FROM ballots WHERE key = ?"
LATEST: Final = """SELECT seq, key, voter, choice, at_ms, level FROM ballots WHERE voter = ?
ORDER BY seq DESC LIMIT 1"""
AFTER: Final = """SELECT seq, key, voter, choice, at_ms, level FROM ballots WHERE seq > ?
ORDER BY seq LIMIT ?"""
LAST: Final = "SELECT seq, at_ms, link FROM ballots ORDER BY seq DESC LIMIT 1"
IDS: Final = ("application_id", "user_version")


class BallotStore:
    """Opens the file of a box, or creates it. Raises ConfigError."""

    def __init__(self, path: Path, ledger_key: bytes) -> None:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | OS_NOFOLLOW, 0o600))
            is_new = path.stat().st_size == 0
            self._writing = _connected(path)
            self._writing.execute("PRAGMA journal_mode = WAL")
            self._writing.execute("PRAGMA synchronous = FULL")
            if is_new:
                self._make(ledger_key)
            self.box = self._about(ledger_key)
            self._reading = _connected(path)
            self._reading.execute("PRAGMA query_only = ON")
            self.last, self.last_ms, self.link = self._end()
        except LedgerError as error:  # SQLite would act on a file beside the box
            raise ConfigError(f"{path} can't be used as a ballot box. {error}") from error
        except (OSError, sqlite3.Error, ValueError) as error:
            raise ConfigError(f"{path} can't be used as a ballot box: {error}.") from error

    def _make(self, ledger_key: bytes) -> None:
        self._writing.execute("BEGIN")
        for statement in SCHEMA.split(";"):
            self._writing.execute(statement)
        self._writing.execute("INSERT INTO about VALUES (?, ?)", (secrets.token_hex(8), ledger_key))
        self._writing.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._writing.execute(f"PRAGMA user_version = {FORMAT}")
        self._writing.execute("COMMIT")

    def _about(self, ledger_key: bytes) -> str:
        ids = [self._writing.execute(f"PRAGMA {name}").fetchone()[0] for name in IDS]
        if ids != [APPLICATION_ID, FORMAT]:
            raise ValueError("it is another file")
        box, kept = self._writing.execute("SELECT box, ledger_key FROM about").fetchone()
        if kept != ledger_key:
            raise ValueError("its secret has changed; restore the old one, or name it in web.keys")
        return str(box)

    def _end(self) -> tuple[int, int, str]:
        """Return number, time and link of the last ballot."""
        found: tuple[int, int, str] | None = self._writing.execute(LAST).fetchone()
        return found or (0, 0, FIRST)

    def begin(self) -> None:
        """Begin a transaction."""
        self._writing.execute("BEGIN IMMEDIATE")

    def written(self, key: str) -> BallotRow | None:
        """Return the ballot with this key, including uncommitted ones."""
        return _row(self._writing, key)

    def choices_of(self, voter: str) -> list[str]:
        """Return what a voter has voted for, including uncommitted ballots."""
        found = self._writing.execute("SELECT choice FROM ballots WHERE voter = ?", (voter,))
        return [tag for (tag,) in found]

    def put(self, key: str, voter: str, tag: str, at_ms: int, level: str) -> BallotRow:
        """Append a ballot; its time is never before that of its predecessor."""
        self.last, self.last_ms = self.last + 1, max(self.last_ms, at_ms)
        self.link = linked(self.link, key)
        row = BallotRow(self.last, key, voter, tag, self.last_ms, level)
        self._writing.execute("INSERT INTO ballots VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, self.link))
        return row

    def commit(self) -> None:
        """Write the transaction to disk. Takes a while; may be called in another thread."""
        self._writing.execute("COMMIT")

    def undo(self) -> None:
        """Roll back to `begin`."""
        if self._writing.in_transaction:
            self._writing.execute("ROLLBACK")
        self.last, self.last_ms, self.link = self._end()

    def find(self, key: str) -> BallotRow | None:
        """Return the committed ballot with this key."""
        return _row(self._reading, key)

    def latest_of(self, voter: str) -> BallotRow | None:
        """Return a voter's latest committed ballot."""
        found = self._reading.execute(LATEST, (voter,)).fetchone()
        return BallotRow(*found) if found else None

    def after(self, seq: int, limit: int) -> Sequence[BallotRow]:
        """Return committed ballots after number `seq`."""
        found = self._reading.execute(AFTER, (seq, limit))
        return [BallotRow(*each) for each in found]

    def link_at(self, seq: int) -> str:
        """Return the link of a committed ballot, "" if there is none with this number."""
        if not seq:
            return FIRST
        found = self._reading.execute("SELECT link FROM ballots WHERE seq = ?", (seq,)).fetchone()
        return str(found[0]) if found else ""

    def committed(self) -> int:
        """The number of the last committed ballot."""
        found = self._reading.execute("SELECT coalesce(max(seq), 0) FROM ballots").fetchone()
        return int(found[0])

    def close(self) -> None:
        """Close the file."""
        self.undo()
        self._reading.close()
        self._writing.close()


def _connected(path: Path) -> sqlite3.Connection:
    return opening.connect(path, "mode=rw", sqlite3.Connection)


def _row(connection: sqlite3.Connection, key: str) -> BallotRow | None:
    found = connection.execute(BY_KEY, (key,)).fetchone()
    return BallotRow(*found) if found else None
