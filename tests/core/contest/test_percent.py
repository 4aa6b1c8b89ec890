"""Percentages: largest remainder, equal for equal votes, and what may never go wrong on air."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.percent import percentages, places

votes = st.lists(st.integers(0, 10**12), max_size=60)
tied = st.lists(st.integers(0, 4), max_size=60)


def tenths(percent: float) -> int:
    assert round(percent * 10) / 10 == percent
    return round(percent * 10)


@given(votes.filter(lambda numbers: len({*numbers}) == len(numbers)))
def test_percentages_of_unequal_votes_add_up_to_exactly_100(numbers: list[int]) -> None:
    total = sum(tenths(percent) for percent in percentages(numbers))
    assert total == (1000 if sum(numbers) else 0)


@given(votes | tied)
def test_the_sum_is_off_by_at_most_the_rounding(numbers: list[int]) -> None:
    total = sum(tenths(percent) for percent in percentages(numbers))
    assert len(percentages(numbers)) == len(numbers)
    assert 2 * abs(total - 1000) <= len(numbers) or not sum(numbers)


@given(votes | tied)
def test_equal_votes_have_equal_percentages(numbers: list[int]) -> None:
    shown = {*zip(numbers, percentages(numbers), strict=True)}
    assert len(shown) == len({*numbers})


@given(votes | tied)
def test_places_are_shared_by_equal_votes_and_count_who_is_ahead(numbers: list[int]) -> None:
    ahead = [1 + sum(other > number for other in numbers) for number in numbers]
    assert places(numbers) == tuple(ahead)


@given(votes | tied)
def test_more_votes_never_show_a_smaller_percentage(numbers: list[int]) -> None:
    shown = sorted(zip(numbers, percentages(numbers), strict=True))
    for (fewer, smaller), (more, larger) in pairwise(shown):
        assert fewer == more or smaller <= larger


@given(votes | tied)
def test_a_percentage_is_off_by_less_than_a_tenth(numbers: list[int]) -> None:
    for number, percent in zip(numbers, percentages(numbers), strict=True):
        exact = Fraction(number * 1000, sum(numbers) or 1)
        assert abs(tenths(percent) - exact) < 1


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((5, 5, 5), (33.3, 33.3, 33.3)),
        ((7,) * 6, (16.7,) * 6),
        ((1, 1), (50.0, 50.0)),
        ((2, 2, 3), (28.6, 28.6, 42.8)),
        ((4, 1, 1, 1), (57.1, 14.3, 14.3, 14.3)),
        ((5, 1, 1, 1, 1), (55.6, 11.1, 11.1, 11.1, 11.1)),
    ],
)
def test_ties_have_equal_percentages(numbers: tuple[int, ...], shown: tuple[float, ...]) -> None:
    assert percentages(numbers) == shown


def test_the_votes_of_the_sketch_show_its_percentages() -> None:
    assert percentages((5766, 4231, 2483)) == (46.2, 33.9, 19.9)


def test_without_a_vote_and_without_a_choice_nothing_is_divided() -> None:
    assert percentages((0, 0)) == (0.0, 0.0)
    assert percentages(()) == ()
