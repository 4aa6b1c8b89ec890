"""How an act is declared: when it is allowed, what it takes and changes, and how it is worded.

The declarations are in `act_kinds`; docs/adding-an-act.md shows how to add one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twittervotes.core.contest.acts import Act, State
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Tally

Times = Callable[[int], str]  # how a view formats a time in milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that an act takes besides the name of its author.

    On the command line it is `--name VALUE`, or VALUE alone if it is `positional`. In a form it has
    its `label` or its `help` as the caption and `value` as the initial text; with `choices`, it is
    picked from them.
    """

    name: str
    help: str
    example: str
    label: str = ""
    metavar: str = "TEXT"
    positional: bool = False
    value: str = ""
    choices: Callable[[Contest], tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextParameter(Parameter):
    """A line of text."""

    put: Callable[[Act, str], Act]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberParameter(Parameter):
    """A whole number."""

    put: Callable[[Act, int], Act]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeParameter(Parameter):
    """A date and time, in milliseconds since 1970 UTC."""

    put: Callable[[Act, int], Act]


def _unchanged(contest: Contest, _: Act) -> Contest:
    return contest


def _allowed(_: Act, __: Contest) -> None:
    """Allow the act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActSpec:
    """One kind of act.

    Attributes:
        states: When an operator may do it; never, if only the program itself does.
        words: What was done, without its subject and reason: "paused voting".
        apply: Returns the contest after the act. It decides what is counted.
        check: Raises ContestError with a sentence if the act makes no sense for the contest.
        check_votes: The same for conditions that depend on the votes.
        parameters: What it takes.
        needs_name: Whether a name must be given; otherwise the author is "the operator".
        is_final: Whether it can't be undone.
        tells_votes: Whether it reveals how people voted, so that it is hidden with the result.
        chart_label: A word or two for the chart of votes; "" keeps the act off it.
        command: Its name on the command line; `help` describes it in a few words and `more` in
            full. Without a name there is no such command.
        title: What it's called in the window; `yes` is the text of its button (default: the title),
            `detail` what to know before (default: the result), `follows` its effect. Without a
            title it has no form.
    """

    states: frozenset[State]
    words: Callable[[Act, Contest, Times], str]
    apply: Callable[[Contest, Act], Contest] = _unchanged
    check: Callable[[Act, Contest], None] = _allowed
    check_votes: Callable[[Act, Contest, Tally], None] | None = None
    parameters: tuple[Parameter, ...] = ()
    needs_name: bool = False
    is_final: bool = False
    tells_votes: bool = False
    chart_label: Callable[[Act, Contest], str] = lambda _, __: ""
    command: str = ""
    help: str = ""
    more: str = ""
    title: str = ""
    yes: str = ""
    detail: str = ""
    follows: Callable[[Act, Contest], str] = lambda _, __: ""
