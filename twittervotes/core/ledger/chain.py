"""The digests that chain a ledger of format 2.

    digest(n) = SHA-256(digest(n-1) + SHA-256(line of entry n) + private sum + digest of its posts)

The line has the values of the entry, separated by tabs and ended by a newline. The private sum is
the SHA-256 of the entry's private body, or 32 zero bytes where it has none: such an entry can't be
redacted, and the public part of one that can is still proved. The digest of the posts is that of
their columns (`PostColumns.digest`), which contain seals and no accounts.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from twittervotes.core.contest.columns import PostColumns

START: Final = bytes(32)
NOTHING: Final = bytes(32)  # the sum of a missing private body


def entry_line(n: int, kind: str, source: str, at_ms: int, body: str) -> bytes:
    """Return the hashed form of the public part of an entry.

    Raises:
        ValueError: A value contains a tab or newline, so the line could represent another entry.
    """
    line = f"{n}\t{kind}\t{source}\t{at_ms}\t{body}\n".encode()
    if line.count(b"\t") != 4 or line.count(b"\n") != 1:
        raise ValueError("a value contains a tab or newline, so it can't be hashed")
    return line


def private_sum(private: str) -> bytes:
    """Return the hash of the private body of an entry."""
    return hashlib.sha256(private.encode()).digest() if private else NOTHING


def digest(before: bytes, line: bytes, private: bytes, posts: PostColumns) -> bytes:
    """Return the digest of an entry from the digest `before` it and its `private_sum`."""
    line_sum = hashlib.sha256(line).digest()
    return hashlib.sha256(before + line_sum + private + posts.digest()).digest()
