"""Large arrays: zeros that can be written, whose memory the system gets back."""

from __future__ import annotations

import numpy as np
import psutil
import pytest

from twittervotes.core.ledger.arrays import LARGE, zeros
from twittervotes.core.ledger.key_table import KeyTable

MB = 1 << 20


@pytest.mark.parametrize("size", [0, 1, LARGE // 8 - 1, LARGE // 8, LARGE])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "uint32", "uint64", "int64"])
def test_an_array_of_any_size_begins_with_zeros_and_can_be_written(size: int, kind: str) -> None:
    array = zeros(size, kind)
    assert array.dtype == kind
    assert array.shape == (size,)
    assert not array.any()
    array[:] = 7
    assert (array == 7).all()


def test_tables_that_grow_side_by_side_take_no_more_memory_than_they_need() -> None:
    process, random = psutil.Process(), np.random.default_rng(1)
    before = process.memory_full_info().uss
    tables = KeyTable(row=np.uint32), KeyTable(row=np.uint32, time=np.uint32, cast=np.uint16)
    held = []
    for start in range(1, 1_500_000, 10_000):
        rows = np.arange(start, start + 10_000, dtype=np.uint32)
        for table in tables:
            tags = random.integers(1, 1 << 63, len(rows)).astype(np.uint64) << np.uint64(1)
            table.enter(tags, "row", rows)
        held.append(bytes(10_000))  # what else a program keeps meanwhile
    more = process.memory_full_info().uss - before - sum(map(len, held))
    assert more < sum(table.nbytes for table in tables) + 8 * MB
