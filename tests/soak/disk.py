"""A disk of its own for a ledger, which can be full for a while: really full, no pretence.

Where we may mount, it is a small file system in memory, and a ballast takes what is left of it.
Elsewhere the system is told to let the program write no longer files than they are (RLIMIT_FSIZE).
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SIZE = "48m"
BLOCK = b"\0" * 65_536


@dataclass(frozen=True)
class Disk:
    """`folder` is on it; `is_mounted` tells whether it is one of its own."""

    folder: Path
    is_mounted: bool

    def fill(self, pid: int, ledger: Path) -> None:
        """Let a program find no room for its ledger any more."""
        if self.is_mounted:
            with suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
                while ballast.write(BLOCK):
                    pass
            return
        most = max((_size(path) for path in ledger.parent.glob(f"{ledger.name}*")), default=0)
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))

    def free(self, pid: int) -> None:
        """Give the room back; harmless if the program has ended."""
        self._ballast.unlink(missing_ok=True)
        if not self.is_mounted:
            with suppress(ProcessLookupError):
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


@contextmanager
def disk(folder: Path, size: str = SIZE) -> Iterator[Disk]:
    """Give a disk at `folder`, and take it away in the end."""
    folder.mkdir(exist_ok=True)
    is_mounted = sys.platform == "linux" and _done(
        "mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)
    )
    try:
        yield Disk(folder, is_mounted)
    finally:
        if is_mounted:
            _done("umount", "--lazy", str(folder))


def _done(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
