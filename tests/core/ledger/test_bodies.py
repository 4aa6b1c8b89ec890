"""Bodies of entries: what programs could read in two ways is refused, and all else is kept."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.ledger.bodies import decoded

AMBIGUOUS = (
    '{"a":1,"a":2}',
    '{"a":{"b":1,"b":1}}',
    f'{{"a":{"9" * 21}}}',
    f'{{"a":-{"9" * 20}}}',
    '{"a":1e999}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":"\\ud800"}',
    "[]",
    "null",
    "",
    '{"a":1}x',
    f'{{"a":{"[" * 100_000}{"]" * 100_000}}}',
    f'{{"a":[{"[]," * 200_000}[]]}}',
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("text", AMBIGUOUS, ids=range(len(AMBIGUOUS)))
def test_a_body_that_programs_could_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises((ValueError, RecursionError, msgspec.MsgspecError)):
        decoded(text.encode())


@given(st.dictionaries(st.text(), VALUES), st.booleans(), st.sampled_from((None, 1)))
def test_any_other_body_is_read_as_it_was_written(
    body: dict[str, object], is_ascii: bool, indent: int | None
) -> None:
    assert decoded(json.dumps(body, ensure_ascii=is_ascii, indent=indent).encode()) == body


def test_a_long_run_of_digits_inside_a_text_is_no_number() -> None:
    assert decoded(b'{"a":"123456789012345678901234"}') == {"a": "123456789012345678901234"}
