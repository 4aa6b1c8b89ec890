"""Jobs on ledgers, each in its own process: the web process opens no database.

A ledger may come from a stranger. The process that reads it works on a copy, has limits on memory,
time and files, and can at worst fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

MODULE = "twittervotes.commands.board_job"
LONGEST_S, LONGEST_LOOK_S = 300.0, 20.0
MOST_WAITING = 8
MOST_KEPT = 50  # files that were made; they may be large
MOST_BYTES = 4_000_000  # of a document that a process writes
COPY = "copy"  # the folder for a ledger's copy, in which posts are looked up
KINDS = ("result.json", "result.csv", "result.xlsx", "pack.zip", "report.html")


class BusyError(TwittervotesError):
    """Too many files are being made at the moment."""


class Jobs:
    """Runs one process at a time, and caches its output for the next request."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="twittervotes-board-")
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0
        self._looking, self._waiting_looks = asyncio.Semaphore(1), 0
        self._made: OrderedDict[tuple[Path, str], tuple[object, Path]] = OrderedDict()

    def close(self) -> None:
        """Remove all cached files."""
        self._folder.cleanup()

    async def documents(self, ledgers: Sequence[Path]) -> dict[Path, bytes | TwittervotesError]:
        """Return the document of each ledger as JSON, or why there is none."""
        async with self._turn:
            with tempfile.TemporaryDirectory(dir=self._folder.name) as name:
                folder, trouble = Path(name), TwittervotesError("it couldn't be read.")
                try:
                    await _run("documents", folder, *ledgers)
                except TwittervotesError as error:  # it was killed: what it has written counts
                    trouble = error
                return {
                    ledger: _read(folder / str(number)) or trouble
                    for number, ledger in enumerate(ledgers)
                }

    async def file(self, ledger: Path, kind: str, version: object) -> Path:
        """Return a file of KINDS; make it again if the ledger's `version` has changed.

        Raises BusyError if too many wait, otherwise TwittervotesError with a sentence.
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
                await _run("file", folder / kind, ledger)
                self._made.pop((ledger, kind), None)
                self._made[ledger, kind] = version, folder / kind
                while len(self._made) > MOST_KEPT:
                    _, (_, oldest) = self._made.popitem(last=False)
                    oldest.unlink(missing_ok=True)
                if known is not None:
                    path.unlink(missing_ok=True)
                return folder / kind
        finally:
            self._waiting -= 1

    async def look_up(self, ledger: Path, wanted: str, version: object) -> bytes:
        """Return what became of a post, as a document. Raises like `file`."""
        if self._waiting_looks >= MOST_WAITING:
            raise BusyError("Too many ask at the moment. Try again in a minute.")
        self._waiting_looks += 1
        try:
            async with self._looking:
                copy = await self.file(ledger, COPY, version)
                with tempfile.TemporaryDirectory(dir=self._folder.name) as folder:
                    out = Path(folder) / "found"
                    given = wanted.encode(errors="replace")
                    await _run("lookup", out, copy, ledger, given=given, longest_s=LONGEST_LOOK_S)
                    return out.read_bytes()
        finally:
            self._waiting_looks -= 1


def _read(path: Path) -> bytes | TwittervotesError | None:
    """Return a process's output for a ledger; None if there is none."""
    for ending in (".json", ".error"):
        with contextlib.suppress(OSError), path.with_suffix(ending).open("rb") as file:
            data = file.read(MOST_BYTES)
            return data if ending == ".json" else TwittervotesError(data.decode(errors="replace"))
    return None


async def _run(
    what: str, out: Path, *ledgers: Path, given: bytes = b"", longest_s: float = LONGEST_S
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", MODULE, what, str(out), *map(str, ledgers)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(longest_s):
            _, said = await process.communicate(given)
    except TimeoutError:
        raise TwittervotesError("it took too long to read.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        words = said.decode(errors="replace").strip().splitlines()
        raise TwittervotesError(words[-1][:500] if words else "it couldn't be read.")
