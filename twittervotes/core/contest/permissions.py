"""Which act is allowed when; asked by the window, by the commands, before an act is written."""

from __future__ import annotations

from collections.abc import Iterable

from twittervotes.core.contest.acts import Act, ActKind, after
from twittervotes.core.contest.contest import Contest, Tie, checked
from twittervotes.core.contest.hashtag import fold
from twittervotes.core.contest.posts import LONGEST_VALUE, Tally
from twittervotes.core.contest.snapshot import State
from twittervotes.core.errors import ContestError

UNDER_WAY = frozenset({State.OPEN, State.PAUSED})
NOT_CERTIFIED = frozenset(State) - {State.CERTIFIED}
ALLOWED = {
    ActKind.OPENED: frozenset({State.SCHEDULED}),
    ActKind.PAUSED: frozenset({State.OPEN}),
    ActKind.RESUMED: frozenset({State.PAUSED}),
    ActKind.CLOSED: UNDER_WAY,
    ActKind.EXTENDED: UNDER_WAY,
    ActKind.RULED: NOT_CERTIFIED,
    ActKind.EXCLUDED: NOT_CERTIFIED,
    ActKind.ADJUSTED: NOT_CERTIFIED,
    ActKind.DRAWN: frozenset({State.PROVISIONAL}),
    ActKind.CERTIFIED: frozenset({State.PROVISIONAL}),
}

BY_VOTES = frozenset(
    {ActKind.ADJUSTED, ActKind.DRAWN, ActKind.CERTIFIED}
)  # allowed or not by the votes


def check(act: Act, contest: Contest, state: State, tally: Tally | None) -> None:
    """Raise ContestError with a sentence unless `act` may be done now.

    `tally` is None while the votes are being recounted.
    """
    if state not in ALLOWED.get(act.does, frozenset()):
        raise ContestError(_not_now(act.does, state))
    if act.does in BY_VOTES:
        if tally is None:
            raise ContestError("The votes are being recounted. Try again when it's done.")
        _check_votes(act, contest, tally)
    if max(map(len, (act.by, act.voter, act.seed, act.reason))) > LONGEST_VALUE:
        raise ContestError("The name, reason or seed is too long.")
    match act.does:
        case ActKind.EXTENDED:
            if act.until_ms is None or act.until_ms <= act.at_ms:
                raise ContestError("The new end must be in the future.")
        case ActKind.EXCLUDED if not act.reason or not act.voter:
            raise ContestError("Enter a reason (it will be public).")
    checked(after(contest, act))


def tag_of(contest: Contest, text: str) -> str:
    """Return the tag of the choice that `text` names by tag, alias or label."""
    for choice in contest.choices:
        names: Iterable[str] = (choice.tag, choice.label, *choice.aliases, *choice.words)
        if fold(text) in map(fold, filter(None, names)):
            return choice.tag
    known = ", ".join(choice.tag for choice in contest.choices)
    raise ContestError(f"There is no choice {text!r}. The choices are: {known}.")


def _check_votes(act: Act, contest: Contest, tally: Tally) -> None:
    match act.does:
        case ActKind.ADJUSTED:
            _check_adjustment(act, contest, tally)
        case ActKind.DRAWN:
            _check_draw(act, contest, tally)
        case ActKind.CERTIFIED if contest.rules.tie is Tie.DRAW and not contest.seed:
            if len(tally.leaders) > 1:
                raise ContestError("Draw the tie before certifying the result.")


def _check_adjustment(act: Act, contest: Contest, tally: Tally) -> None:
    if not act.reason or not act.by:
        raise ContestError("Enter a reason and your name to add votes by hand.")
    if not act.votes:
        raise ContestError("Enter the votes to add or remove, e.g. +3 or -2.")
    numbers = {choice.tag: i for i, choice in enumerate(contest.choices)}
    if act.tag not in numbers:
        raise ContestError(f"There is no choice {act.tag!r}.")
    if tally.votes[numbers[act.tag]] + act.votes < 0:
        votes = tally.votes[numbers[act.tag]]
        raise ContestError(f"{act.tag} has only {votes:,} vote{'s' * (votes != 1)} to remove.")


def _check_draw(act: Act, contest: Contest, tally: Tally) -> None:
    if contest.rules.tie is not Tie.DRAW:
        raise ContestError("The rules of this vote don't allow a draw (see the rule 'tie').")
    if len(tally.leaders) < 2:
        raise ContestError("There is no tie to draw.")
    if contest.seed:
        raise ContestError(f"The tie was already drawn, with the seed {contest.seed!r}.")
    if not act.seed.strip():
        raise ContestError("A draw needs a public seed, such as tomorrow's lottery numbers.")


def _not_now(does: ActKind, state: State) -> str:
    if state is State.CERTIFIED:
        return "The result is certified and can't be changed."
    if does is ActKind.CERTIFIED:
        return f"Only a provisional result can be certified; this vote is {state.value}."
    if does is ActKind.DRAWN:
        return (
            f"A tie can only be drawn once the result is provisional; this vote is {state.value}."
        )
    return f"That can't be done while the vote is {state.value}."
