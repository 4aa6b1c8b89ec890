"""Contests: contradictions are refused, and the rules are described in plain words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import CLOSES, OPENS, contest

from twittervotes.core.contest.contest import (
    LONGEST_LABEL,
    LONGEST_TITLE,
    MOST_CHOICES,
    Choice,
    Contest,
    Rules,
    checked,
    chosen,
)
from twittervotes.core.errors import ContestError


def test_a_contest_that_can_be_held_comes_back_as_it_is() -> None:
    assert checked(contest(required=("vote",))) == contest(required=("vote",))


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ((), "needs at least one hashtag"),
        ((Choice("debian"), Choice("ＤEBIAN", "The other")), "both debian and The other"),
        ((Choice("debian"),) * 2, "both debian and debian"),
        ((Choice("debian"), Choice("b", aliases=("Debian",))), "#Debian can't count for both"),
        ((Choice("a", aliases=("x",)), Choice("b", aliases=("X",))), "#X can't count for both"),
        ((Choice("no tag"),), "isn't a valid hashtag"),
        ((Choice("a", aliases=("100",)),), "isn't a valid hashtag"),
        ((Choice("a", "\udcff"),), "isn't valid UTF-8"),
        (
            (Choice("a", "l" * 201),),
            "A label can have at most 200 characters; this one has 201",
        ),
        ((Choice("a", aliases=("b",) * 101),), "A choice can have at most 100 aliases"),
        ((Choice("a" * 101),), "A hashtag can have at most 100 characters"),
        ((Choice("a", aliases=("b" * 101,)),), "A hashtag can have at most 100 characters"),
        (tuple(Choice(f"a{n}") for n in range(701)), "A vote can have at most 700 choices"),
    ],
)
def test_ambiguous_choices_are_refused(choices: tuple[Choice, ...], message: str) -> None:
    with pytest.raises(ContestError, match=message):
        checked(Contest("t", choices))


def test_an_alias_that_is_its_own_choice_again_is_no_contradiction() -> None:
    choices = (Choice("ubuntu", aliases=("Ubuntu", "ubunut", "ubunut")),)
    assert checked(Contest("t", choices)).tags == ("ubuntu", "Ubuntu", "ubunut", "ubunut")


@pytest.mark.parametrize("closes_ms", [OPENS, OPENS - 1000])
def test_a_vote_that_closes_before_it_opens_is_refused(closes_ms: int) -> None:
    with pytest.raises(ContestError, match="close before it opens"):
        checked(replace(contest(), closes_ms=closes_ms))


def test_a_required_tag_that_is_a_choice_is_refused() -> None:
    with pytest.raises(ContestError, match="#UBUNUT can't be both a choice and required"):
        checked(contest(required=("vote", "UBUNUT")))


def test_a_title_that_isnt_text_is_refused() -> None:
    with pytest.raises(ContestError, match="isn't valid UTF-8"):
        checked(replace(contest(), title="Which \udcff?"))


def test_a_contest_at_its_bounds_can_be_held() -> None:
    choices = tuple(Choice(f"a{n}", "l" * LONGEST_LABEL) for n in range(MOST_CHOICES))
    assert checked(Contest("t" * LONGEST_TITLE, choices))
    with pytest.raises(ContestError, match="A title can have at most 500 characters"):
        checked(Contest("👨‍👩‍👧‍👦" * 2000, choices))
    with pytest.raises(ContestError, match="100 required hashtags"):
        checked(Contest("t", choices, Rules(required=("vote",) * 101)))


def test_choices_keep_their_order_and_repeats_are_reported() -> None:
    choices, dropped = chosen(["#arch", "Debian", "ARCH", "ubuntu", "ｄebian"])
    assert [choice.tag for choice in choices] == ["arch", "Debian", "ubuntu"]
    assert dropped == ("ARCH", "ｄebian")


def test_the_period_of_the_samples_is_whole_seconds() -> None:
    assert OPENS % 1000 == CLOSES % 1000 == 0
