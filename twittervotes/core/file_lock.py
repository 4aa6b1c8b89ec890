"""A lock that one program at a time holds beside a file: FILE.lock.

The system releases the lock when the program dies. Whoever holds it removes the lock's own file
before releasing it: another program that has this file open by then finds that it no longer has a
name, and starts again. So two programs never hold two files of one name.

A ledger isn't locked itself, because SQLite keeps its own locks on it, and closing any other
descriptor of the file would drop them.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_S = 0.05


class Lock:
    """The lock beside a file, held from construction until `release`; usable from any thread."""

    def __init__(self, file: Path, *, wait_s: float = 4 * POLL_S, mode: int = -1) -> None:
        """Acquire the lock; raise TimeoutError if another program holds it for `wait_s`.

        Two names of one file share one lock. Raises OSError if the lock's file can't be created.
        """
        self.path = Path(f"{file.resolve()}.lock")
        self._lock = filelock.FileLock(self.path, thread_local=False, mode=mode)
        self._lock.acquire(timeout=wait_s, poll_interval=POLL_S)
        facts = self.path.stat()
        self._file = (facts.st_dev, facts.st_ino)

    def release(self) -> None:
        """Release the lock and remove its file; harmless if called twice."""
        if self._lock.is_locked and os.name == "posix":  # filelock removes it itself on Windows
            with contextlib.suppress(OSError):
                facts = self.path.stat()
                if (facts.st_dev, facts.st_ino) == self._file:
                    self.path.unlink()
        self._lock.release()


@contextlib.contextmanager
def locked(file: Path, *, wait_s: float, mode: int = -1) -> Iterator[None]:
    """Hold the lock beside `file` during the block; raises like `Lock`."""
    lock = Lock(file, wait_s=wait_s, mode=mode)
    try:
        yield
    finally:
        lock.release()
