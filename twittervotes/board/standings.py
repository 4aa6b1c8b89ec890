"""Published standings: the public bulletin board of a vote, saved to survive restarts.

Each vote has one file in the user's state folder, with one line for each published standing. If the
file can't be written, the board continues with what is in memory.
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING

from twittervotes.board import wire
from twittervotes.core import atomic_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

MOST = 5_000  # standings that are remembered per vote
LONGEST = 500_000  # bytes of a standing


class StandingLog:
    """The published standings of one vote, by digest, oldest first."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: OrderedDict[str, tuple[wire.Published, bytes]] = OrderedDict()
        if file is not None:
            lines = 0
            for line in _lines(file):
                lines += 1
                self._remember(line)
            if lines > 2 * MOST:
                self._shorten(file)

    def add(self, state: wire.StateDocument, encoded: bytes) -> None:
        """Remember a standing, unless it is hidden or known."""
        if state.digest is None or state.digest in self._known:
            return
        self._remember(encoded)
        if self._file is not None:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                atomic_file.append(self._file, encoded)
            except OSError as error:
                log.warning("Published standings can't be kept in %s: %s.", self._file, error)
                self._file = None

    def get(self, digest: str) -> bytes | None:
        """Return a standing as it was published."""
        found = self._known.get(digest)
        return found[1] if found else None

    def newest_first(self) -> Iterator[wire.Published]:
        """Yield a summary of each, newest first."""
        return (published for published, _ in reversed(self._known.values()))

    def _remember(self, encoded: bytes) -> None:
        try:
            state = wire.decode(encoded, wire.StateDocument)
        except (ValueError, RecursionError):
            return  # an incomplete line
        if state.digest is None or state.hidden:
            return
        entry = wire.Published(state.digest, state.entry, state.at_ms, state.total)
        self._known[state.digest] = entry, encoded
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def _shorten(self, file: Path) -> None:
        lines = b"".join(line + b"\n" for _, line in self._known.values())
        try:
            atomic_file.write(file, lines, private=True)
        except OSError as error:
            log.warning("%s can't be shortened: %s.", file, error)


def file_of(folder: Path, place: str, contest: wire.ContestDocument) -> Path:
    """Return the path of a vote's standings; another vote with the same name has another path."""
    tags = [choice.tag for choice in contest.choices]
    of = "\0".join((place, contest.slug, contest.title, *tags))
    return folder / f"{hashlib.sha256(of.encode(errors='replace')).hexdigest()[:32]}.jsonl"


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            while line := opened.readline(LONGEST):
                yield line.rstrip(b"\n")
    except OSError as error:
        if file.exists():
            log.warning("%s can't be read: %s.", file, error)
