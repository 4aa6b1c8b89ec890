"""Whether uncounted posts could change who leads: the line that says how safe a lead is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.tie import listed

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest

# Posts with these verdicts named a choice, and would count if the operator decided otherwise.
COULD_COUNT = (
    Verdict.LATE,
    Verdict.PAUSED,
    Verdict.SPOILT,
    Verdict.INCOMPLETE,
    Verdict.YOUNG,
)


def uncounted(tally: Tally) -> int:
    """Return how many posts could count if they were judged otherwise: late, spoilt and so on."""
    return sum(number for verdict, number in tally.verdicts if verdict in COULD_COUNT)


def lead(tally: Tally, contest: Contest, *, has_gap: bool) -> str:
    """Say who leads, by how much, and whether uncounted posts could change that."""
    leaders = tally.leaders
    if not leaders:
        return "No vote yet."
    names = [contest.choices[i].title for i in leaders]
    votes = tally.votes[leaders[0]]
    said = f"{votes:,} vote{'s' * (votes != 1)}"
    if len(leaders) > 1:
        return f"{listed(names)} tie with {said}."
    if len(tally.votes) == 1:
        return f"{names[0]} has {said}."
    ahead = votes - sorted(tally.votes)[-2]
    words = f"{names[0]} leads by {ahead:,}."
    if has_gap:
        return f"{words} Votes may be missing in a gap, and could change that."
    number = uncounted(tally)
    if not number:
        return words
    can = "cannot" if number < ahead else "could"
    return f"{words} What is uncounted ({number:,}) {can} change that."
