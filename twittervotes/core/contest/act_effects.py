"""What each act changes in a contest, and the conditions under which it is allowed.

An act that lets votes in applies from the second in which it falls; an act that keeps votes out
applies from the next full second. So rounding never loses a vote.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.core.contest.acts import Act, second_after, second_before
from twittervotes.core.contest.clock import of_date
from twittervotes.core.contest.contest import Adjustment, Contest
from twittervotes.core.contest.rules import Tie
from twittervotes.core.errors import ContestError

if TYPE_CHECKING:
    from twittervotes.core.contest.posts import Tally


def opened(contest: Contest, act: Act) -> Contest:
    """Open the contest now if it would open later."""
    if act.at_ms >= contest.opens_ms:
        return contest
    return replace(contest, opens_ms=second_before(act.at_ms))


def paused(contest: Contest, act: Act) -> Contest:
    """Begin a pause."""
    if contest.is_paused:
        return contest
    return replace(contest, pauses=(*contest.pauses, (second_after(act.at_ms), None)))


def resumed(contest: Contest, act: Act) -> Contest:
    """End the pause."""
    if not contest.is_paused:
        return contest
    *ended, (from_ms, _) = contest.pauses
    return replace(contest, pauses=(*ended, (from_ms, max(from_ms, second_before(act.at_ms)))))


def unpaused(contest: Contest, act: Act) -> Contest:
    """Count the posts of a pause after all; a pause that still lasts is over."""
    return replace(contest, pauses=tuple(p for p in contest.pauses if p[0] != act.pause_ms))


def check_pause(act: Act, contest: Contest) -> None:
    """Raise ContestError unless there is a pause to take back."""
    if not contest.pauses:
        raise ContestError("There is no pause to take back.")
    if all(from_ms != act.pause_ms for from_ms, _ in contest.pauses):
        raise ContestError(f"No pause began then. They began at: {', '.join(pauses(contest))}.")


def pauses(contest: Contest) -> tuple[str, ...]:
    """Return when each pause began in local time, the last first."""
    begins = dict.fromkeys(from_ms for from_ms, _ in reversed(contest.pauses))
    return tuple(f"{of_date(begin)}:{begin // 1000 % 60:02}" for begin in begins)


def closed(contest: Contest, act: Act) -> Contest:
    """Close the contest, unless it closes earlier."""
    closes_ms = _end(contest, act.at_ms)
    if contest.closes_ms is not None:
        closes_ms = min(closes_ms, contest.closes_ms)
    return replace(contest, closes_ms=closes_ms)


def extended(contest: Contest, act: Act) -> Contest:
    """Move the end of the contest."""
    if act.until_ms is None:
        return contest
    return replace(contest, closes_ms=_end(contest, act.until_ms))


def _end(contest: Contest, at_ms: int) -> int:
    """Return the closing time for `at_ms`; a vote lasts at least one second."""
    return max(second_after(at_ms), contest.opens_ms + 1000)


def check_end(act: Act, _: Contest) -> None:
    """Raise ContestError unless the new end is in the future."""
    if act.until_ms is None or act.until_ms <= act.at_ms:
        raise ContestError("The new end must be in the future.")


def excluded(contest: Contest, act: Act) -> Contest:
    """Exclude an account."""
    if act.voter in contest.rules.exclude:
        return contest
    exclude = (*contest.rules.exclude, act.voter)
    return replace(contest, rules=replace(contest.rules, exclude=exclude))


def check_excluded(act: Act, _: Contest) -> None:
    """Raise ContestError unless an account and a reason are given."""
    if not act.reason or not act.voter:
        raise ContestError("Enter a reason (it will be public).")


def adjusted(contest: Contest, act: Act) -> Contest:
    """Add votes by hand."""
    return replace(contest, adjustments=(*contest.adjustments, adjustment(act)))


def adjustment(act: Act) -> Adjustment:
    """Return the votes that the act adds by hand."""
    return Adjustment(act.tag, act.votes, act.reason, act.by, act.at_ms)


def check_adjustment(act: Act, contest: Contest, tally: Tally) -> None:
    """Raise ContestError unless the votes can be added and a reason and a name are given."""
    if not act.reason or not act.by:
        raise ContestError("Enter a reason and your name to add votes by hand.")
    if not act.votes:
        raise ContestError("Enter the votes to add or remove, e.g. +3 or -2.")
    numbers = {choice.tag: i for i, choice in enumerate(contest.choices)}
    if act.tag not in numbers:
        raise ContestError(f"There is no choice {act.tag!r}.")
    votes = tally.votes[numbers[act.tag]]
    if votes + act.votes < 0:
        raise ContestError(f"{act.tag} has only {votes_in_words(votes)} to remove.")


def check_draw(act: Act, contest: Contest, tally: Tally) -> None:
    """Raise ContestError unless there is a tie that the rules decide by drawing."""
    if contest.rules.tie is not Tie.DRAW:
        raise ContestError("The rules of this vote don't allow a draw (see the rule 'tie').")
    if len(tally.leaders) < 2:
        raise ContestError("There is no tie to draw.")
    if contest.seed:
        raise ContestError(f"The tie was already drawn, with the seed {contest.seed!r}.")
    if not act.seed.strip():
        raise ContestError("A draw needs a public seed, such as tomorrow's lottery numbers.")


def check_certified(act: Act, _: Contest) -> None:
    """Raise ContestError unless a name is given."""
    if not act.by:
        raise ContestError("Enter your name to certify the result.")


def check_certifiable(_: Act, contest: Contest, tally: Tally) -> None:
    """Raise ContestError if a tie must be drawn first."""
    if contest.rules.tie is Tie.DRAW and not contest.seed and len(tally.leaders) > 1:
        raise ContestError("Draw the tie before certifying the result.")


def votes_in_words(number: int) -> str:
    """Return a number of votes in words."""
    return f"{number:,} vote{'s' * (number != 1)}"
