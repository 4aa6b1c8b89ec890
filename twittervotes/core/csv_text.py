"""CSV that a spreadsheet displays but never executes; pure.

A spreadsheet treats a cell that begins with a sign such as `=` as a formula. Where a cell begins
depends on its settings: many split at semicolons or tabs. So every cell is quoted, and an
apostrophe is put before each such sign at the beginning and after each possible separator.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMULA = "=+-@\t\r\n'＝＋－＠"  # what may begin a formula, and our own apostrophe
SEPARATORS = ',;|\t\r\n"'
_DANGER = re.compile(f"(?:\\A|(?<=[{SEPARATORS}]))(?=[{re.escape(FORMULA)}])")


class Sink(Protocol):
    """A target for text."""

    def write(self, text: str, /) -> object:
        """Write text."""


def cell(text: str) -> str:
    """Return `text` with an apostrophe before each sign that could begin a formula.

    This is reversible: an apostrophe at the beginning or after a separator is always one of these,
    so removing each of them restores the text.
    """
    return _DANGER.sub("'", text)


def write(file: Sink, rows: Iterable[Iterable[str | int | float]], end: str = "\n") -> None:
    """Write rows of cells, all quoted."""
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator=end).writerows(rows)
