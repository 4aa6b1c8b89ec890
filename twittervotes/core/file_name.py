"""The folders of the user's files, and the names of the files in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".votes"  # a ledger's suffix
MOST_BYTES = 100  # systems allow 255 bytes, some only 143, and callers add a prefix and a suffix


def of_title(title: str) -> str:
    """Return the words of a title, joined by `-`; "" if there are none."""
    return _cut(re.sub(r"\W+", "-", title).strip("-_")).rstrip("-_")


def of_tag(tag: str) -> str:
    """Return a tag with `_` for each character that could be special to a system."""
    return _cut(re.sub(r"\W", "_", tag))


def _cut(name: str) -> str:
    """Shorten a name at a character boundary to at most MOST_BYTES bytes of UTF-8."""
    return name.encode()[:MOST_BYTES].decode(errors="ignore")


def state_folder() -> Path:
    """Return the folder for state that the program keeps between runs."""
    return platformdirs.user_state_path("twittervotes", appauthor=False)


def data_folder() -> Path:
    """Return the folder in which contests are stored."""
    return platformdirs.user_data_path("twittervotes", appauthor=False)


def checkpoints() -> Path:
    """Return the folder for checkpoints of long ledgers: in the user's cache."""
    return platformdirs.user_cache_path("twittervotes", appauthor=False) / "counts"
