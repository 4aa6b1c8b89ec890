"""Every parser of untrusted input, tried with a few hundred mutated inputs."""

from __future__ import annotations

import pytest
from examples import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from targets import TARGETS, WORDS_OF_FORMS, Target

pytestmark = pytest.mark.long

few = settings(max_examples=60)
pieces = st.sampled_from(WORDS_OF_FORMS) | st.binary(max_size=12)


def changed(example: bytes) -> st.SearchStrategy[bytes]:
    """Return inputs like `example` with up to four parts changed."""
    places = st.integers(0, len(example))
    change = st.tuples(places, st.integers(0, 12), pieces)

    def applied(changes: list[tuple[int, int, bytes]]) -> bytes:
        data = example
        for place, length, piece in changes:
            data = data[:place] + piece + data[place + length :]
        return data

    return st.lists(change, max_size=4).map(applied)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_right_inputs_are_read(target: Target) -> None:
    for example in target.examples:
        target.run(example)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_whatever_comes_is_read_or_refused(target: Target) -> None:
    @few
    @given(st.sampled_from(target.examples).flatmap(changed) | st.binary(max_size=200))
    def tried(data: bytes) -> None:
        target.run(data)

    tried()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_is_nested_without_end_is_read_or_refused(target: Target) -> None:
    deep = b"[" * 5000, b'{"a":' * 5000
    for example in target.examples:
        places = [place for place, sign in enumerate(example) if sign in b":,= "] or [0]
        for place in places[:: len(places) // 8 + 1]:
            for nest in deep:
                target.run(example[: place + 1] + nest + example[place + 1 :])


def test_every_target_has_examples_and_every_example_a_target() -> None:
    assert {target.name for target in TARGETS} == set(EXAMPLES)
