"""Reads ledgers of format 1, written by earlier versions, as if they were of the current format.

In format 1, each row of the table `posts` was a post, and an entry that named accounts was hashed
as a whole. Such a ledger is never written to; `upgrade` creates a new one from it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest.columns import MOST_POSTS, columns_of
from twittervotes.core.contest.posts import Post, can_be_kept
from twittervotes.core.errors import LedgerError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from twittervotes.core.ledger.pages import Page

VERSION: Final = 1
POST: Final = "network, key, voter, at_ms, tags, kind, revision, born_ms"
KINDS: Final = (str, str, str, int, str, str, int, int)  # the values of a post
NONCE_BYTES: Final = 16


def pages(
    db: sqlite3.Connection, salt: bytes, first: int = 1, last: int | None = None
) -> Iterator[Page]:
    """Yield the posts of the entries from `first` to `last`, a long entry as several pages.

    Raises:
        LedgerError: A post is unlike any that ledgers have; the message ends a sentence.
        TypeError: A value isn't of its column's type.
    """
    found = db.execute(
        f"SELECT entry, seq, {POST} FROM posts WHERE entry BETWEEN ? AND ? ORDER BY seq",  # noqa: S608 - our words
        (first, 2**63 - 1 if last is None else last),
    )
    for n, rows in groupby(found, key=itemgetter(0)):
        while some := list(islice(rows, MOST_POSTS)):
            posts = [Post(*values) for _, _, *values in some]
            number: int = some[0][1]
            for place, (post, row) in enumerate(zip(posts, some, strict=True)):
                if tuple(map(type, post)) != KINDS:
                    raise TypeError(f"post {row[1]} has a value of another kind")
                if row[1] != number + place or not can_be_kept(post):
                    raise LedgerError(f"post {row[1]} cannot be read")
            yield n, number, columns_of(posts, salt)


def aside(body: str, salt: bytes) -> str:
    """Return the body of a page with what it set `aside`, which format 1 encrypted, decrypted.

    Raises msgspec.DecodeError if it can't be read.
    """
    read = msgspec.json.decode(body, type=dict[str, object])
    if "aside" not in read:
        return body
    try:
        data = base64.b64decode(str(read["aside"]), validate=True)
    except ValueError as error:
        raise msgspec.DecodeError("it is not Base64") from error
    start, hidden = data[:NONCE_BYTES], data[NONCE_BYTES:]
    stream = hashlib.shake_256(salt + start).digest(len(hidden))
    mixed = int.from_bytes(hidden, "big") ^ int.from_bytes(stream, "big")
    read["aside"] = msgspec.json.decode(mixed.to_bytes(len(hidden), "big"))
    return json.dumps(read, ensure_ascii=False, separators=(",", ":"))
