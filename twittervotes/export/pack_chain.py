"""Reads the chain of a results pack: its entries and their posts, each checked by its digest.

A pack may come from a stranger. It is read as a stream; what a member unpacks to and how long a
line or a column is are limited, as in the stand-alone verifier.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest.columns import EMPTY, PostColumns
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger import chain
from twittervotes.core.ledger.reader import EntryRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC: Final = b"PK\x03\x04"
LONGEST: Final = 16 * 1024 * 1024  # bytes of a line
LONGEST_COLUMN: Final = 64 * 1024 * 1024
MOST_UNPACKED: Final = (16 * 1024 * 1024, 50)  # bytes; or this many times the size of the pack
HEAD: Final = re.compile(rb"(?:\d{1,9} ){8}\d{1,9}\n")
ENTRIES, POSTS = "chain.jsonl", "posts.bin"


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """An entry as `chain.jsonl` has it."""

    n: int
    kind: str
    source: str
    at_ms: int
    body: str
    posts: int
    digest: str
    private: str = ""
    private_sha256: str = ""


def is_pack(path: Path) -> bool:
    """Return whether `path` is a ZIP file, judged by its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def entries(path: Path) -> Iterator[tuple[EntryRow, PostColumns]]:
    """Yield the entries of a pack in order, each with its posts; accounts are seals alone.

    Raises LedgerError if a digest doesn't match, or if it isn't a pack.
    """
    with _told(path), zipfile.ZipFile(path) as archive:
        _check_members(path, archive)
        with archive.open(ENTRIES) as lines, archive.open(POSTS) as posts:
            digest, number = chain.START, 0
            decode = msgspec.json.Decoder(_Line).decode
            for text in iter(partial(lines.readline, LONGEST), b""):
                line, number = decode(text), number + 1
                page = _page(posts) if line.posts else EMPTY
                private = bytes.fromhex(line.private_sha256) or chain.private_sum(line.private)
                head = chain.entry_line(line.n, line.kind, line.source, line.at_ms, line.body)
                digest = chain.digest(digest, head, private, page)
                if (line.n, line.posts, line.digest) != (number, page.size, digest.hex()):
                    raise LedgerError(
                        f"{path} is damaged: entry {number} is not as it was written. Check it"
                        " with the verify.py in it."
                    )
                yield (
                    EntryRow(line.n, line.kind, line.source, line.at_ms, line.body, "", digest),
                    page,
                )
            if posts.read(1):
                raise LedgerError(f"{path} is damaged: {POSTS} continues after the last entry.")


def _page(posts: IO[bytes]) -> PostColumns:
    head = posts.readline(100)
    if not HEAD.fullmatch(head):
        raise ValueError("posts are missing")
    size, *lengths = map(int, head.split())
    if max(lengths) > LONGEST_COLUMN:
        raise ValueError("a column is too long")
    tag_sets, index, keys, texts, seals, times, births, revisions = map(posts.read, lengths)
    return PostColumns(size, tag_sets, index, keys, texts, seals, times, births, revisions, b"")


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    members = [each for each in archive.infolist() if each.filename in (ENTRIES, POSTS)]
    names = [each.filename for each in members]
    if names == [ENTRIES]:
        raise LedgerError(
            f"{path} was exported from a ledger of an earlier format. Upgrade the ledger"
            " (`twittervotes upgrade`), and export it again."
        )
    if sorted(names) != [ENTRIES, POSTS]:
        raise LedgerError(f"{path} isn't a results pack written by `twittervotes export`.")
    size, times = MOST_UNPACKED
    if sum(each.file_size for each in members) > max(size, times * path.stat().st_size):
        raise LedgerError(f"{path} unpacks to an absurd size.")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn errors caused by a damaged file into a sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise LedgerError(f"{path} can't be read as a results pack: {error}.") from error
    except OSError as error:
        raise LedgerError(f"{path} can't be read: {error.strerror or error}.") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise LedgerError(f"{path} is damaged: an entry in it can't be read ({error}).") from error
