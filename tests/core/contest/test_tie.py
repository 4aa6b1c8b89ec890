"""Who has won, and how a tie is decided."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import permutations

import pytest
from samples import CHOICES, contest

from twittervotes.core.contest.contest import Tie
from twittervotes.core.contest.posts import Tally
from twittervotes.core.contest.tie import Decision, decision, drawn, listed


def tally(*votes: int, latest: tuple[tuple[int, str], ...] = ()) -> Tally:
    return Tally(votes, (), latest=latest)


def test_before_the_first_vote_nobody_has_won() -> None:
    assert decision(tally(0, 0, 0), contest()) == Decision((), "There is no vote yet.")


def test_the_most_votes_win_under_every_rule_for_ties() -> None:
    for rule in Tie:
        decided = decision(tally(1, 3, 2), contest(tie=rule))
        assert decided == Decision((1,), "#ubuntu has the most votes: 3 votes.")


def test_one_vote_is_singular() -> None:
    assert decision(tally(1, 0, 0), contest()).words == "#debian has the most votes: 1 vote."


def test_a_declared_tie_is_a_tie() -> None:
    decided = decision(tally(3, 1, 3), contest())
    assert decided == Decision((0, 2), "#debian and Arch Linux tie with 3 votes.")


def test_the_earliest_to_reach_its_votes_wins() -> None:
    rules = contest(tie=Tie.EARLIEST)
    decided = decision(tally(2, 2, 2, latest=((9, "a"), (8, "b"), (8, "a"))), rules)
    assert decided.winners == (2,)
    assert decided.words.endswith("Arch Linux was there first.")


def test_the_earliest_is_not_guessed_before_all_was_recounted() -> None:
    decided = decision(tally(2, 2, 0), contest(tie=Tie.EARLIEST))
    assert decided.winners == (0, 1)
    assert "told at the end" in decided.words


def test_a_draw_waits_for_its_seed() -> None:
    decided = decision(tally(2, 2, 0), contest(tie=Tie.DRAW))
    assert decided.winners == (0, 1)
    assert "to be decided by drawing" in decided.words


def test_anyone_can_repeat_a_draw_with_hashes_alone() -> None:
    rules = replace(contest(tie=Tie.DRAW), seed="6 17 23 31 40 44")
    decided = decision(tally(5, 5, 5), rules)
    tags = ["debian", "ubuntu", "arch"]
    sums = {hashlib.sha256(f"6 17 23 31 40 44\n{tag}".encode()).hexdigest(): tag for tag in tags}
    assert tags[decided.winners[0]] == sums[min(sums)]
    assert "“6 17 23 31 40 44”" in decided.words


def test_a_draw_depends_neither_on_the_order_nor_on_the_spelling() -> None:
    for seed in ("a", "b", "c", "d", "e"):
        fell_on = {choices[drawn(choices, seed)].tag for choices in permutations(CHOICES)}
        shouted = [replace(choice, tag=choice.tag.upper()) for choice in CHOICES]
        assert fell_on == {shouted[drawn(shouted, seed)].tag.lower()}


def test_different_seeds_fall_on_different_choices() -> None:
    assert {drawn(CHOICES, str(seed)) for seed in range(50)} == {0, 1, 2}


@pytest.mark.parametrize(
    ("names", "words"), [(["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")]
)
def test_names_are_listed_as_in_a_sentence(names: list[str], words: str) -> None:
    assert listed(names) == words
