"""A lock that one program at a time holds beside a file: FILE.lock.

The system takes the lock back when the program dies. The lock's own file is removed by whoever
holds it, before the lock is let go: another program that has it open by then finds that it has no
name any more, and begins anew. So two programs never hold two files of one name.

A ledger isn't locked itself, because SQLite keeps locks of its own on it: closing any other
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
    """The lock beside a file, held from the beginning until `release`, by any thread."""

    def __init__(self, file: Path, *, wait_s: float = 4 * POLL_S, mode: int = -1) -> None:
        """Take the lock, or raise TimeoutError when another program holds it for so long.

        Two names of one file have one lock. Raises OSError where the lock's file can't be made.
        """
        self.path = Path(f"{file.resolve()}.lock")
        self._lock = filelock.FileLock(self.path, thread_local=False, mode=mode)
        self._lock.acquire(timeout=wait_s, poll_interval=POLL_S)
        facts = self.path.stat()
        self._file = (facts.st_dev, facts.st_ino)

    def release(self) -> None:
        """Let go of the lock and remove its file; harmless if done twice."""
        if self._lock.is_locked and os.name == "posix":  # filelock removes it by itself on Windows
            with contextlib.suppress(OSError):
                facts = self.path.stat()
                if (facts.st_dev, facts.st_ino) == self._file:
                    self.path.unlink()
        self._lock.release()


@contextlib.contextmanager
def locked(file: Path, *, wait_s: float, mode: int = -1) -> Iterator[None]:
    """Hold the lock beside `file`; raises as `Lock` does."""
    lock = Lock(file, wait_s=wait_s, mode=mode)
    try:
        yield
    finally:
        lock.release()
