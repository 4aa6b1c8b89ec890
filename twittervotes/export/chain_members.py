"""The members of a pack that hold the chain: `chain.jsonl` the entries, `posts.bin` their posts.

`chain.jsonl` has one JSON object per entry. `posts.bin` has the posts in the form that is hashed:
for each entry with posts, a line of lengths and the columns. Of the private part of an entry, only
the hash is exported, unless accounts are included.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.columns import EMPTY
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.core.counting.parallel import Passed
    from twittervotes.core.ledger.reader import EntryRow
    from twittervotes.export.redaction import Given


class _Facts(msgspec.Struct):
    """What an entry says about its posts: how many were written."""

    new: int


def entries(given: Given) -> Iterator[str]:
    """Yield the lines of `chain.jsonl`."""
    for entry in given.reader.chain():
        said: dict[str, object] = {
            "n": entry.n,
            "kind": entry.kind,
            "source": entry.source,
            "at_ms": entry.at_ms,
            "body": entry.body,
        }
        if entry.private and given.with_accounts:
            said["private"] = entry.private
        elif entry.private:
            said["private_sha256"] = chain.private_sum(entry.private).hex()
        said |= {"posts": _posts_of(given, entry), "digest": entry.digest.hex()}
        yield json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n"


def posts(given: Given, passed: Passed | None = None) -> Iterator[bytes]:
    """Yield the content of `posts.bin`, in pieces.

    Raises:
        LedgerError: An entry was changed; an export contains only what the ledger proves.
    """
    digest, read = chain.START, 0
    for entry, pages in given.reader.written():
        page = pages[0] if pages else EMPTY
        try:
            line = chain.entry_line(entry.n, entry.kind, entry.source, entry.at_ms, entry.body)
        except ValueError as error:
            raise _damaged(given, entry) from error
        digest = chain.digest(digest, line, chain.private_sum(entry.private), page)
        if digest != entry.digest or page.size != _posts_of(given, entry):
            raise _damaged(given, entry)
        if page.size:
            yield page.head
            yield from page.public
            read += page.size
            if passed:
                passed(read)


def _posts_of(given: Given, entry: EntryRow) -> int:
    """Return the number of posts that an entry says it has."""
    if entry.kind != "page":
        return 0
    try:
        return msgspec.json.decode(entry.body, type=_Facts).new
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _damaged(given, entry) from error


def _damaged(given: Given, entry: EntryRow) -> LedgerError:
    return LedgerError(
        f"{given.reader.path} is damaged: entry {entry.n} is not as it was written. Run"
        " `twittervotes verify` to see what was changed."
    )
