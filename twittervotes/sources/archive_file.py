"""What is in a file, as a stream of bytes: as it is, out of gzip, or out of each file of a zip.

What a file is, its first bytes say and not its name. A file that is damaged, or cut in the middle,
gives what comes before. One that grows beyond all measure when it is unpacked is given up: it was
made to fill memory or disk. Knows nothing of JSON.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

CHUNK: Final = 256 * 1024
BITE: Final = 4 * 1024
GZIP: Final = b"\x1f\x8b"
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
LEDGER: Final = b"SQLite format 3\0"
FREE: Final = 64 * 1024 * 1024  # bytes that may be unpacked, however small the file is
MOST_TIMES: Final = 200  # beyond that, a file may become so many times as long; posts become 20

Passed = Callable[[int], None]  # told how many bytes of a file more have been read


class DamagedError(Exception):
    """Nothing more can be read of a file; `str()` of it is a sentence without its name."""


@dataclass(slots=True)
class Content:
    """One stream of bytes in a file, and its name: that of the file, or of the one in the zip."""

    name: str
    chunks: Iterator[bytes]


@dataclass(slots=True)
class _Measure:
    """How much a file may still become."""

    left: int = field(default=0)

    def note(self, chunk: bytes) -> bytes:
        self.left -= len(chunk)
        if self.left < 0:
            raise DamagedError("It grows beyond all measure when it is unpacked.")
        return chunk


def contents(path: Path, passed: Passed) -> Iterator[Content]:
    """Yield what is in the file at `path`; each is to be read before the next is asked for.

    Chunks raise DamagedError when there is no more although there should be. Raises it too.
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
    """A file that tells how much of it has been read."""

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
    """Yield the bytes of `file`, unpacked where they are packed by gzip."""
    first = _read(file)
    chunks = _chunks(file, first)
    return _gunzipped(chunks, measure) if first.startswith(GZIP) else chunks


def _chunks(file: IO[bytes], chunk: bytes) -> Iterator[bytes]:
    while chunk:
        yield chunk
        chunk = _read(file)


def _read(file: IO[bytes]) -> bytes:
    try:
        return file.read(CHUNK)
    except OSError as error:
        raise DamagedError(f"It cannot be read on: {error.strerror or error}.") from error
    # whatever zipfile raises for what is in a zip
    except (BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise DamagedError("It is damaged; what comes before was read.") from error


def _gunzipped(chunks: Iterator[bytes], measure: _Measure) -> Iterator[bytes]:
    """Yield what gzip packed; several files packed one after the other are one."""
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for bite in _bites(chunks):
        rest = bite
        while rest:
            if member.eof:
                if not rest.startswith(GZIP[: len(rest)]):
                    return  # padding, as a tape leaves it
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                yield measure.note(member.decompress(rest, CHUNK))
            except zlib.error as error:
                raise DamagedError("It is damaged; what comes before was read.") from error
            rest = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        raise DamagedError("It is cut; what comes before was read.")


def _bites(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield chunks in small parts: where one is damaged, all that it would give is lost."""
    for chunk in chunks:
        for start in range(0, len(chunk), BITE):
            yield chunk[start : start + BITE]


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
    try:
        file = archive.open(info)
    except (BadZipFile, NotImplementedError, ValueError, RuntimeError, OSError) as error:
        raise DamagedError("It is packed in a way that is not known, or damaged.") from error
    with file:
        for chunk in _unpacked(file, measure):
            yield measure.note(chunk)
