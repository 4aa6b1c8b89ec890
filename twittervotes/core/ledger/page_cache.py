"""Finds the posts of a ledger by row; the pages used last stay in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.columns import EMPTY, MOST_POSTS, PostColumns
from twittervotes.core.contest.posts import Post
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.batch import PostBatch, batch_of, together
from twittervotes.core.ledger.pages import pages
from twittervotes.core.ledger.stretches import batches

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from twittervotes.core.ledger.row_values import Rows

SourceNumbers = npt.NDArray[np.uint16]

MOST_HELD: Final = 50_000  # posts in memory
STRETCH: Final = 100_000  # posts per batch
MOST_ROWS: Final = 1 << 32  # of a ledger
NO_POSTS: Final = batch_of([])


@dataclass(frozen=True)
class _Held:
    """A page in memory; most pages are never read again after they were written."""

    first: int
    page: PostColumns

    @cached_property
    def batch(self) -> PostBatch:
        return batch_of([(self.first, self.page)])

    @cached_property
    def voters(self) -> Sequence[str | int]:
        return voters_of(self.page)


class PageCache:
    """The pages of a ledger, by the numbers of their posts.

    Raises LedgerError if these are not 1, 2, 3, …; the message ends a sentence.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._posts_held = 0
        self._numbers: dict[str, int] = {}
        found = db.execute(
            "SELECT n, first, size, source FROM pages JOIN entries USING (n) ORDER BY n"
        ).fetchall()
        after = 1
        for n, first, size, _ in found:
            is_size = isinstance(size, int) and 0 < size <= MOST_POSTS
            if first != after or not is_size:
                raise LedgerError(f"the posts of entry {n} are numbered wrongly")
            after += size
        self._end = after  # the number of the next post
        self._size = len(found)
        self._entry = np.array([n for n, *_ in found], np.int64)
        self._first = np.array([first for _, first, *_ in found], np.int64)
        self._source = np.array([self.source_number(name) for *_, name in found], np.uint16)

    def add(self, n: int, first: int, source: str, page: PostColumns) -> None:
        """Record a page that was written."""
        if self._size == len(self._first):
            more = max(1024, self._size // 2)
            self._entry, self._first, self._source = (
                np.concatenate([each, np.zeros(more, each.dtype)])
                for each in (self._entry, self._first, self._source)
            )
        at = self._size
        self._entry[at], self._first[at] = n, first
        self._source[at] = self.source_number(source)
        self._size += 1
        self._end = first + page.size
        self._hold(at, first, page)

    @property
    def posts(self) -> int:
        """The number of posts of all pages."""
        return self._end - 1

    def source_number(self, source: str) -> int:
        """Return the number by which this object identifies a source."""
        return self._numbers.setdefault(source, len(self._numbers))

    def sources_at(self, rows: Rows) -> SourceNumbers:
        """Return the numbers of the sources that saw these posts."""
        return self._source[self._places(rows)]

    def entries_at(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Return the entries that brought these posts."""
        return self._entry[self._places(rows)]

    def at(self, rows: Rows) -> PostBatch:
        """Return the posts in these rows, in that order."""
        parts, back = self._gathered(rows)
        if len(parts) == 1:
            held, places = parts[0]
            found = held.batch.at(places)
        else:
            found = together([held.batch.at(places) for held, places in parts])
        return found if back is None else found.at(back)

    def posts_at(self, rows: Rows) -> list[Post]:
        """Return the posts in these rows, in that order, as values."""
        parts, back = self._gathered(rows)
        posts: list[Post] = []
        for held, places in parts:
            voters = [str(held.voters[place]) for place in places.tolist()]
            posts += posts_of(held.batch.at(places), voters)
        return posts if back is None else [posts[place] for place in back.tolist()]

    def stretches(self, first: int, last: int, most: int = STRETCH) -> Iterator[PostBatch]:
        """Yield the posts in the rows from `first` to `last`, about `most` at a time."""
        while first <= last:
            start = int(self._places(np.array([first]))[0])
            ends = self._first[start : self._size]
            stop = start + int(np.searchsorted(ends, min(first + most, last + 1)))
            stop = max(stop, start + 1)
            entries = int(self._entry[start]), int(self._entry[stop - 1])
            batch = next(batches(self._db, MOST_ROWS, *entries), NO_POSTS)
            if not len(batch.numbers) or int(batch.numbers[-1]) < first:
                raise LedgerError(f"post {first} is missing")
            here = (batch.numbers >= first) & (batch.numbers <= last)
            yield batch if here.all() else batch.at(np.flatnonzero(here))
            first = int(batch.numbers[-1]) + 1

    def _places(self, rows: Rows) -> npt.NDArray[np.intp]:
        """Return the places of the pages that have these rows."""
        return np.searchsorted(self._first[: self._size], rows, "right") - 1

    def _gathered(
        self, rows: Rows
    ) -> tuple[list[tuple[_Held, npt.NDArray[np.intp]]], npt.NDArray[np.intp] | None]:
        """Return pages with places in them, and the order in which the rows were requested."""
        if not len(rows):
            return [(_Held(1, EMPTY), np.zeros(0, np.intp))], None
        pages_of = self._places(rows)
        if (pages_of == pages_of[0]).all():
            held = self._page(int(pages_of[0]))
            return [(held, (rows - self._first[pages_of[0]]).astype(np.intp))], None
        order = np.argsort(pages_of, kind="stable")
        cuts = np.flatnonzero(np.diff(pages_of[order])) + 1
        parts = []
        for some in np.split(order, cuts):
            at = int(pages_of[some[0]])
            parts.append((self._page(at), (rows[some] - self._first[at]).astype(np.intp)))
        back = np.empty(len(rows), np.intp)
        back[order] = np.arange(len(rows))
        return parts, back

    def _page(self, at: int) -> _Held:
        held = self._held.get(at)
        if held is None:
            n = int(self._entry[at])
            found = list(pages(self._db, n, n))
            # In a damaged file, SQLite may find other rows than when it read all of them in order.
            if [(first, page.size) for _, first, page in found] != [self._extent(at)]:
                raise LedgerError(f"the posts of entry {n} are not those that were there before")
            return self._hold(at, *found[0][1:])
        self._held.move_to_end(at)
        return held

    def _extent(self, at: int) -> tuple[int, int]:
        """Return the number of a page's first post, and its number of posts."""
        first = int(self._first[at])
        is_last = at + 1 == self._size
        return first, (self._end if is_last else int(self._first[at + 1])) - first

    def _hold(self, at: int, first: int, page: PostColumns) -> _Held:
        held = self._held[at] = _Held(first, page)
        self._posts_held += page.size
        while self._posts_held > MOST_HELD and len(self._held) > 1:
            self._posts_held -= self._held.popitem(last=False)[1].page.size
        return held


def voters_of(page: PostColumns) -> Sequence[str | int]:
    """Return the accounts of a page, as numbers or texts that can be indexed."""
    if page.voters_are_text:
        return page.voter_list()
    return memoryview(page.voters).cast("Q")


def posts_of(batch: PostBatch, voters: Sequence[str]) -> list[Post]:
    """Return the posts of a batch as values."""
    tag_sets = [each.decode().split("\t") for each in batch.tag_sets]
    columns = zip(
        (tag_sets[place] for place in batch.tag_set_index.tolist()),
        batch.key_list(),
        voters,
        *(each.tolist() for each in (batch.times, batch.revisions, batch.births)),
        strict=True,
    )
    return [
        Post(network, key, voter, at_ms, tags, kind, revision, born_ms)
        for (network, kind, tags), key, voter, at_ms, revision, born_ms in columns
    ]
