"""The key table: entered keys are found at any size, during growth, and with crowded tags."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twittervotes.core.ledger import key_table
from twittervotes.core.ledger.key_table import KeyTable


def tags_of(random: Random, kind: str, number: int, bits: int) -> list[int]:
    """Return tags that spread over all bits, that crowd, or that differ in low bits alone."""
    match kind:
        case "spread":
            return [random.randrange(1, 1 << bits) for _ in range(number)]
        case "crowded":  # at the ends of the table, where searches begin at the same slots
            ends = (1, (1 << bits) - 50)
            return [random.choice(ends) + random.randrange(40) for _ in range(number)]
        case _:
            high = bits - 6
            return [(random.randrange(1, 50) << high) + random.randrange(3) for _ in range(number)]


def entered_in_steps(seed: int, kind: str, *, with_rests: bool, bits: int = 64) -> None:
    random, tag = Random(seed), f"u{bits // 8}"
    kinds = {"tag": tag, "row": "u4", **({"rest": "u4"} if with_rests else {})}
    table = KeyTable(**kinds)
    held: dict[tuple[int, int], int] = {}
    row = 0
    for _ in range(random.randrange(1, 40)):
        number = random.choice((1, 3, 200, 1000))
        some = tags_of(random, kind, number, bits)
        some += random.choices(some, k=number // 3)
        if held and random.random() < 0.5:
            some += [each for each, _ in random.choices(list(held), k=number // 2)]
        tags = np.array(some, tag)
        rests = np.array(random.choices(range(3), k=len(some)), np.uint32)
        rows = np.arange(row + 1, row + 1 + len(some), dtype=np.uint32)
        row += len(some)
        theirs = rests if with_rests else None
        slots, new = table.enter(tags, "row", rows, theirs)
        for key, number, is_new in zip(
            zip(some, rests.tolist() if with_rests else [0] * len(some), strict=True),
            rows.tolist(),
            new.tolist(),
            strict=True,
        ):
            assert is_new == (key not in held)
            held.setdefault(key, number)
        expected = [
            held[key]
            for key in zip(some, rests.tolist() if with_rests else [0] * len(some), strict=True)
        ]
        assert table.read("row", slots).tolist() == expected
        assert table.taken == len(held)
    everything = list(held)
    tags = np.array([each for each, _ in everything], tag)
    rests = np.array([rest for _, rest in everything], np.uint32)
    slots, found = table.find(tags, rests if with_rests else None)
    assert found.all()
    assert table.read("row", slots).tolist() == list(held.values())
    strange = np.array(tags_of(random, "spread", 500, bits), tag)
    is_there = np.isin(strange, tags)
    assert (
        table.find(strange, np.zeros(500, np.uint32) if with_rests else None)[1] <= is_there
    ).all()
    again = KeyTable(**kinds)
    again.take_up(table.arrays())
    slots, found = again.find(tags, rests if with_rests else None)
    assert found.all()
    assert again.read("row", slots).tolist() == list(held.values())


steps = given(
    st.integers(0, 1 << 32),
    st.sampled_from(("spread", "crowded", "low")),
    st.booleans(),
    st.sampled_from((0, key_table.AT_ONCE)),
    st.sampled_from((64, 32)),
)


@settings(max_examples=80, deadline=None)
@steps
def test_what_is_entered_is_found(
    seed: int, kind: str, with_rests: bool, at_once: int, bits: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(key_table, "AT_ONCE", at_once)
        entered_in_steps(seed, kind, with_rests=with_rests, bits=bits)


def test_a_cut_in_the_middle_of_a_run_loses_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the growth on purpose: the test above must notice."""

    def cut_anywhere(self: KeyTable, slots: int) -> None:
        old = self._old
        if old is None:
            return
        start, stop = self._moved, min(self._moved + max(slots, 1), len(old.tags))
        some = np.flatnonzero(old.tags[start:stop]) + start
        if len(some):
            columns = {name: column[some] for name, column in old.columns.items()}
            self._end = self._now.put(columns, self._end)
        self._moved = stop
        if stop == len(old.tags):
            self._old = None

    monkeypatch.setattr(KeyTable, "_move", cut_anywhere)
    monkeypatch.setattr(key_table, "AT_ONCE", 0)  # the slowest growth has the most cuts

    def some_of_many() -> None:
        for seed in range(60):
            entered_in_steps(seed, "spread", with_rests=False)

    with pytest.raises((AssertionError, IndexError)):
        some_of_many()


def test_a_table_grows_over_many_calls() -> None:
    table, moving = KeyTable(row=np.uint32), 0
    random = np.random.default_rng(1)
    for start in range(1, 100_000, 100):
        tags = random.integers(1, 1 << 63, 100).astype(np.uint64) << np.uint64(1)
        table.enter(tags, "row", np.arange(start, start + 100, dtype=np.uint32))
        moving += table._old is not None
    assert moving > 100, "the table was moved at once"


def test_keys_that_come_in_order_are_found() -> None:
    random = np.random.default_rng(2)
    tags = np.unique(random.integers(1, 1 << 63, 50_000).astype(np.uint64) << np.uint64(1))
    rows = np.arange(1, len(tags) + 1, dtype=np.uint32)
    table = KeyTable(row=np.uint32)
    table.fill(len(tags))
    for start in range(0, len(tags), 999):
        some = slice(start, start + 999)
        table.put({"tag": tags[some], "row": rows[some]})
    slots, found = table.find(tags)
    assert found.all()
    assert (table.read("row", slots) == rows).all()
    _, new = table.enter(tags + np.uint64(1), "row", rows + np.uint32(len(tags)))
    assert np.count_nonzero(new) == np.count_nonzero(~np.isin(tags + np.uint64(1), tags))


def test_a_column_is_widened() -> None:
    table = KeyTable(row=np.uint32, time=np.uint32)
    tags = np.arange(1, 5000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    slots, _ = table.enter(tags, "row", np.arange(1, 5000, dtype=np.uint32))
    table.write("time", slots, np.arange(5000, 9999, dtype=np.uint32))
    table.widen("time", np.int64)
    slots, _ = table.find(tags)
    table.write("time", slots[:1], np.array([1 << 40], np.int64))
    assert table.read("time", slots).tolist() == [1 << 40, *range(5001, 9999)]


def test_arrays_that_make_no_table_are_refused() -> None:
    arrays = KeyTable(row=np.uint32).arrays()
    for wrong in (
        {"tag": arrays["tag"]},
        {**arrays, "row": arrays["row"][:-1]},
        {name: column[: key_table.SPARE] for name, column in arrays.items()},
    ):
        with pytest.raises(ValueError, match="no table"):
            KeyTable(row=np.uint32).take_up(wrong)
