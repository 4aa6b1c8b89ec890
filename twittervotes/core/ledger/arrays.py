"""Arrays whose memory returns to the system as soon as nothing refers to them.

A table that grows leaves its old arrays behind. NumPy takes memory from the C library, which keeps
freed memory for later use, up to 32 MB per array, and can't return it while anything above it is in
use. In a count of five million posts this was 170 MB of unused memory. So large arrays are mapped
separately.
"""

from __future__ import annotations

import mmap
from typing import Final, TypeVar, overload

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.uint64 | np.uint32 | np.uint16 | np.uint8 | np.int64]

S = TypeVar("S", bound=np.generic)

LARGE: Final = 1 << 20  # bytes; smaller arrays come from NumPy as usual


@overload
def zeros(size: int, kind: type[S], *, is_sparse: bool = False) -> npt.NDArray[S]: ...
@overload
def zeros(size: int, kind: npt.DTypeLike, *, is_sparse: bool = False) -> Array: ...
def zeros(
    size: int, kind: type[S] | npt.DTypeLike, *, is_sparse: bool = False
) -> npt.NDArray[S] | Array:
    """Return an array of `size` zeros.

    If `is_sparse`, it uses memory only where something other than zeros is written, in small
    pages. Otherwise it gets large pages like NumPy's, because tables are read at random.
    """
    one = np.dtype(kind)
    if size * one.itemsize < LARGE:
        return np.zeros(size, one)
    memory = mmap.mmap(-1, size * one.itemsize)
    if hasattr(mmap, "MADV_HUGEPAGE") and not is_sparse:
        memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, one)
