"""Creates a ledger from others: written beside its final place, and renamed when complete."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from twittervotes.core import atomic_file
from twittervotes.core.errors import LedgerError, NoRoomError
from twittervotes.core.ledger import file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BESIDE: Final = ("-wal", "-shm", "-journal")  # SQLite would apply a leftover one to the new file


@contextmanager
def drafted(out: Path) -> Iterator[Path]:
    """Yield a path to write to; the file there becomes `out` if no error occurs.

    Raises:
        LedgerError: `out` exists, or another program is creating it.
        NoRoomError: The disk is full; the draft has been removed.
    """
    with ExitStack() as opened:
        with file.told(out):
            if not file.is_new(out):
                raise _taken(out)
            opened.callback(file.locked(out).release)
            draft = opened.enter_context(atomic_file.workspace(out.parent)) / out.name
        try:
            yield draft
        except NoRoomError as error:  # it names the draft
            raise NoRoomError(
                f"There is no room for {out}. Nothing was written, and the ledgers it is made of"
                " are unchanged. Make room, or choose another place."
            ) from error
        with file.told(out):
            if not file.is_new(out):
                raise _taken(out)
            for end in BESIDE:
                out.with_name(out.name + end).unlink(missing_ok=True)
            draft.replace(out)
            atomic_file.sync_folder(out.parent)


def _taken(out: Path) -> LedgerError:
    return LedgerError(f"{out} already exists. No changes were made; choose another name.")
