"""Reads the posts of many pages of format 2 as one batch, and checks them together.

Checking each page by itself takes as long as counting its posts. Here the numbers of all pages are
checked as arrays, and only if something is wrong, the faulty page is searched for. Accounts are not
read, because their seals identify them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from twittervotes.core.contest.columns import MOST_POSTS, SEAL_BYTES, PostColumns
from twittervotes.core.contest.posts import REVISIONS, TIMES_MS
from twittervotes.core.ledger.batch import TOP, PostBatch, batch_of
from twittervotes.core.ledger.pages import Page, are_texts, is_tag_set, pages

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

COLUMNS: Final = (
    "n, first, size, tag_sets, tag_set_index, keys, key_texts, seals, times, births, revisions"
)


def batches(
    db: sqlite3.Connection, posts: int, first: int = 1, last: int | None = None
) -> Iterator[PostBatch]:
    """Yield the posts of the entries from `first` to `last`, about `posts` at a time.

    Raises LedgerError like `pages`.
    """
    found = db.execute(
        f"SELECT {COLUMNS} FROM pages WHERE n BETWEEN ? AND ? ORDER BY n",  # noqa: S608 - our words
        (first, 2**63 - 1 if last is None else last),
    )
    some: list[Page] = []
    size = 0
    for n, number, *values in found:
        page = PostColumns._make((*values, b"", False))
        some.append((n, number, page))
        size += len(page.times) // 8
        if size >= posts:
            yield _checked(db, some)
            some, size = [], 0
    if some:
        yield _checked(db, some)


def _checked(db: sqlite3.Connection, some: Sequence[Page]) -> PostBatch:
    """Return pages as one batch; raise LedgerError if something is wrong with one of them."""
    try:
        if all(_has_lengths(page) for _, _, page in some) and _are_numbered(some):
            batch = batch_of([(first, page) for _, first, page in some])
            if _fits(batch, [page for _, _, page in some]):
                return batch
    except (TypeError, ValueError, LookupError):
        pass  # a value of another type, or a missing tag set
    for _ in pages(db, some[0][0], some[-1][0]):
        pass  # raises the error of the faulty page
    raise ValueError("pages that are fine by themselves and not together")


def _has_lengths(page: PostColumns) -> bool:
    """Return whether the columns of a page have the right lengths for its posts."""
    size = page.size
    return (
        0 < size <= MOST_POSTS
        and len(page.tag_set_index) == 2 * size
        and len(page.keys) == len(page.times) == 8 * size
        and len(page.seals) == SEAL_BYTES * size
        and len(page.births) in (0, 8 * size)
        and len(page.revisions) in (0, 8 * size)
    )


def _are_numbered(some: Sequence[Page]) -> bool:
    return some[0][1] > 0 and all(
        after == first + page.size for (_, first, page), (_, after, _) in pairwise(some)
    )


def _fits(batch: PostBatch, some: Sequence[PostColumns]) -> bool:
    """Return whether all values of a batch are valid in a ledger."""
    for column in (batch.times, batch.births):
        if column.min() < TIMES_MS.start or column.max() >= TIMES_MS.stop:
            return False
    if batch.revisions.min() < REVISIONS.start or not all(map(is_tag_set, batch.tag_sets)):
        return False
    if any(not page.tag_sets.endswith(b"\n") for page in some):
        return False
    is_text = batch.keys >= TOP
    if not any(page.key_texts for page in some):
        return not is_text.any()
    starts = np.cumsum([0, *(page.size for page in some[:-1])])
    texts = [page.key_texts.count(b"\n") for page in some]
    return bool((np.add.reduceat(is_text, starts) == texts).all()) and all(
        are_texts(page.key_texts) and page.key_texts[-1:] in (b"", b"\n") for page in some
    )
