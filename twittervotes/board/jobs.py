"""Work on ledgers, each in a process of its own: the web process opens no database.

A ledger may come from a stranger. The process that reads it works on a copy, has limits on memory,
time and files, and can at worst fail.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from twittervotes.core.errors import TwittervotesError

log = logging.getLogger(__name__)

MODULE = "twittervotes.commands.board_job"
LONGEST_S = 300.0
MOST_WAITING = 8
MOST_BYTES = 4_000_000  # of a document that a process writes
KINDS = ("result.json", "result.csv", "result.xlsx", "pack.zip", "report.html")


class BusyError(TwittervotesError):
    """Too many files are being made at the moment."""


class Jobs:
    """Runs one process at a time, and keeps what it made for the next who asks."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="twittervotes-board-")
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0
        self._made: dict[tuple[Path, str], tuple[object, Path]] = {}

    def close(self) -> None:
        """Remove all files that were made."""
        self._folder.cleanup()

    async def document(self, ledger: Path) -> bytes:
        """Return the document of a ledger as JSON. Raises TwittervotesError with a sentence."""
        async with self._turn:
            out = Path(self._folder.name) / "document.json"
            out.unlink(missing_ok=True)
            await _run("document", ledger, out)
            return out.read_bytes()[:MOST_BYTES]

    async def file(self, ledger: Path, kind: str, version: object) -> Path:
        """Return a file of KINDS, made anew where `version` of the ledger isn't that of the last.

        Raises BusyError if too many wait, else TwittervotesError with a sentence.
        """
        if self._waiting >= MOST_WAITING:
            raise BusyError("Too many files are being made at the moment. Try again in a minute.")
        self._waiting += 1
        try:
            async with self._turn:
                known, path = self._made.get((ledger, kind), (None, Path()))
                if known == version and path.exists():
                    return path
                folder = Path(tempfile.mkdtemp(dir=self._folder.name))
                await _run("file", ledger, folder / kind)
                path.unlink(missing_ok=True) if known is not None else None
                self._made[ledger, kind] = version, folder / kind
                return folder / kind
        finally:
            self._waiting -= 1


async def _run(what: str, ledger: Path, out: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", MODULE, what, str(ledger), str(out)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            _, said = await process.communicate()
    except TimeoutError:
        raise TwittervotesError(f"{ledger.name} took too long to read.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        words = said.decode(errors="replace").strip().splitlines()
        raise TwittervotesError(words[-1][:500] if words else f"{ledger.name} couldn't be read.")
