"""What a ledger says about its posts beyond their values: their keys, and their IDs at sources."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.columns import SEAL_BYTES
from twittervotes.core.contest.posts import Kind
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.pages import pages

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator

Name = tuple[str, str]  # network and key

SAMPLED: Final = 64


def keys(db: sqlite3.Connection, posts: int) -> npt.NDArray[np.uint64]:
    """Return the keys of all `posts` posts, in order.

    Raises:
        LedgerError: There are fewer or more; the message ends a sentence.
    """
    found = np.zeros(posts, np.uint64)
    end = 0
    for n, first, size, column in db.execute("SELECT n, first, size, keys FROM pages ORDER BY n"):
        if first != end + 1 or len(column) != 8 * size or end + size > posts:
            raise LedgerError(f"the posts of entry {n} are numbered wrongly")
        found[end : end + size] = np.frombuffer(column, "<u8")
        end += size
    return found


def accounts(db: sqlite3.Connection) -> int:
    """Estimate how many accounts have posts, from one account in `SAMPLED`."""
    found = [np.zeros(0, np.uint64)]
    for (column,) in db.execute("SELECT seals FROM pages"):
        if isinstance(column, bytes) and len(column) % SEAL_BYTES == 0:  # else a reader reports it
            halves = np.frombuffer(column, "<u8")[::2]
            found.append(halves[halves % np.uint64(SAMPLED) == 0])
    return len(np.unique(np.concatenate(found))) * SAMPLED


def ids_of(db: sqlite3.Connection, source: str, listed: Collection[Name] = ()) -> dict[Name, str]:
    """Return the name of each post that `source` saw, with its ID there; "" if unknown.

    Of the `listed` posts, only those with a withdrawn version are returned.
    """
    withdrawn = set(_withdrawn(db)) if listed else set()
    found: dict[Name, str] = {}
    for n, ids in _told(db, "source = ?", source):
        for name, id_there in zip(_names(db, n), chain(ids, repeat("")), strict=False):
            if name not in listed or name in withdrawn:
                found[name] = id_there or found.get(name, "")
    return found


def all_ids(db: sqlite3.Connection) -> Iterator[tuple[Name, str]]:
    """Yield every ID of a post that pages report: the post's name and the ID, once per row."""
    for n, ids in _told(db, "json_type(body, '$.ids') = ?", "array"):
        for name, id_there in zip(_names(db, n), ids, strict=False):
            if id_there:
                yield name, id_there


def entries_of_accounts(db: sqlite3.Connection) -> frozenset[int]:
    """Return the entries whose posts were made by news of their accounts."""
    pages = "SELECT n FROM entries WHERE kind = 'page' AND json_extract(body, '$.of_accounts')"
    return frozenset(n for (n,) in db.execute(pages))


def _told(db: sqlite3.Connection, which: str, value: str) -> list[tuple[int, list[str]]]:
    """Yield the pages that satisfy the SQL condition `which`, with the IDs of their posts."""
    query = (
        "SELECT n, json_extract(body, '$.ids') FROM entries"  # noqa: S608 - our words
        f" WHERE kind = 'page' AND {which} ORDER BY n"
    )
    found = []
    for n, text in db.execute(query, (value,)).fetchall():
        ids = msgspec.json.decode(text, type=list[object]) if text is not None else []
        found.append((n, [each if isinstance(each, str) else "" for each in ids]))
    return found


def _names(db: sqlite3.Connection, n: int) -> Iterator[Name]:
    """Return the names of the posts of an entry."""
    for _, _, page in pages(db, n, n):
        yield from page.names()


def _withdrawn(db: sqlite3.Connection) -> Iterator[Name]:
    """Return the names of the posts that have a withdrawn version."""
    sign = f"\t{Kind.WITHDRAWN.value}\t".encode()
    query = "SELECT n FROM pages WHERE instr(tag_sets, ?) ORDER BY n"
    for (n,) in db.execute(query, (sign,)).fetchall():
        for _, _, page in pages(db, n, n):
            is_gone = [sign in each for each in page.tag_sets.split(b"\n")[:-1]]
            index = np.frombuffer(page.tag_set_index, "<u2").tolist()
            for name, place in zip(page.names(), index, strict=True):
                if is_gone[place]:
                    yield name
