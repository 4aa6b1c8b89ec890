"""A file that is written as a whole or not at all; knows nothing of what is in it."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from twittervotes.core.errors import ConfigError


@contextlib.contextmanager
def whole(out: Path) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the place of `out` when all has gone well.

    Whatever goes wrong, what was at `out` stays, and nothing else is left. Raises ConfigError with
    a sentence when the place cannot be written to.
    """
    out = Path(
        os.path.realpath(out)
    )  # through a link the file it leads to is replaced, not the link
    draft = out.with_name(f".twittervotes-{secrets.token_hex(8)}.part")
    try:
        if out.exists() and not out.is_file():
            raise ConfigError(f"{out} is not a file. Choose another name.")
        if not out.parent.is_dir():
            raise ConfigError(f"There is no folder {out.parent}. Make it, or choose another.")
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(out)
        _keep(out.parent)
    except OSError as error:
        words = error.strerror or str(error)
        raise ConfigError(f"{out} could not be written: {words}. It was left as it was.") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _keep(folder: Path) -> None:
    """Let the new name survive a power cut, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
