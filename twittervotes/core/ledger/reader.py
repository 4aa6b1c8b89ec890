"""A ledger open for reading, while another program may be writing to it.

The reader sees the ledger as it was when opened, never makes the writer wait, and reads it as a
stream: a ledger of ten million posts needs no more memory than one of ten. A ledger of an earlier
version is read as if it were of the current format.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

import msgspec
import numpy as np

from twittervotes.core.contest.snapshot import Gap, Record
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import disclosure, file, format1, format1_chain, schema, stretches
from twittervotes.core.ledger import pages as format2
from twittervotes.core.ledger import queries as rows
from twittervotes.core.ledger.batch import PostBatch, batch_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from twittervotes.core.contest.columns import PostColumns
    from twittervotes.core.contest.posts import Post
    from twittervotes.core.ledger.pages import Page


T = TypeVar("T")

AT_ONCE = 50_000  # posts per batch, approximately

NONSENSE = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One row of the chain as stored; `private` is "" if the entry names no account."""

    n: int
    kind: str
    source: str
    at_ms: int
    body: str
    private: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """A source as it was queried: the network, whether that promises every post, the queries."""

    network: str
    complete: bool
    queries: tuple[str, ...] = ()


class Reader:
    """A ledger open for reading; use it in a `with`. Every method may raise LedgerError.

    `contest` is the current contest, after all `acts`; `laid_down` is the contest before them;
    `digest` identifies everything that is read, `at_ms` is when the last of it was written.
    `format` is that of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with file.told(path), explained(path), contextlib.ExitStack() as undone:
            self._db = file.reader(path)
            undone.callback(self._db.close)
            self._db.execute("BEGIN")  # one state of the file, whatever is written meanwhile
            schema.check(path, self._db)
            self.format = file.version(self._db)
            self.laid_down = rows.laid_down(path, self._db)
            self.contest, self.acts = rows.contest_of(path, self._db)
            self.salt = rows.salt_of(path, self._db)
            self.seal = format1_chain.sealed_by(self.salt)
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
        """Close the file; harmless if called twice."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def whole(self, entry: EntryRow) -> Mapping[str, object]:
        """Return the body of an entry, including its private part."""
        decode = msgspec.json.Decoder(dict[str, object]).decode
        with file.told(self.path):
            if self.format == format1.VERSION:
                return decode(format1.aside(entry.body, self.salt))
            return disclosure.whole(
                decode(entry.body), decode(entry.private) if entry.private else {}
            )

    def records(self) -> dict[str, Record]:
        """Return the statistics of each source's requests."""
        with file.told(self.path):
            return rows.records(self._db)

    def sources(self) -> dict[str, Origin]:
        """Return the sources that were queried, by name."""
        with file.told(self.path):
            found = rows.bodies(self._db, "kind = 'source'")
        return {name: self._kept(body, Origin) for name, body in found}

    def gaps(self) -> tuple[tuple[str, Gap], ...]:
        """Return the gaps that no sweep has healed, each with its source."""
        with file.told(self.path):
            found = rows.gaps(self._db)
        return tuple((source, self._kept(body, Gap)) for source, body in found)

    def chain(self) -> Iterator[EntryRow]:
        """Yield every entry in order."""
        private = "''" if self.format == format1.VERSION else "private"
        query = f"SELECT n, kind, source, at_ms, body, {private}, digest FROM entries ORDER BY n"  # noqa: S608 - our words
        with file.told(self.path):
            for row in self._db.execute(query):
                yield EntryRow(*row)

    def written(self) -> Iterator[tuple[EntryRow, list[PostColumns]]]:
        """Yield every entry in order, each with the pages of posts that came with it.

        An entry has at most one page, except in a ledger of format 1.
        """
        by_entry = groupby(self.pages(), key=itemgetter(0))
        n, found = next(by_entry, (0, iter(())))
        for entry in self.chain():
            pages: list[PostColumns] = []
            if n == entry.n:
                pages = [page for _, _, page in found]
                n, found = next(by_entry, (0, iter(())))
            yield entry, pages
        if n:
            raise LedgerError(f"{self.path} is damaged: a post in it belongs to no page.")

    def pages(
        self, without: Collection[str] = (), *, first: int = 1, last: int | None = None
    ) -> Iterator[Page]:
        """Yield the posts of the entries from `first` to `last`, page by page.

        Sources in `without` are left out, as if they had never been queried.
        """
        skipped = self._entries_of(without) if without else ()
        with self._damaged():
            found = (
                format1.pages(self._db, self.salt, first, last)
                if self.format == format1.VERSION
                else format2.pages(self._db, first, last)
            )
            for page in found:
                if page[0] not in skipped:
                    yield page

    def batches(
        self, without: Collection[str] = (), *, last: int | None = None
    ) -> Iterator[PostBatch]:
        """Yield the rows of posts up to entry `last`, in batches."""
        if self.format != format1.VERSION and not without:
            with self._damaged():
                yield from stretches.batches(self._db, AT_ONCE, last=last)
            return
        some: list[tuple[int, PostColumns]] = []
        size = 0
        for _, number, page in self.pages(without, last=last):
            some.append((number, page))
            size += page.size
            if size >= AT_ONCE:
                yield batch_of(some)
                some, size = [], 0
        if some:
            yield batch_of(some)

    def posts_at(self, numbers: Sequence[int]) -> Iterator[tuple[int, Post]]:
        """Yield the posts in the rows with these sorted numbers, with the numbers."""
        wanted = np.array(numbers, np.int64)
        query = "SELECT n, first FROM pages ORDER BY n"
        if self.format == format1.VERSION:
            query = "SELECT entry, min(seq) FROM posts GROUP BY entry ORDER BY entry"
        with file.told(self.path):
            index = np.array(self._db.execute(query).fetchall() or [(0, 0)], np.int64)
        held = np.unique(np.searchsorted(index[:, 1], wanted, "right") - 1)
        for n in index[held, 0].tolist():
            for _, first, page in self.pages(first=n, last=n):
                here = wanted[(wanted >= first) & (wanted < first + page.size)]
                if len(here):
                    keep = np.zeros(page.size, bool)
                    keep[here - first] = True
                    yield from zip(here.tolist(), page.only(keep.tolist()).posts(), strict=True)

    def repeated(self) -> list[int]:
        """Return the entries that brought a post which had an earlier row."""
        query = (
            "SELECT n FROM entries WHERE kind = 'page' AND json_extract(body, '$.again') > 0"
            " ORDER BY n"
        )
        with file.told(self.path):
            return [n for (n,) in self._db.execute(query)]

    @contextlib.contextmanager
    def _damaged(self) -> Iterator[None]:
        """Say that the ledger is damaged where one of its pages is."""
        with file.told(self.path):
            try:
                yield
            except LedgerError as error:
                raise LedgerError(f"{self.path} is damaged: {error}.") from error

    def _entries_of(self, sources: Collection[str]) -> set[int]:
        query = "SELECT n FROM entries WHERE source IN (SELECT value FROM json_each(?))"
        with file.told(self.path):
            return {n for (n,) in self._db.execute(query, (json.dumps([*sources]),))}

    def _kept(self, body: object, of: type[T]) -> T:
        try:
            return msgspec.convert(body, of)
        except msgspec.MsgspecError as error:
            words = f"{self.path} is damaged: an entry in it cannot be read."
            raise LedgerError(words) from error


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Report a damaged ledger if one of its values caused an error.

    Checking the type of every value would slow down every reader, so it is done only after an
    error. If nothing is wrong with the ledger, the error is a bug and is raised unchanged.
    """
    try:
        yield
    except NONSENSE as error:
        explain(path, error)
        raise


def explain(path: Path, error: Exception) -> None:
    """Raise LedgerError if a value in the ledger was changed; `error` is what occurred."""
    from twittervotes.core.ledger.verify import verify  # imported here because it loads slowly

    finding = verify(path).finding
    if finding is not None:
        raise LedgerError(f"{path} is damaged: {finding.words} Use a backup.") from error
