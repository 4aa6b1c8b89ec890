"""Reads the pages of a ledger of format 2 as a stream, and checks them.

A ledger may come from a stranger. What is returned here has its declared size and only values that
a ledger can hold, so callers need no further checks. `verify` checks that nothing was changed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from twittervotes.core.contest.columns import PostColumns
from twittervotes.core.contest.posts import LONGEST_VALUE, REVISIONS, TIMES_MS
from twittervotes.core.errors import LedgerError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

COLUMNS: Final = (
    "size, tag_sets, tag_set_index, keys, key_texts, seals, times, births, revisions, voters,"
    " voters_are_text"
)
UNCLEAN: Final = bytes([*range(9), *range(11, 32), 127])  # tab and newline separate values
UNCLEAN_PAIRS: Final = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")

Page = tuple[int, int, PostColumns]  # its entry, the number of its first post, its posts


def pages(db: sqlite3.Connection, first: int = 1, last: int | None = None) -> Iterator[Page]:
    """Yield the pages of the entries from `first` to `last`, both included.

    Raises:
        LedgerError: A page is unlike any that ledgers have; the message ends a sentence.
    """
    found = db.execute(
        f"SELECT n, first, {COLUMNS} FROM pages WHERE n BETWEEN ? AND ? ORDER BY n",  # noqa: S608 - our words
        (first, 2**63 - 1 if last is None else last),
    )
    expected = None
    for n, number, *values in found:
        page = _page(n, values)
        if number != expected and (expected is not None or number < 1 or (first == 1 != number)):
            raise LedgerError(f"the posts of entry {n} are numbered wrongly")
        expected = number + page.size
        yield n, number, page


def problem(page: PostColumns) -> str:
    """Return what is wrong with a page from a file; "" if nothing."""
    found = page.problem()
    if found:
        return found
    if not all(map(is_tag_set, page.tag_sets.split(b"\n")[:-1])):
        return "a tag set cannot be read"
    if not are_texts(page.key_texts):
        return "the text of a key cannot be read"
    if page.voters_are_text and not are_texts(page.voters):
        return "an account cannot be read"
    for column in (page.times, page.births):
        if column and not (_least(column) >= TIMES_MS.start and _most(column) < TIMES_MS.stop):
            return "a time is out of range"
    if page.revisions and _least(page.revisions) < REVISIONS.start:
        return "a revision is out of range"
    return ""


def _page(n: int, values: Sequence[object]) -> PostColumns:
    try:
        found = msgspec.convert((*values[:-1], values[-1] == 1), PostColumns)
    except msgspec.ValidationError as error:
        raise LedgerError(f"the posts of entry {n} cannot be read") from error
    wrong = "" if values[-1] in (0, 1) else "a column has a wrong value"
    wrong = wrong or problem(found)
    if wrong:
        raise LedgerError(f"the posts of entry {n} cannot be read: {wrong}")
    return found


@lru_cache(20_000)
def is_tag_set(tag_set: bytes) -> bool:
    """Return whether a tag set consists of three values that a ledger can hold."""
    is_short = _is_short(tag_set.replace(b"\t", b"\n"))
    return tag_set.count(b"\t") == 2 and is_short and _is_clean(tag_set)


def are_texts(column: bytes) -> bool:
    """Return whether a column consists of valid texts, each ended by a newline."""
    return b"\t" not in column and _is_clean(column) and _is_short(column)


def _is_clean(data: bytes) -> bool:
    if len(data.translate(None, UNCLEAN)) != len(data):
        return False
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return not UNCLEAN_PAIRS.search(data)


def _is_short(column: bytes) -> bool:
    """Return whether no text of a column is longer than any that ledgers write."""
    if len(column) <= LONGEST_VALUE:
        return True
    return all(
        len(each) <= LONGEST_VALUE or len(each.decode()) <= LONGEST_VALUE
        for each in column.split(b"\n")
    )


def _least(column: bytes) -> int:
    return int(np.frombuffer(column, "<i8").min())


def _most(column: bytes) -> int:
    return int(np.frombuffer(column, "<i8").max())
