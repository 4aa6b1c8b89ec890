"""Parts of file names made of what people typed; pure."""

from __future__ import annotations

import re

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
