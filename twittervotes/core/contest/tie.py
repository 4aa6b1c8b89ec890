"""Who won, and how a tie was decided. Pure, so that anyone can repeat it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.core.contest.contest import Choice, Contest, Tie
from twittervotes.core.contest.hashtag import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.core.contest.posts import Tally


@dataclass(frozen=True, slots=True)
class Decision:
    """The winners and, in words, why: several if a tie stands, none before the first vote."""

    winners: tuple[int, ...]
    words: str


def decision(tally: Tally, contest: Contest) -> Decision:
    """Return the choice with the most votes, or the one that the rule for ties picks."""
    leaders = tally.leaders
    names = [contest.choices[i].title for i in leaders]
    if not leaders:
        return Decision((), "There is no vote yet.")
    votes = f"{tally.votes[leaders[0]]:,} vote{'s' * (tally.votes[leaders[0]] != 1)}"
    if len(leaders) == 1:
        return Decision(leaders, f"{names[0]} has the most votes: {votes}.")
    tied = f"{listed(names)} tie with {votes}."
    match contest.rules.tie:
        case Tie.EARLIEST if tally.latest:
            first = min(leaders, key=lambda i: tally.latest[i])
            words = f"{tied} {contest.choices[first].title} was there first."
            return Decision((first,), words)
        case Tie.EARLIEST:
            return Decision(leaders, f"{tied} Who was there first is told at the end.")
        case Tie.DRAW if contest.seed:
            first = drawn([contest.choices[i] for i in leaders], contest.seed)
            winner = leaders[first]
            words = f"{tied} The draw with the seed “{contest.seed}” fell on "
            return Decision((winner,), f"{words}{contest.choices[winner].title}.")
        case Tie.DRAW:
            return Decision(leaders, f"{tied} It is to be decided by drawing.")
        case Tie.DECLARE:
            return Decision(leaders, tied)


def drawn(choices: Sequence[Choice], seed: str) -> int:
    """Return which of `choices` a draw picks.

    For each choice take the SHA-256 of the seed, a newline and the folded hashtag; the smallest
    hash wins. So the order of the choices doesn't matter.
    """
    sums = [hashlib.sha256(f"{seed}\n{fold(choice.tag)}".encode()).digest() for choice in choices]
    return sums.index(min(sums))


def listed(names: Sequence[str]) -> str:
    """Format names as in a sentence: 'A, B and C'."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
