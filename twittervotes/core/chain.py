"""The digests that chain a ledger: what bytes stand for a row, and how they are summed.

digest(n) = SHA-256(digest(n-1), the line of entry n, the lines of its posts). A line is the row's
values in the schema's order, parted by tabs and ended by a newline; no value holds either. The
mark of a post is the CRC-32 of its line: it proves nothing, but names the row that was changed.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable

from twittervotes.core.model import Post

START = bytes(32)


def entry_line(n: int, kind: str, source: str, at_ms: int, body: str) -> bytes:
    """Return the bytes that stand for an entry."""
    return f"{n}\t{kind}\t{source}\t{at_ms}\t{body}\n".encode()


def post_line(seq: int, entry: int, source: str, post: Post) -> bytes:
    """Return the bytes that stand for a post."""
    network, key, voter, at_ms, tags, kind, revision, born_ms = post
    return (
        f"{seq}\t{entry}\t{source}\t{network}\t{key}\t{voter}"
        f"\t{at_ms}\t{tags}\t{kind}\t{revision}\t{born_ms}\n"
    ).encode()


def mark(line: bytes) -> int:
    """Return the check sum that names a changed post."""
    return zlib.crc32(line)


def digest(before: bytes, entry: bytes, posts: Iterable[bytes]) -> bytes:
    """Return the digest of an entry, from the digest `before` it and the lines of its rows."""
    sha = hashlib.sha256(before)
    sha.update(entry)
    sha.update(b"".join(posts))
    return sha.digest()
