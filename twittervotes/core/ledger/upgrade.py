"""Upgrades a ledger of format 1: the same entries, times and accounts in the current format.

The old ledger is only read. Its digest goes into the first entry of the new one, so anyone with
both can check that one was made from the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest import networks
from twittervotes.core.contest.columns import EMPTY, MOST_POSTS, PostColumns
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import chain, disclosure, file, format1, schema
from twittervotes.core.ledger.checksums import checksums
from twittervotes.core.ledger.draft import drafted
from twittervotes.core.ledger.reader import EntryRow, Reader
from twittervotes.core.ledger.writer import ADD_ENTRY, ADD_PAGE

if TYPE_CHECKING:
    from pathlib import Path

AT_ONCE: Final = 1000  # entries per transaction

Passed = Callable[[int], None]  # called now and then with the number of posts written


def upgrade(old: Path, new: Path, passed: Passed | None = None) -> str:
    """Create the ledger `new` from the ledger `old`; return the new digest.

    Raises LedgerError; then there is nothing at `new`.
    """
    with Reader(old) as reader:
        if reader.format != format1.VERSION:
            raise LedgerError(f"{old} already has the current format. No changes were made.")
        with drafted(new) as draft, file.told(new):
            return _write(reader, draft, passed)


def _write(reader: Reader, draft: Path, passed: Passed | None) -> str:
    nets = {each.name for each in networks.installed()}
    nets |= {origin.network for origin in reader.sources().values()}
    seals = partial(disclosure.seals_of, networks=nets, salt=reader.salt)
    digest, first = chain.START, 1
    with closing(schema.laid_out(2)) as empty:
        file.put(empty, draft)
    with closing(file.writer(draft, lambda _: None)) as db:
        written = reader.written()
        while some := list(islice(written, AT_ONCE)):
            entries, pages = [], []
            for row, parts in some:
                page = _one_page(reader, row, parts)
                public, private = disclosure.split(_body(reader, row), seals)
                body, hidden = _json(public), _json(private) if private else ""
                line = chain.entry_line(row.n, row.kind, row.source, row.at_ms, body)
                digest = chain.digest(digest, line, chain.private_sum(hidden), page)
                entries.append((row.n, row.kind, row.source, row.at_ms, body, hidden, digest))
                if page.size:
                    pages.append((row.n, first, *page, checksums(page)))
                    first += page.size
            db.execute("BEGIN IMMEDIATE")
            db.executemany(ADD_ENTRY, entries)
            db.executemany(ADD_PAGE, pages)
            db.execute("COMMIT")
            if passed:
                passed(first - 1)
    return digest.hex()


def _body(reader: Reader, row: EntryRow) -> Mapping[str, object]:
    """Return the new body of an entry: the same; the first one also says where it comes from."""
    body = {name: value for name, value in reader.whole(row).items() if name != "nonce"}
    if row.kind == "contest":
        body["upgraded"] = {"digest": reader.digest, "entries": reader.entries}
    return body


def _one_page(reader: Reader, row: EntryRow, parts: Sequence[PostColumns]) -> PostColumns:
    if len(parts) > 1:
        raise LedgerError(
            f"Entry {row.n} of {reader.path} has more than {MOST_POSTS:,} posts, which an entry"
            " can't have any more. Nothing was upgraded. Use merge instead, which splits it:"
            f" twittervotes merge NEW {reader.path}"
        )
    return parts[0] if parts else EMPTY


def _json(body: Mapping[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
