"""A ledger rebuilt from an export of one: a results pack, or its events.

Accounts are known by their seals alone. It is for counting and proves nothing: it lacks everything
private, including the salt.
"""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.columns import SEAL_BYTES, PostColumns
from twittervotes.core.ledger import file, schema
from twittervotes.core.ledger.reader import EntryRow
from twittervotes.core.ledger.writer import ADD_ENTRY, ADD_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

GivenEntry = tuple[EntryRow, PostColumns]  # an exported entry, and its posts

AT_ONCE: Final = 1000  # entries in one transaction
NO_SALT: Final = '{"salt":"00"}'  # every ledger has one


def write(path: Path, given: Iterable[GivenEntry]) -> None:
    """Write entries, each with its posts, to a new ledger in which a seal names each account.

    Numbers and columns are checked where the ledger is read. Raises LedgerError.
    """
    with closing(schema.laid_out(file.VERSION)) as empty, file.told(path):
        file.put(empty, path)
    with file.told(path), closing(file.writer(path, lambda _: None)) as db:
        db.execute("PRAGMA synchronous = OFF")  # it can be rebuilt
        rows, first = iter(given), 1
        while some := list(islice(rows, AT_ONCE)):
            entries, pages = [], []
            for row, page in some:
                private = NO_SALT if row.kind == "salt" else ""
                entries.append(
                    (row.n, row.kind, row.source, row.at_ms, row.body, private, row.digest)
                )
                if page.size:
                    pages.append((row.n, first, *_named_by_seals(page), b""))
                    first += page.size
            db.execute("BEGIN IMMEDIATE")
            db.executemany(ADD_ENTRY, entries)
            db.executemany(ADD_PAGE, pages)
            db.execute("COMMIT")


def _named_by_seals(page: PostColumns) -> PostColumns:
    digits, step = page.seals.hex(), 2 * SEAL_BYTES
    voters = "".join([f"{digits[at : at + step]}\n" for at in range(0, len(digits), step)])
    return page._replace(voters=voters.encode(), voters_are_text=True)
