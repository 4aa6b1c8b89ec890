"""Unpack gzip, bzip2, xz and Zstandard as streams, a bounded piece at a time.

Several files packed one after another are one. Everything before damage, or before a truncation, is
yielded. Each format has its own memory limit: 128 MB at most.
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

CHUNK: Final = 256 * 1024
BITE: Final = 4 * 1024
XZ_MEMORY: Final = 128 * 1024 * 1024
FEED: Final = 64  # bytes; `zstandard`, which has no bound, unpacks them to 2 MB at most
NEEDS_ZSTD: Final = (
    "It is packed by zstd, which this Python cannot unpack. Install the package zstandard"
    " (pip install 'twittervotes[zstd]'), or unpack the file first."
)


class DamagedError(Exception):
    """Nothing more can be read of a file; `str()` of it is a sentence without the file's name."""


class Unpacker(Protocol):
    """Unpacks one member of a packed file; the interface of bz2's and lzma's decompressors."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether all input was unpacked."""

    @property
    def unused_data(self) -> bytes:
        """The data after the end of the member."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Take `data`, and return some of the unpacked data."""


@dataclass(frozen=True, slots=True)
class Packing:
    """A format: the first bytes of its members, and how to unpack one."""

    signs: tuple[bytes, ...]
    unpacker: Callable[[], Unpacker]


def packing_of(first: bytes) -> Packing | None:
    """Return the format of a file with these first bytes, None if it isn't packed."""
    found = (packing for packing in PACKINGS if first.startswith(packing.signs))
    return next(found, None)


def unpacked(chunks: Iterator[bytes], packing: Packing) -> Iterator[bytes]:
    """Yield the unpacked data in pieces; raise DamagedError after the last good one."""
    member = packing.unpacker()
    for bite in _bites(chunks):
        data = bite
        while data or not (member.eof or member.needs_input):
            if member.eof:
                data = data.lstrip(b"\0")  # padding, as tapes add it
                if not data and bite.strip(b"\0"):
                    break
                if not data or not _begins(data, packing.signs):
                    return
                member = packing.unpacker()
            piece = _decompressed(member, data)
            if piece:
                yield piece
            data = member.unused_data if member.eof else b""
    if not member.eof:
        raise DamagedError("It is truncated; everything before that was read.")


def _begins(data: bytes, signs: Iterable[bytes]) -> bool:
    return any(sign[: len(data)] == data[: len(sign)] for sign in signs)


def _decompressed(member: Unpacker, data: bytes) -> bytes:
    try:
        return member.decompress(data, CHUNK)
    except DamagedError:
        raise
    except Exception as error:  # each format has its own; lzma and zstd also raise MemoryError
        if "emory" in str(error):
            raise DamagedError("It needs too much memory to be unpacked here.") from error
        raise DamagedError("It is damaged; everything before that was read.") from error


def _bites(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield chunks in small parts: a damaged part loses all of its output."""
    for chunk in chunks:
        for start in range(0, len(chunk), BITE):
            yield chunk[start : start + BITE]


class _Gzip:
    """An Unpacker for zlib's decompressor."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return not self._member.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._member.decompress(self._member.unconsumed_tail + data, max_length)


class _Member(Protocol):
    """The interface of the package zstandard for one member."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


class _Zstandard:
    """An Unpacker for the package zstandard, for Python before 3.14."""

    def __init__(self) -> None:
        try:
            import zstandard
        except ImportError:
            raise DamagedError(NEEDS_ZSTD) from None
        self._member: _Member = zstandard.ZstdDecompressor().decompressobj()
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return not self._rest

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data + self._rest

    def decompress(self, data: bytes, _max_length: int) -> bytes:
        data = self._rest + data
        self._rest = data[FEED:]
        return self._member.decompress(data[:FEED])


def _zstd() -> Unpacker:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdDecompressor

        return ZstdDecompressor()
    return _Zstandard()


def _xz() -> Unpacker:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


SKIPPED: Final = tuple(bytes((number, 0x2A, 0x4D, 0x18)) for number in range(0x50, 0x60))
PACKINGS: Final = (
    Packing((b"\x1f\x8b",), _Gzip),
    Packing((b"BZh",), bz2.BZ2Decompressor),
    Packing((b"\xfd7zXZ\0",), _xz),
    Packing((b"\x28\xb5\x2f\xfd", *SKIPPED), _zstd),
)
