"""Checks how many of its posts each page says were known before, from an earlier row.

It compares the keys of all posts at once as numbers, and as texts those that are texts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.columns import TEXT_KEY, PostColumns
from twittervotes.core.ledger import raw_rows, row_checks
from twittervotes.core.ledger.diagnosis import Defect

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

TOP: Final = np.uint64(TEXT_KEY)
Keys = npt.NDArray[np.uint64]


def wrong(db: sqlite3.Connection) -> Defect | None:
    """Return the first page with a wrong number of posts known before."""
    twice = _twice(db)
    known: Counter[int] = Counter()
    seen: set[tuple[str, int | str]] = set()
    for n, posts in _pages(db) if len(twice) else ():
        keys = np.frombuffer(posts.keys, "<u8")
        chosen = np.isin(keys, twice)
        if chosen.any():
            for name in _names(posts, chosen):
                known[n] += name in seen
                seen.add(name)
    for n, body in db.execute("SELECT n, body FROM entries WHERE kind = 'page' ORDER BY n"):
        said = msgspec.json.decode(body, type=row_checks.PageFacts).again
        if said != known[n]:
            words = (
                f"Entry {n} says that {said} of its posts were known before, and {known[n]} were."
            )
            return Defect("entries", n, "changed", words)
    return None


def _pages(db: sqlite3.Connection) -> Iterator[tuple[int, PostColumns]]:
    for page in raw_rows.pages_of(db):
        if not isinstance(page, int):
            yield page.n, page.posts


def _twice(db: sqlite3.Connection) -> Keys:
    """Return the numbers of keys that several posts have."""
    columns = [keys for (keys,) in db.execute("SELECT keys FROM pages")]
    keys = np.frombuffer(b"".join(columns), "<u8").copy()
    del columns
    keys.sort()
    return np.unique(keys[1:][keys[1:] == keys[:-1]])


def _names(posts: PostColumns, chosen: npt.NDArray[np.bool_]) -> Iterator[tuple[str, int | str]]:
    """Return the network and the key of each chosen post."""
    some = posts.only(chosen.tolist())
    own = [each.partition(b"\t")[0].decode() for each in some.tag_sets.split(b"\n")[:-1]]
    networks = np.frombuffer(some.tag_set_index, "<u2").tolist()
    return ((own[place], key) for place, key in zip(networks, some.key_list(), strict=True))
