"""What an operator (or the clock) does to a contest, and what the contest is afterwards.

Acts are kept in the ledger; the contest as it stands is the one that was laid down with all acts
applied in order. An act that lets votes in works from the second it falls in, an act that keeps
votes out from the next full second, so that no vote is lost to rounding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from twittervotes.core.contest.contest import Adjustment, Contest, Rules

CLOCK = "the clock"
OPERATOR = "the operator"


class ActKind(StrEnum):
    """The kinds of acts."""

    OPENED = "opened"
    PAUSED = "paused"
    RESUMED = "resumed"
    CLOSED = "closed"
    EXTENDED = "extended"
    RULED = "ruled"
    EXCLUDED = "excluded"
    ADJUSTED = "adjusted"
    DRAWN = "drawn"
    SETTLED = "settled"
    CERTIFIED = "certified"


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what, when, by whom, and why where that must be said.

    `until_ms` is the new end of the vote (EXTENDED), `rules` the new rules (RULED), `voter` the
    account left out (EXCLUDED), `tag` and `votes` a choice and what it gains (ADJUSTED), `seed`
    the public seed of a draw (DRAWN).
    """

    does: ActKind
    at_ms: int = 0
    by: str = OPERATOR
    until_ms: int | None = None
    rules: Rules | None = None
    voter: str = ""
    tag: str = ""
    votes: int = 0
    seed: str = ""
    reason: str = ""


class State(StrEnum):
    """Where a contest stands."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    PAUSED = "paused"
    CLOSING = "closing"
    PROVISIONAL = "provisional"
    CERTIFIED = "certified"


def second_before(at_ms: int) -> int:
    """Return the full second that `at_ms` falls in."""
    return at_ms - at_ms % 1000


def second_after(at_ms: int) -> int:
    """Return the next full second, or `at_ms` itself if it is one."""
    return at_ms + -at_ms % 1000


def after(contest: Contest, act: Act) -> Contest:
    """Return the contest as it stands after `act`."""
    match act.does:
        case ActKind.OPENED if act.at_ms < contest.opens_ms:
            return replace(contest, opens_ms=second_before(act.at_ms))
        case ActKind.PAUSED if not _is_paused(contest):
            return replace(contest, pauses=(*contest.pauses, (second_after(act.at_ms), None)))
        case ActKind.RESUMED if _is_paused(contest):
            *ended, (from_ms, _) = contest.pauses
            pause = (from_ms, max(from_ms, second_before(act.at_ms)))
            return replace(contest, pauses=(*ended, pause))
        case ActKind.CLOSED:
            closes_ms = _end(contest, act.at_ms)
            if contest.closes_ms is not None:
                closes_ms = min(closes_ms, contest.closes_ms)
            return replace(contest, closes_ms=closes_ms)
        case ActKind.EXTENDED if act.until_ms is not None:
            return replace(contest, closes_ms=_end(contest, act.until_ms))
        case ActKind.RULED if act.rules is not None:
            return replace(contest, rules=act.rules)
        case ActKind.EXCLUDED if act.voter not in contest.rules.exclude:
            exclude = (*contest.rules.exclude, act.voter)
            return replace(contest, rules=replace(contest.rules, exclude=exclude))
        case ActKind.ADJUSTED:
            return replace(contest, adjustments=(*contest.adjustments, _adjustment(act)))
        case ActKind.DRAWN:
            return replace(contest, seed=act.seed)
        case _:
            return contest


def after_all(contest: Contest, acts: Iterable[Act]) -> Contest:
    """Return the contest as it stands after `acts` in order, however many there are."""
    excluded = list(contest.rules.exclude)
    known = set(excluded)
    adjustments = list(contest.adjustments)
    for act in acts:
        if act.does is ActKind.EXCLUDED:
            if act.voter not in known:
                known.add(act.voter)
                excluded.append(act.voter)
        elif act.does is ActKind.ADJUSTED:
            adjustments.append(_adjustment(act))
        else:
            contest = after(contest, act)
            if act.does is ActKind.RULED and act.rules is not None:
                excluded = list(contest.rules.exclude)
                known = set(excluded)
    rules = replace(contest.rules, exclude=tuple(excluded))
    return replace(contest, rules=rules, adjustments=tuple(adjustments))


def state(contest: Contest, acts: Iterable[Act], now_ms: int) -> State:
    """Return where `contest`, as it stands after `acts`, is at `now_ms`."""
    done = {act.does for act in acts}
    if ActKind.CERTIFIED in done:
        return State.CERTIFIED
    if ActKind.SETTLED in done:
        return State.PROVISIONAL
    if contest.closes_ms is not None and now_ms >= contest.closes_ms:
        return State.CLOSING
    if now_ms < contest.opens_ms:
        return State.SCHEDULED
    return State.PAUSED if _is_paused(contest) else State.OPEN


def _adjustment(act: Act) -> Adjustment:
    return Adjustment(act.tag, act.votes, act.reason, act.by, act.at_ms)


def _end(contest: Contest, at_ms: int) -> int:
    """Return the end of the vote for `at_ms`; a vote lasts for one second at least."""
    return max(second_after(at_ms), contest.opens_ms + 1000)


def _is_paused(contest: Contest) -> bool:
    return bool(contest.pauses) and contest.pauses[-1][1] is None
