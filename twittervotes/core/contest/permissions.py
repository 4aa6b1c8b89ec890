"""Which act is allowed when; asked by the window, by the commands, before an act is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.act_kinds import ACTS, after
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest, checked
from twittervotes.core.contest.hashtag import fold
from twittervotes.core.contest.posts import LONGEST_VALUE, Tally
from twittervotes.core.contest.snapshot import State
from twittervotes.core.errors import ContestError

if TYPE_CHECKING:
    from collections.abc import Iterable


def check(act: Act, contest: Contest, state: State, tally: Tally | None) -> None:
    """Raise ContestError with a sentence unless `act` may be done now.

    `tally` is None while the votes are being recounted.
    """
    spec = ACTS[act.does]
    if state not in spec.states:
        raise ContestError(_not_now(act.does, state))
    if spec.check_votes:
        if tally is None:
            raise ContestError("The votes are being recounted. Try again when it's done.")
        spec.check_votes(act, contest, tally)
    if act.longest > LONGEST_VALUE:
        raise ContestError("A text is too long: a name, a reason or a seed.")
    spec.check(act, contest)
    checked(after(contest, act))


def tag_of(contest: Contest, text: str) -> str:
    """Return the tag of the choice that `text` names by tag, alias or label."""
    for choice in contest.choices:
        names: Iterable[str] = (choice.tag, choice.label, *choice.aliases, *choice.words)
        if fold(text) in map(fold, filter(None, names)):
            return choice.tag
    known = ", ".join(choice.tag for choice in contest.choices)
    raise ContestError(f"There is no choice {text!r}. The choices are: {known}.")


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
