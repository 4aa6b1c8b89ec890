"""A ledger open for reading, while another program may be writing it.

The reader sees the ledger as it is when it is opened, never makes the writer wait, and reads as a
stream: a ledger of ten million posts needs no more memory than one of ten.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

import msgspec

from twittervotes.core.contest.posts import Post
from twittervotes.core.contest.snapshot import Gap, Record
from twittervotes.core.contest.versions import standing
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import chain, file, private, schema
from twittervotes.core.ledger import queries as rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path
    from types import TracebackType

    from twittervotes.core.contest.contest import Withdrawn
    from twittervotes.core.contest.networks import Meant

T = TypeVar("T")

ENDS = "SELECT json_extract(value, '$[0]') AS head, json_extract(value, '$[1]') AS tail"
AUTHORS = f"""
WITH wanted (keys, voters, ends) AS (VALUES (?, ?, ?))
SELECT DISTINCT network, voter FROM posts
WHERE key IN (SELECT value FROM wanted, json_each(keys))
    OR network || ':' || key IN (SELECT value FROM wanted, json_each(keys))
    OR voter IN (SELECT value FROM wanted, json_each(voters))
    OR network || ':' || voter IN (SELECT value FROM wanted, json_each(voters))
    OR EXISTS (
        SELECT 1 FROM ({ENDS} FROM wanted, json_each(ends))
        WHERE substr(key, 1, length(head)) = head
            AND (tail = '' OR substr(key, -length(tail)) = tail)
    )
ORDER BY network, voter
"""  # noqa: S608 - our words
AUTHORS_BELOW = f"""
SELECT DISTINCT network, voter FROM posts JOIN ({ENDS} FROM json_each(?))
WHERE substr(voter, 1, length(head)) = head AND substr(voter, -length(tail)) = tail
ORDER BY network, voter
"""  # noqa: S608 - our words

NONSENSE = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One row of the chain, as it is written."""

    n: int
    kind: str
    source: str
    at_ms: int
    body: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """A source as it was asked: the network, whether that promises every post, the queries."""

    network: str
    complete: bool
    queries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """One of several shares of the accounts in a ledger's first so many `posts`."""

    number: int
    of: int
    posts: int


class Reader:
    """A ledger open for reading; use it in a `with`. Raises LedgerError with a sentence.

    `contest` is the contest as it stands after all `acts`, `laid_down` as it was before them;
    `digest` stands for all that is read, `at_ms` is when the last of it was written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with file.told(path), explained(path), contextlib.ExitStack() as undone:
            self._db = file.reader(path)
            undone.callback(self._db.close)
            self._db.execute("BEGIN")  # one picture of the file, whatever is written meanwhile
            schema.check(path, self._db)
            self.laid_down = rows.laid_down(path, self._db)
            self.contest, self.acts = rows.contest_of(path, self._db)
            self._salt = rows.salt_of(path, self._db)
            self.seal = chain.sealed_by(self._salt)
            self.entries, digest = rows.end(self._db)
            self.digest: str = digest.hex()
            query = "SELECT at_ms FROM entries ORDER BY n DESC LIMIT 1"
            (self.at_ms,) = self._db.execute(query).fetchone()
            self.posts = rows.posts(path, self._db)
            undone.pop_all()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        self.close()
        if isinstance(error, NONSENSE):
            explain(self.path, error)

    def close(self) -> None:
        """Close the file; harmless if done twice."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def decrypted(self, text: object) -> object:
        """Return what an entry holds encrypted."""
        with file.told(self.path):
            return private.decrypted(text, self._salt)

    def records(self) -> dict[str, Record]:
        """Return what became of each source's requests."""
        with file.told(self.path):
            return rows.records(self._db)

    def sources(self) -> dict[str, Origin]:
        """Return the sources that were asked, by their names."""
        with file.told(self.path):
            found = rows.bodies(self._db, "kind = 'source'")
        return {name: self._kept(body, Origin) for name, body in found}

    def gaps(self) -> tuple[tuple[str, Gap], ...]:
        """Return the gaps that no sweep has healed, each with its source."""
        with file.told(self.path):
            found = rows.gaps(self._db)
        return tuple((source, self._kept(body, Gap)) for source, body in found)

    def chain(self) -> Iterator[EntryRow]:
        """Return every entry in order."""
        with file.told(self.path):
            for row in self._db.execute("SELECT * FROM entries ORDER BY n"):
                yield EntryRow(*row)

    def written(self) -> Iterator[tuple[EntryRow, tuple[Post, ...]]]:
        """Return every entry in order, each with the posts that came with it."""
        with file.told(self.path):
            found = self._db.execute(f"SELECT entry, {rows.POST} FROM posts ORDER BY seq")  # noqa: S608 - our words
            pages = groupby(found, key=itemgetter(0))
            n, page = next(pages, (0, iter(())))
            for entry in self.chain():
                posts: tuple[Post, ...] = ()
                if n == entry.n:
                    posts = tuple(Post._make(row[1:]) for row in page)
                    n, page = next(pages, (0, iter(())))
                yield entry, posts
        if n:
            raise LedgerError(f"{self.path} is damaged: a post in it came with no page.")

    def accounts(
        self,
        *,
        without: Collection[str] = (),
        voter: str | None = None,
        share: Share | None = None,
        withdrawn: Withdrawn | None = None,
    ) -> Iterator[Post]:
        """Return every post once, in the version that stands, account by account.

        Sorted by network, voter, time and key, as the rules want them; sources in `without` are
        left out as if they had never been asked, and with `voter` or `share` other accounts are;
        `withdrawn` is the rule that says which version stands (the contest's own).
        """
        with file.told(self.path):
            last = share.posts if share else self.posts
            several = self._several(without, withdrawn or self.contest.rules.withdrawn, last)
            replaced = json.dumps([seq for versions in several for seq in versions])
            found = self._db.execute(
                f"SELECT {rows.POST} FROM posts"  # noqa: S608 - no stranger's text in it
                " WHERE seq NOT IN (SELECT value FROM json_each(?))"
                " AND source NOT IN (SELECT value FROM json_each(?))"
                " AND (? IS NULL OR voter = ?)"
                " AND seq <= ? AND coalesce(unicode(substr(voter, -1)), 0) % ? = ?"
                " ORDER BY network, voter, at_ms, key",
                (
                    *(replaced, json.dumps(list(without)), voter, voter),
                    *(last, share.of if share else 1, share.number if share else 0),
                ),
            )
            yield from map(Post._make, found)

    def authors(self, meant: Meant) -> list[tuple[str, str]]:
        """Return the accounts, (network, voter), that are meant, or that wrote what is meant."""
        lists = (meant.keys, meant.voters, meant.parts)
        with file.told(self.path):
            found = self._db.execute(AUTHORS, tuple(map(json.dumps, lists))).fetchall()
            if not found and meant.below:
                found = self._db.execute(AUTHORS_BELOW, (json.dumps(meant.below),)).fetchall()
        return found

    def entry_of(self, network: str, key: str) -> int:
        """Return the first entry that brought a post; 0 if there is none."""
        query = "SELECT coalesce(min(entry), 0) FROM posts WHERE key = ? AND network = ?"
        with file.told(self.path):
            (found,) = self._db.execute(query, (key, network)).fetchone()
        return int(found)

    def _kept(self, body: object, of: type[T]) -> T:
        try:
            return msgspec.convert(body, of)
        except msgspec.MsgspecError as error:
            words = f"{self.path} is damaged: an entry in it cannot be read."
            raise LedgerError(words) from error

    def _several(
        self, without: Collection[str], withdrawn: Withdrawn, last: int
    ) -> list[list[int]]:
        """Return, for each post with several rows, the rows that do not stand."""
        found = self._db.execute(
            f"SELECT seq, {rows.POST} FROM posts"  # noqa: S608 - no stranger's text in it
            " WHERE source NOT IN (SELECT value FROM json_each(?)) AND seq <= ?"
            " AND (network, key) IN"
            " (SELECT network, key FROM posts WHERE entry IN"
            "  (SELECT n FROM entries WHERE kind = 'page' AND json_extract(body, '$.again') > 0))",
            (json.dumps(list(without)), last),
        )
        versions: dict[tuple[str, str], dict[int, Post]] = {}
        for seq, *values in found:
            post = Post(*values)
            versions.setdefault((post.network, post.key), {})[seq] = post
        return [_replaced(seen, withdrawn) for seen in versions.values()]


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Tell of a damaged ledger where one of its values has made its reader stumble.

    To look at the kind of every value would cost each reader time; so it is done only then. Where
    nothing is found, the error is a fault of the program, and stays what it is.
    """
    try:
        yield
    except NONSENSE as error:
        explain(path, error)
        raise


def explain(path: Path, error: Exception) -> None:
    """Raise LedgerError if a value in the ledger is not as it was written; `error` was met."""
    from twittervotes.core.ledger.verify import verify  # not above: it takes a while to import

    finding = verify(path).finding
    if finding is not None:
        raise LedgerError(f"{path} is damaged: {finding.words} Use a backup.") from error


def _replaced(seen: dict[int, Post], withdrawn: Withdrawn) -> list[int]:
    stands = standing(seen.values(), withdrawn)
    kept = next(seq for seq, post in seen.items() if post == stands)
    return [seq for seq in seen if seq != kept]
