"""Large arrays: zeros that can be written, whose memory the system gets back."""

from __future__ import annotations

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import law

from twittervotes.core.ledger.arrays import LARGE, zeros
from twittervotes.core.ledger.key_table import KeyTable
from twittervotes.core.ledger.row_values import RowValues

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


puts = st.lists(
    st.dictionaries(st.integers(0, 200_000), st.integers(0, 2**32 - 1), min_size=1, max_size=5),
    max_size=8,
)


@law
@given(puts, st.booleans())
def test_values_of_rows_are_those_that_were_put_last(
    puts: list[dict[int, int]], is_taken_up: bool
) -> None:
    values, held = RowValues(np.uint32), dict[int, int]()
    for put in puts:
        values.put(np.array(list(put), np.uint32), np.array(list(put.values()), np.uint32))
        held |= put
    if is_taken_up:
        again = RowValues(np.uint32)
        again.take_up(values.values)
        values = again
    rows = [*held, *(row + 1 for row in held), 0, 300_000]
    expected = [held.get(row, 0) for row in rows]
    assert values.at(np.array(rows, np.uint32)).tolist() == expected


def test_a_few_values_of_many_rows_take_little_memory() -> None:
    process = psutil.Process()
    before, values = process.memory_full_info().uss, RowValues(np.uint32)
    for row in range(1, 20_000_000, 500_000):
        values.put(np.array([row], np.uint32), np.array([row], np.uint32))
    assert values.values.nbytes >= 70 * MB
    assert process.memory_full_info().uss - before < 8 * MB
