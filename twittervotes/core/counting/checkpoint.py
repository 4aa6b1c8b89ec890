"""The checkpoint of a long ledger: the count at one of its entries.

Without it, ten million posts would be counted again whenever their vote is opened, which takes
seconds. It also stores which posts the ledger has.

It is stored in the user's cache folder, never beside the ledger, which may come from a stranger. It
is used only if it matches the digest of the ledger at that entry and the current contest; otherwise
everything is counted.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from twittervotes.core import atomic_file
from twittervotes.core.counting.running import Count, CountState
from twittervotes.core.errors import LedgerError

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.core.ledger.writer import Ledger

log = logging.getLogger(__name__)

FORMAT: Final = 4
FEW: Final = 100_000  # posts; fewer are counted quickly
GROWTH: Final = 1.25  # growth of a ledger after which its checkpoint is moved
MOST: Final = 3  # checkpoints to keep; each may take 400 MB
ENDING: Final = ".count.npz"


class _Place(msgspec.Struct, frozen=True):
    """Where in which ledger a checkpoint was made."""

    form: int
    entries: int
    posts: int
    digest: str
    contest: str


class Checkpoint:
    """The checkpoint of one ledger, in `folder`."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._ledger = ledger
        name = hashlib.sha256(ledger.salt).hexdigest()[:32]
        self._file = folder / f"{name}{ENDING}"
        self._next = FEW

    def take_up(self) -> Count | None:
        """Return the count of the whole ledger; None if everything must be counted."""
        try:
            with self._file.open("rb") as file, np.load(file, allow_pickle=False) as found:
                place = msgspec.json.decode(found["place"].tobytes(), type=_Place)
                digest = self._ledger.digest_at(place.entries)
                if place != self._place(place.entries, place.posts, digest):
                    return None
                arrays = {name: found[name] for name in found.files}
            count = Count(self._ledger.contest, self._ledger)
            count.take_up(CountState(arrays["numbers"].tobytes(), arrays))
            for added, removed in self._ledger.take_up(arrays, place.posts):
                count.add(added)
                count.remove(removed)
        except LedgerError:
            raise
        except Exception as error:  # NumPy raises many kinds of errors for a damaged file
            log.debug("No checkpoint of this ledger can be used.", exc_info=error)
            return None
        self._next = max(FEW, int(place.posts * GROWTH))
        return count

    def move(self, count: Count, *, at_once: bool = False) -> None:
        """Store `count` if the ledger has grown enough since the last time, or if `at_once`."""
        posts = self._ledger.posts_written
        if posts < (FEW if at_once else self._next):
            return
        self._next = int(posts * GROWTH)
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = count.kept()
            at = self._place(self._ledger.entries_written, posts, self._ledger.digest)
            arrays = {
                **{
                    name: np.frombuffer(each, np.uint8)
                    for name, each in (
                        ("place", msgspec.json.encode(at)),
                        ("numbers", kept.numbers),
                    )
                },
                **kept.arrays,
                **self._ledger.kept(),
            }
            with atomic_file.replacing(self._file, private=True) as file:
                np.savez(file, allow_pickle=False, **arrays)
            self._drop_old()
        except OSError as error:  # a full disk, say; the ledger has everything
            log.debug("The checkpoint could not be kept.", exc_info=error)

    def _place(self, entries: int, posts: int, digest: str) -> _Place:
        contest = json.dumps(msgspec.to_builtins(self._ledger.contest), sort_keys=True)
        return _Place(FORMAT, entries, posts, digest, contest)

    def _drop_old(self) -> None:
        files = sorted(self._file.parent.glob(f"*{ENDING}"), key=lambda file: file.stat().st_mtime)
        for file in files[:-MOST]:
            file.unlink(missing_ok=True)
