"""Whether uncounted posts could change who leads."""

from __future__ import annotations

import pytest
from samples import contest

from twittervotes.core.contest.contest import Choice
from twittervotes.core.contest.lead import lead, uncounted
from twittervotes.core.contest.posts import Tally, Verdict


def tally(*votes: int, **verdicts: int) -> Tally:
    return Tally(votes, tuple((Verdict[name.upper()], n) for name, n in verdicts.items()))


def test_only_posts_that_could_count_otherwise_are_uncounted() -> None:
    counted = tally(9, 1, 0, counted=10, late=1, spoilt=2, paused=4, incomplete=8, young=16)
    assert uncounted(counted) == 31
    assert uncounted(tally(9, 1, 0, early=1, repeat=2, ignored=4, no_choice=8, excluded=16)) == 0


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (0, "#debian leads by 8."),
        (7, "#debian leads by 8. What is uncounted (7) cannot change that."),
        (8, "#debian leads by 8. What is uncounted (8) could change that."),
        (1200, "#debian leads by 8. What is uncounted (1,200) could change that."),
    ],
)
def test_a_lead_is_safe_while_less_is_uncounted(late: int, words: str) -> None:
    assert lead(tally(9, 1, 0, late=late), contest(), has_gap=False) == words


def test_a_gap_may_hide_any_number_of_votes() -> None:
    words = lead(tally(9, 1, 0), contest(), has_gap=True)
    assert words == "#debian leads by 8. Votes may be missing in a gap, and could change that."


def test_the_lead_handles_no_vote_one_choice_and_a_tie() -> None:
    assert lead(tally(0, 0, 0, late=5), contest(), has_gap=True) == "No vote yet."
    alone = contest(choices=(Choice("debian"),))
    assert lead(tally(1), alone, has_gap=False) == "#debian has 1 vote."
    tied = lead(tally(2, 0, 2), contest(), has_gap=False)
    assert tied == "#debian and Arch Linux tie with 2 votes."
