"""The content of a file as a stream of bytes: plain, unpacked, or of each file in a zip.

The first bytes decide the type of a file, not its name. A damaged or truncated file yields what
comes before the damage. A file that unpacks to an absurd size is abandoned: it was made to fill
memory or disk. Knows nothing of JSON.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from twittervotes.sources.archive.packed import CHUNK, DamagedError, packing_of, unpacked

if TYPE_CHECKING:
    from pathlib import Path

ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
LEDGER: Final = b"SQLite format 3\0"
# a byte order mark, or ASCII with a zero byte beside each character
UTF_16: Final = re.compile(rb"\xff\xfe|\xfe\xff|\0{1,3}[\t\n\r -~]|[\t\n\r -~]\0")
_CELL = rb'(?:"[^"{\[\n]*+"|[^"{}\[\]<>\n,;\t]*+)'
# names separated by commas, semicolons or tabs, and a second line that doesn't begin JSON
TABLE: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+%b(?:[,;\t]%b)++\r?(?:\Z|\n+(?!\s*[{\[]))" % (_CELL, _CELL)
)
CHAT_LINES: Final = (b"@", b":")  # IRC lines, whose tags are separated by semicolons
FREE: Final = 64 * 1024 * 1024  # bytes that may be unpacked, however small the file is
MOST_TIMES: Final = 200  # beyond that, the maximum compression ratio; that of posts is about 20

Passed = Callable[[int], None]  # called with the number of further bytes read


@dataclass(slots=True)
class Content:
    """One stream of bytes in a file, and its name: that of the file, or of the member of a zip."""

    name: str
    chunks: Iterator[bytes]


@dataclass(slots=True)
class _Measure:
    """How large a file may still become."""

    left: int = field(default=0)

    def note(self, chunk: bytes) -> bytes:
        self.left -= len(chunk)
        if self.left < 0:
            raise DamagedError("It grows beyond all measure when it is unpacked.")
        return chunk


def contents(path: Path, passed: Passed) -> Iterator[Content]:
    """Yield the contents of the file at `path`; read each before requesting the next.

    Chunks raise DamagedError if the data ends too early. Raises it too.
    """
    try:
        with path.open("rb", buffering=0) as raw, io.BufferedReader(_Told(raw, passed)) as file:
            first = file.peek(len(LEDGER))[: len(LEDGER)]
            measure = _Measure(max(FREE, MOST_TIMES * path.stat().st_size))
            if first == LEDGER:
                raise DamagedError("It is a ledger; join ledgers with: twittervotes merge.")
            if first.startswith(ZIP):
                yield from _zipped(path.name, file, measure)
            else:
                yield Content(path.name, _unpacked(file, measure))
    except OSError as error:
        raise DamagedError(f"It cannot be read: {error.strerror or error}.") from error


class _Told(io.RawIOBase):
    """A file that reports how much of it has been read."""

    def __init__(self, raw: io.FileIO, passed: Passed) -> None:
        self._raw = raw
        self._passed = passed

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._raw.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._raw.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        size = self._raw.readinto(buffer)
        self._passed(size or 0)
        return size


def _unpacked(file: IO[bytes], measure: _Measure) -> Iterator[bytes]:
    """Yield the bytes of `file`, unpacked if they are packed."""
    first = _read(file)
    packing = packing_of(first)
    chunks = _chunks(file, first)
    return _json(chunks if packing is None else map(measure.note, unpacked(chunks, packing)))


def _json(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield chunks; raise DamagedError if the first shows that they aren't JSON."""
    for chunk in chunks:
        if UTF_16.match(chunk):
            raise DamagedError("It is text in UTF-16; save it as UTF-8 and import it again.")
        if TABLE.match(chunk) and not chunk.startswith(CHAT_LINES):
            raise DamagedError("It is a table (CSV), and import reads JSON; export it as JSON.")
        yield chunk
        break
    yield from chunks


def _chunks(file: IO[bytes], chunk: bytes) -> Iterator[bytes]:
    while chunk:
        yield chunk
        chunk = _read(file)


def _read(file: IO[bytes]) -> bytes:
    try:
        return file.read(CHUNK)
    except OSError as error:
        raise DamagedError(f"It can't be read any further: {error.strerror or error}.") from error
    # zipfile raises many kinds of errors for the content of a zip
    except (BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise DamagedError("It is damaged; everything before that was read.") from error


def _zipped(name: str, file: IO[bytes], measure: _Measure) -> Iterator[Content]:
    try:
        archive = ZipFile(file)
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise DamagedError("It is a zip that is cut or damaged; nothing in it was read.") from error
    with archive:
        for info in archive.infolist():
            if not info.is_dir() and info.file_size:
                inner = info.filename.rpartition("/")[2]
                yield Content(f"{name}/{inner}", _in_zip(archive, info, measure))


def _in_zip(archive: ZipFile, info: ZipInfo, measure: _Measure) -> Iterator[bytes]:
    if info.flag_bits & 1:
        raise DamagedError("It is locked by a password; unpack it first.")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise DamagedError("It is not packed by deflate, as in most zips; unpack it first.")
    try:
        file = archive.open(info)
    except (BadZipFile, NotImplementedError, ValueError, RuntimeError, OSError) as error:
        raise DamagedError("It is packed in a way that is not known, or damaged.") from error
    with file:
        for chunk in _unpacked(file, measure):
            yield measure.note(chunk)
