"""Posts as lists of numbers: their columns are those of the same posts, one by one."""

from __future__ import annotations

from itertools import compress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import law

from twittervotes.core.contest.columns import EMPTY, MOST_POSTS, columns_of
from twittervotes.core.contest.numbered import NumberedPosts, together

SALT = b"salt" * 4
numbers = st.one_of(st.integers(0, 9), st.integers(0, 2**63 - 1))
times = st.one_of(st.just(0), st.integers(-(10**13), 10**14))
rows = st.lists(
    st.tuples(
        st.sampled_from(("post\t", "post\ta", "reply\ta", "post\ta b", "repost\tü")),
        numbers,
        numbers,
        times,
        times,
    ),
    max_size=8,
)


def numbered(told: list[tuple[str, int, int, int, int]]) -> NumberedPosts:
    return NumberedPosts("x", *(list(map(list, zip(*told, strict=True))) or [[]] * 5))  # type: ignore[arg-type]


@law
@given(rows, rows, st.data())
def test_columns_of_numbers_are_those_of_the_posts(
    some: list[tuple[str, int, int, int, int]],
    others: list[tuple[str, int, int, int, int]],
    data: st.DataObject,
) -> None:
    one, both = numbered(some), together([numbered(some), numbered(others)])
    assert both.posts() == one.posts() + numbered(others).posts()
    assert both.columns(SALT) == columns_of(both.posts(), SALT)
    keep = data.draw(st.lists(st.booleans(), min_size=len(some), max_size=len(some)))
    assert one.only(keep).posts() == list(compress(one.posts(), keep))


def test_no_posts_are_no_columns_and_too_many_are_refused() -> None:
    assert numbered([]).columns(SALT) is EMPTY
    many = together([numbered([("post\ta", 1, 1, 1, 1)])] * (MOST_POSTS + 1))
    with pytest.raises(ValueError, match="65,536"):
        many.columns(SALT)
