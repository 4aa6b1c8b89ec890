"""The digests that chain a ledger: the line of each row, and the order of hashing.

    digest(n) = SHA-256(digest(n-1), SHA-256(line of entry n), SHA-256(lines of its posts))

A line has the row's values in the schema's order, separated by tabs and ended by a newline; no
value holds either. In a post's line the voter is sealed: a keyed hash replaces the account, so that
the lines can be published and checked against the digest without revealing who voted. The checksum
of a post, in the column `mark`, is the CRC-32 of its line; it proves nothing, but identifies a
changed row.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twittervotes.core.contest.posts import Post

START = bytes(32)
SEAL_BYTES = 16

Seal = Callable[[str, str], str]


def sealed_by(salt: bytes) -> Seal:
    """Return the function that seals an account, (network, voter), with the ledger's salt."""
    keyed = hashlib.blake2b(key=salt, digest_size=SEAL_BYTES)

    def seal(network: str, voter: str) -> str:
        hashing = keyed.copy()
        hashing.update(f"{network}:{voter}".encode())
        return hashing.hexdigest()

    return seal


def entry_line(n: int, kind: str, source: str, at_ms: int, body: str) -> bytes:
    """Return the hashed form of an entry."""
    return f"{n}\t{kind}\t{source}\t{at_ms}\t{body}\n".encode()


def post_line(seq: int, entry: int, source: str, post: Post, seal: Seal) -> bytes:
    """Return the hashed form of a post."""
    network, key, voter, *others = post
    values = (seq, entry, source, network, key, seal(network, voter), *others)
    return ("\t".join(map(str, values)) + "\n").encode()


def checksum(line: bytes) -> int:
    """Return the checksum that identifies a changed post."""
    return zlib.crc32(line)


def digest(before: bytes, entry: bytes, posts: Sequence[bytes]) -> bytes:
    """Return the digest of an entry, from the digest `before` it and the lines of its rows.

    Raises:
        ValueError: A value contains a tab or newline, so a line could represent two rows.
    """
    lines = b"".join(posts)
    if (entry + lines).count(b"\n") != 1 + len(posts) or lines.count(b"\t") != 10 * len(posts):
        raise ValueError("a value contains a tab or newline, so it can't be hashed")
    entry_sum = hashlib.sha256(entry).digest()
    posts_sum = hashlib.sha256(lines).digest()
    return hashlib.sha256(before + entry_sum + posts_sum).digest()
