"""The files of saved votes: show their folder, delete one."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from twittervotes.cli.plan import GRAPHICS
from twittervotes.core.errors import LedgerBusyError, LedgerError
from twittervotes.core.file_lock import locked
from twittervotes.desktop.canvas import pictures


def delete(ledger: Path) -> None:
    """Delete a vote's file, pictures and files for graphics; raise LedgerError on failure."""
    try:
        with locked(ledger, wait_s=0):
            ledger.unlink()
            for beside in (f"{ledger}-wal", f"{ledger}-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(beside).unlink()
            for folder in (ledger.with_name(ledger.stem + GRAPHICS), pictures.folder(ledger)):
                if folder.is_dir() and not folder.is_symlink():
                    shutil.rmtree(folder)
    except TimeoutError:
        raise LedgerBusyError(
            f"Another program is counting into {ledger}. Close it first."
        ) from None
    except OSError as error:
        raise LedgerError(f"{ledger} can't be deleted: {error.strerror or error}.") from error


def show_folder(folder: Path) -> None:
    """Open a folder in the system's file manager; raise LedgerError if there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":
            os.startfile(folder)  # noqa: S606 - a folder of our own
            return
        opener = "open" if sys.platform == "darwin" else "xdg-open"
        subprocess.Popen([opener, str(folder)])  # noqa: S603 - the system's own program
    except OSError as error:
        words = error.strerror or error
        raise LedgerError(f"{folder} can't be shown: {words}. Open it by hand.") from error
