"""Percentages: largest remainder, and what nobody in the audience may ever see go wrong."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.percent import percentages

votes = st.lists(st.integers(0, 10**12), max_size=60)


def tenths(percent: float) -> int:
    assert round(percent * 10) / 10 == percent
    return round(percent * 10)


@given(votes)
def test_percentages_add_up_to_exactly_100_as_soon_as_there_is_a_vote(numbers: list[int]) -> None:
    total = sum(tenths(percent) for percent in percentages(numbers))
    assert total == (1000 if sum(numbers) else 0)
    assert len(percentages(numbers)) == len(numbers)


@given(votes)
def test_more_votes_never_show_a_smaller_percentage(numbers: list[int]) -> None:
    shown = sorted(zip(numbers, percentages(numbers), strict=True))
    for (fewer, smaller), (more, larger) in pairwise(shown):
        assert fewer == more or smaller <= larger


@given(votes)
def test_a_percentage_is_off_by_less_than_a_tenth(numbers: list[int]) -> None:
    for number, percent in zip(numbers, percentages(numbers), strict=True):
        exact = Fraction(number * 1000, sum(numbers) or 1)
        assert abs(tenths(percent) - exact) < 1


@given(votes)
def test_equal_votes_differ_by_a_tenth_at_most_and_the_earlier_has_it(numbers: list[int]) -> None:
    seen: dict[int, int] = {}
    for number, percent in zip(numbers, percentages(numbers), strict=True):
        earlier = seen.setdefault(number, tenths(percent))
        assert 0 <= earlier - tenths(percent) <= 1


def test_three_equal_choices_show_33_4_33_3_and_33_3() -> None:
    assert percentages((5, 5, 5)) == (33.4, 33.3, 33.3)


def test_the_votes_of_the_sketch_show_its_percentages() -> None:
    assert percentages((5766, 4231, 2483)) == (46.2, 33.9, 19.9)


def test_without_a_vote_and_without_a_choice_nothing_is_divided() -> None:
    assert percentages((0, 0)) == (0.0, 0.0)
    assert percentages(()) == ()
