"""Verifies the hash chain of a ledger between two places.

Rows are read as a stream, so ten million posts need no more memory than ten. Each entry stores its
digest, so a walk can begin at any entry, and several can run at once. `diagnosis` explains a row
that doesn't fit; what rows mean for the vote is checked elsewhere.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.ledger import chain, file, raw_rows, row_checks

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.core.ledger.raw_rows import RawEntry, RawPage


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the chain: the next entry, the next post, and the digest before them."""

    n: int
    seq: int
    digest: bytes


FIRST: Final = Place(1, 1, chain.START)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the chain: from `start` to the entry `n` and the post `seq`, both included."""

    start: Place
    n: int
    seq: int

    @property
    def end(self) -> tuple[int, int]:
        """The next entry and the next post after the whole part."""
        return self.n + 1, self.seq + 1


def walk(path: Path, part: Part) -> tuple[Place, bool]:
    """Walk a part of the chain; return where it stops fitting, and whether all of it fits."""
    with file.told(path), closing(file.reader(path)) as db:
        db.text_factory = bytes
        place, salt = part.start, row_checks.salt_of(db)
        first = raw_rows.LOWEST if place == FIRST else place.n
        pages = raw_rows.pages_of(db, first, part.n)
        page = next(pages, None)
        for entry in raw_rows.entries(db, first, part.n):
            if isinstance(entry, int) or isinstance(page, int) or (page and page.n < entry.n):
                return place, False
            own = page if page and page.n == entry.n else None
            if not is_whole(place, entry, own, salt):
                return place, False
            place = Place(entry.n + 1, place.seq + (own.posts.size if own else 0), entry.digest)
            page = next(pages, None) if own else page
        return place, (place.n, place.seq) == part.end and page is None


def is_whole(place: Place, entry: RawEntry, page: RawPage | None, salt: bytes) -> bool:
    """Return whether an entry and its posts belong at a place, with nothing changed in them."""
    if entry.n != place.n or raw_rows.digest_of(place.digest, entry, page) != entry.digest:
        return False
    if row_checks.entry_problem(entry):
        return False
    try:
        new = row_checks.facts_in(entry).new
    except (msgspec.MsgspecError, RecursionError):
        return False
    if page is None:
        return new == 0
    return (
        page.first == place.seq
        and page.posts.size == new
        and not row_checks.page_problem(page)
        and row_checks.post_problem(page, salt) is None
    )
