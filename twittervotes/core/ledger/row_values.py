"""One value per row of posts, in an array that grows as needed."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from twittervotes.core.ledger.arrays import Array, zeros

Rows = npt.NDArray[np.uint32]

GROWTH: Final = 1.25


class RowValues:
    """Values by row, initially 0. Memory is allocated when the first is set."""

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
            longer = zeros(max(size, int(len(self.values) * GROWTH)), self.values.dtype)
            longer[: len(self.values)] = self.values
            self.values = longer
        self.values[rows] = values
