"""Reads archives in a separate process, so that an import decodes and writes at the same time.

Pieces come in the order of the files, and are the same with or without the process. It ends with
this one, because it then can't deliver its pieces.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.contest import Contest
from twittervotes.core.errors import TwittervotesError
from twittervotes.sources.archive.reader import Archive, Piece
from twittervotes.sources.plugin import LinesReading, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from twittervotes.sources.archive.files import Passed
    from twittervotes.sources.plugin import Registry

log = logging.getLogger(__name__)

ALONE: Final = 32_000_000  # bytes; fewer are read before another process would have started
AT_ONCE: Final = 1000  # posts or pieces per parcel
WAITING: Final = 16  # how many parcels the reading process may be ahead


@dataclass(frozen=True, slots=True)
class Readers:
    """The readers of every installed network's files; can be sent to a process."""

    contest: Contest
    readers: tuple[tuple[Callable[[Contest], Reading], LinesReading | None], ...]

    @classmethod
    def of(cls, registry: Registry, contest: Contest) -> Readers:
        """Return the readers of the plug-ins in `registry`."""
        plugins = registry.plugins.values()
        return cls(contest, tuple((each.reads, each.reads_lines) for each in plugins if each.reads))

    def archive(self) -> Archive:
        """Return an archive that uses them."""
        made = [(reads(self.contest), quick) for reads, quick in self.readers]
        return Archive(
            [reading for reading, _ in made], {each: quick for each, quick in made if quick}
        )


@dataclass(frozen=True, slots=True)
class _Parcel:
    """Pieces, and the number of bytes of the files that were read for them."""

    pieces: list[Piece]
    size: int


@contextmanager
def pieces(
    readers: Readers, files: Sequence[Path], size: int, passed: Passed
) -> Iterator[Iterator[Piece]]:
    """Yield the pieces of files of `size` bytes in total; `passed` receives the bytes read."""
    if size < ALONE or os.cpu_count() == 1 or not _can_be_sent(readers):
        archive = readers.archive()
        yield (piece for file in files for piece in archive.pieces(file, passed))
        return
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_read, args=(theirs, readers, list(files)), daemon=True)
    process.start()
    theirs.close()
    try:
        yield _received(ours, passed)
    finally:
        ours.close()
        process.terminate()
        process.join()


def _can_be_sent(readers: Readers) -> bool:
    """Return whether the readers can be pickled; a plug-in's may be local functions."""
    try:
        pickle.dumps(readers)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
    return True


def _received(parcels: Connection, passed: Passed) -> Iterator[Piece]:
    while True:
        try:
            parcel = parcels.recv()
        except (EOFError, OSError):
            raise TwittervotesError(
                "The process that reads the files ended unexpectedly. What was read is in the"
                " ledger; import the same files again to read the rest."
            ) from None
        if not isinstance(parcel, _Parcel):
            return
        passed(parcel.size)
        yield from parcel.pieces


def _read(to: Connection, readers: Readers, files: Sequence[Path]) -> None:
    """Read files and send the pieces; in its own process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    waiting: Queue[_Parcel | None] = Queue(WAITING)
    sender = threading.Thread(target=_send, args=(to, waiting), daemon=True)
    sender.start()
    for parcel in _parcels(readers, files):
        waiting.put(parcel)
    waiting.put(None)
    sender.join()


def _send(to: Connection, waiting: Queue[_Parcel | None]) -> None:
    try:
        while True:
            parcel = waiting.get()
            to.send(parcel)
            if parcel is None:
                return
    except BaseException as error:  # usually because the receiver has ended
        log.debug("The pieces of an archive could not be sent.", exc_info=error)
        os._exit(1)


def _parcels(readers: Readers, files: Sequence[Path]) -> Iterator[_Parcel]:
    archive, some, posts, read = readers.archive(), list[Piece](), 0, 0

    def note(more: int) -> None:
        nonlocal read
        read += more

    for file in files:
        for piece in archive.pieces(file, note):
            some.append(piece)
            posts += max(1, piece.size)
            if posts >= AT_ONCE:
                yield _Parcel(some, read)
                some, posts, read = [], 0, 0
    yield _Parcel(some, read)
