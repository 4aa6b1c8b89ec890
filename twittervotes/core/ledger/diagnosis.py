"""Finds the first changed row of a ledger, and says what happened to it.

`walk` finds where the chain breaks; this module examines that place slowly. Checksums identify the
post that was changed. If somebody computed them again, the digest still finds the change, but only
the entry can be named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.ledger import raw_rows, row_checks
from twittervotes.core.ledger.raw_rows import RawEntry, RawPage

if TYPE_CHECKING:
    import sqlite3

    from twittervotes.core.ledger.walk import Place


@dataclass(frozen=True, slots=True)
class Defect:
    """The first thing wrong: the table, the row number, and in a sentence what happened.

    `kind` is "changed", "dropped", "added" or "moved". `row` is 0 if no single row is meant. The
    table "posts" means a single post, whatever table stores it.
    """

    table: str
    row: int
    kind: str
    words: str


def named(db: sqlite3.Connection, place: Place) -> Defect:
    """Return what is wrong at `place`, the end of the intact part."""
    first = raw_rows.LOWEST if place.n == 1 else place.n
    entry = next(raw_rows.entries(db, first), None)
    page = next(raw_rows.pages_of(db, first), None)
    if isinstance(entry, int):
        return _of_entry(entry, "changed", "holds a value of another type")
    if isinstance(page, int):
        return _of_page(page, "changed", f"The posts of entry {page} hold a value of another type.")
    if page and (entry is None or page.n < entry.n) and page.n < place.n:
        return _of_page(page.n, "added", f"There are posts of an entry {page.n}: they were added.")
    if entry is None:
        if page and page.n >= place.n:
            return _of_page(page.n, "added", f"There are posts of an entry {page.n}, and no entry.")
        return _of_entry(place.n, "dropped", "is missing")
    if entry.n != place.n:
        return _hole(db, place, entry)
    own = page if page and page.n == entry.n else None
    return _here(db, place, entry, own)


def _here(db: sqlite3.Connection, place: Place, entry: RawEntry, page: RawPage | None) -> Defect:
    """Return what is wrong with the entry that has the right number, or with its posts."""
    n, salt = entry.n, row_checks.salt_of(db)
    fits = raw_rows.digest_of(place.digest, entry, page) == entry.digest
    moved = None if fits else _moved(db, place, page)
    if moved is not None:
        return Defect("entries", n, "moved", f"Entry {moved} was entry {n}: it was moved.")
    other = None if fits else _other_page(db, place, entry)
    if other is not None:
        words = f"The posts of entry {n} are at entry {other}: they were moved."
        return _of_page(n, "moved", words)
    if not fits and page and raw_rows.digest_of(place.digest, entry, None) == entry.digest:
        return _of_page(n, "added", f"Entry {n} has posts that were added.")
    found = _of_posts(place, page, salt) if page else None
    if found:
        return found
    problem = row_checks.entry_problem(entry)
    if problem and fits:
        return _of_entry(n, "changed", problem)
    new = _new(entry)
    if new is not None and new != (page.posts.size if page else 0):
        if page is None and new > 0 and not fits:
            return _of_page(n, "dropped", f"The posts of entry {n} are missing.")
        size = page.posts.size if page else 0
        return _of_entry(n, "changed", f"says that it brought {new} posts, and {size} are there")
    last = place.seq + page.posts.size - 1 if page else 0
    posts = f", or one of its posts {place.seq} to {last}," if page else ""
    return Defect("entries", n, "changed", f"Entry {n}{posts} was changed.")


def _of_posts(place: Place, page: RawPage, salt: bytes) -> Defect | None:
    """Return what is wrong with the posts of an entry, regardless of the chain."""
    problem = row_checks.page_problem(page)
    if problem:
        return _of_page(page.n, "changed", f"The posts of entry {page.n} were changed: {problem}.")
    found = row_checks.post_problem(page, salt)
    if found:
        seq = place.seq + found[0]
        return Defect("posts", seq, "changed", f"Post {seq} was changed: {found[1]}.")
    if page.first != place.seq:
        words = f"The posts of entry {page.n} begin with post {page.first}, not {place.seq}."
        return _of_page(page.n, "changed", words)
    return None


def _hole(db: sqlite3.Connection, place: Place, entry: RawEntry) -> Defect:
    """Return what happened to the entry that should be at `place`."""
    n = place.n
    page = next(raw_rows.pages_of(db, n, n), None)
    moved = _moved(db, place, None if isinstance(page, int) else page)
    if moved is not None:
        return Defect("entries", moved, "moved", f"Entry {moved} was entry {n}: it was moved.")
    if entry.n < n:
        return _of_entry(entry.n, "added", "was added")
    return _of_entry(n, "dropped", "is missing")


def _moved(db: sqlite3.Connection, place: Place, page: RawPage | None) -> int | None:
    """Return the current number of the entry that was at `place`."""
    n = place.n
    for other in raw_rows.entries(db):
        if isinstance(other, int) or other.n == n:
            continue
        own = next(raw_rows.pages_of(db, other.n, other.n), None)
        for posts in {page, None if isinstance(own, int) else own}:
            if raw_rows.digest_of(place.digest, other._replace(n=n), posts) == other.digest:
                return other.n
    return None


def _other_page(db: sqlite3.Connection, place: Place, entry: RawEntry) -> int | None:
    """Return the number of the page that has the posts of an entry."""
    pages = (page for page in raw_rows.pages_of(db) if not isinstance(page, int))
    for other in pages:
        could_be = other.n != entry.n and other.posts.size == _new(entry)
        if could_be and raw_rows.digest_of(place.digest, entry, other) == entry.digest:
            return None if _is_at_home(db, other) else other.n
    return None


def _is_at_home(db: sqlite3.Connection, page: RawPage) -> bool:
    """Return whether a page belongs to the entry that has its number."""
    match [*raw_rows.entries(db, page.n - 1, page.n)]:
        case [RawEntry() as before, RawEntry() as entry]:
            return raw_rows.digest_of(before.digest, entry, page) == entry.digest
    return False


def _new(entry: RawEntry) -> int | None:
    """Return the number of posts that an entry says it brought, if it can be read."""
    try:
        return row_checks.facts_in(entry).new
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def _of_entry(n: int, kind: str, what: str) -> Defect:
    return Defect("entries", n, kind, f"Entry {n} {what}.")


def _of_page(n: int, kind: str, words: str) -> Defect:
    return Defect("pages", n, kind, words)
