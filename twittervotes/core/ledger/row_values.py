"""One value per row of posts, in an array that grows as needed."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from twittervotes.core.ledger.arrays import Array, zeros

Rows = npt.NDArray[np.uint32]

GROWTH: Final = 1.25
COPIED: Final = 1 << 14  # rows to copy at once


class RowValues:
    """Values by row, initially 0.

    Memory is used only near rows with values, so a few values among millions of rows cost little.
    """

    def __init__(self, kind: npt.DTypeLike) -> None:
        self.values: Array = np.zeros(0, kind)

    def at(self, rows: Rows) -> Array:
        """Return the values of these rows."""
        size = len(self.values)
        if not len(rows) or (size and int(rows.max()) < size):
            return self.values[rows]
        if not size:
            return np.zeros(len(rows), self.values.dtype)
        found = self.values[np.minimum(rows, size - 1)]
        found[rows >= size] = 0
        return found

    def put(self, rows: Rows, values: Array | bool) -> None:
        """Set the values of these rows."""
        if not len(rows):
            return
        size = int(rows.max()) + 1
        if size > len(self.values):
            self._take(self.values, max(size, int(len(self.values) * GROWTH)))
        self.values[rows] = values

    def take_up(self, values: Array) -> None:
        """Restore the values of another run."""
        self._take(values, len(values))

    def _take(self, values: Array, size: int) -> None:
        """Copy values to a new array of this size; memory stays unused where all are 0."""
        longer = zeros(size, self.values.dtype, is_sparse=True)
        for start in range(0, len(values), COPIED):
            some = values[start : start + COPIED]
            if some.any():
                longer[start : start + len(some)] = some
        self.values = longer
