"""The folders of the user's files, and what the files in them are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".votes"  # of a ledger
MOST_BYTES = 100  # systems allow 255 a name, some of them 143, and more is put before and after


def of_title(title: str) -> str:
    """Return the words of a title, joined by `-`; "" where it has none."""
    return _cut(re.sub(r"\W+", "-", title).strip("-_")).rstrip("-_")


def of_tag(tag: str) -> str:
    """Return a tag with `_` for each sign that could mean something to a system."""
    return _cut(re.sub(r"\W", "_", tag))


def _cut(name: str) -> str:
    """Cut a long name between two characters, so that it takes no more than MOST_BYTES in UTF-8."""
    return name.encode()[:MOST_BYTES].decode(errors="ignore")


def state_folder() -> Path:
    """Return where the program keeps what it remembers between two runs."""
    return platformdirs.user_state_path("twittervotes", appauthor=False)


def data_folder() -> Path:
    """Return the folder in which contests are kept."""
    return platformdirs.user_data_path("twittervotes", appauthor=False)


def checkpoints() -> Path:
    """Return the folder in which counts of long ledgers are kept: the user's cache."""
    return platformdirs.user_cache_path("twittervotes", appauthor=False) / "counts"
