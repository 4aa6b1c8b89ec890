"""Logging as configured in logconfig.ini, and the paths of files shipped with the program.

Logging is set up once per process, also in workers. There is no filter for secrets: they are never
logged in the first place. Knows nothing of the configuration, and works even if logconfig.ini
doesn't.
"""

from __future__ import annotations

import logging
import logging.config
import os
import sys
from pathlib import Path

import platformdirs

from twittervotes.core.terminal_text import harmless

log = logging.getLogger(__name__)
NAME = "logconfig.ini"
_is_set_up = False


def setup(path: Path | None = None) -> None:
    """Set up logging from the file at `path`, or from the one that `find` returns; only once.

    If the file can't be used, log a WARNING and log to stderr as usual.
    """
    global _is_set_up
    if _is_set_up:
        return
    _is_set_up = True
    path = path or find()
    try:
        logging.config.fileConfig(path, disable_existing_loggers=False, encoding="utf-8")
    except Exception as error:  # the file may name any class and fail in any way
        _fall_back()
        why = str(error).partition("\n")[0][:200] or type(error).__name__
        log.warning("%s cannot be used (%s); logging goes to stderr as usual.", path, why)


def find() -> Path:
    """Return the user's own logconfig.ini, or else the one shipped with the program.

    The current folder is deliberately excluded, because such a file can run code.
    """
    own = platformdirs.user_config_path("twittervotes", False) / NAME
    is_there = os.path.exists(own)  # noqa: PTH110 - Path.exists raises in a locked folder
    return own if is_there else shipped(NAME)


class Formatter(logging.Formatter):
    """Makes log messages harmless for terminals: networks and files may have influenced them."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, replacing each character that could control a terminal."""
        return harmless(super().format(record), keep="\n\t")


def _fall_back() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("twittervotes").setLevel(logging.INFO)


def shipped(name: str) -> Path:
    """Return a shipped file's path: in the package if installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    return package / name if (package / name).is_file() else package.parent / name
