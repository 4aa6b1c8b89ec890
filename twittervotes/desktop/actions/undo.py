"""What can be undone, and by which act; nothing is ever removed from the ledger. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.acts import CLOCK, OPERATOR, Act, ActKind
from twittervotes.core.contest.clock import of_day
from twittervotes.core.contest.permissions import check
from twittervotes.core.errors import ContestError
from twittervotes.presentation.numbers import signed
from twittervotes.presentation.phrases import done

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.snapshot import Snapshot


UNDONE = "undone"
PAUSES = (ActKind.PAUSED, ActKind.RESUMED)


@dataclass(frozen=True, slots=True)
class Undo:
    """What would be undone, what that means, the act that does it, and the answers."""

    title: str
    detail: str
    act: Act
    yes: str = "Undo"
    no: str = "Keep it"


def undo(snapshot: Snapshot, before: Mapping[int, Contest], by: str = "") -> Undo:
    """Return how to undo the operator's last act; raise ContestError if it can't be undone.

    Acts that were undone are skipped, together with their undos.

    Args:
        snapshot: The current vote.
        before: The contest before an act, by the act's index, if known.
        by: Who undoes it.
    """
    acts = snapshot.acts
    place = _last(acts)
    if place is None:
        raise ContestError("There is nothing left to undo.")
    last = acts[place]
    words = done(last, snapshot.contest, of_day)
    act = None if ACTS[last.does].is_final else _opposite(last, snapshot, before.get(place))
    if act is None:
        raise ContestError(f"The last action can't be undone: {words}.")
    act = replace(act, by=by or OPERATOR)
    tally = None if snapshot.recounting is not None else snapshot.tally
    check(replace(act, at_ms=snapshot.now_ms), snapshot.contest, snapshot.state, tally)
    if act.does is ActKind.UNPAUSED:
        return _count_after_all(act, snapshot)
    which = "the last" if place == len(acts) - 1 else "this"
    return Undo(f"Undo {which} action? {words[:1].upper()}{words[1:]}.", _detail(act), act)


def undo_words(acts: Sequence[Act]) -> str:
    """Return the words of the action that undoes the last of these acts."""
    place = _last(acts)
    if place is None:
        return "Undo…"
    act = acts[place]
    match act.does:
        case ActKind.ADJUSTED:
            return f"Undo {signed(act.votes)} #{act.tag}…"
        case ActKind.EXCLUDED:
            return f"Undo exclusion of {act.voter}…"
        case ActKind.RULED:
            return "Undo change of rules…"
        case ActKind.EXTENDED:
            return "Undo extension…"
        case ActKind.PAUSED | ActKind.RESUMED:
            return "Undo pause…"
        case _:
            return "Undo…"


def _last(acts: Sequence[Act]) -> int | None:
    """Return the index of the operator's last act that wasn't undone and isn't an undo."""
    left: list[int] = []
    for i, act in enumerate(acts):
        if act.by == CLOCK:
            continue
        if act.does is ActKind.UNPAUSED:
            undone = [
                n for n in left if acts[n].does in PAUSES and acts[n].at_ms >= (act.pause_ms or 0)
            ]
            left = [n for n in left if n not in undone[:2]]
        elif left and _undoes(act, acts[left[-1]]):
            left.pop()
        else:
            left.append(i)
    return left[-1] if left else None


def _undoes(act: Act, last: Act) -> bool:
    """Return whether `act` is what `undo` does about `last`."""
    match act.does, last.does:
        case ActKind.ADJUSTED, ActKind.ADJUSTED:
            return (act.tag, act.votes, act.reason) == (last.tag, -last.votes, _undone(last))
        case ActKind.RULED, ActKind.EXCLUDED:
            return act.reason == f"readmitted {last.voter}"
        case ActKind.RULED, ActKind.RULED:
            return act.reason == UNDONE
        case ActKind.EXTENDED, ActKind.EXTENDED:
            return (act.until_ms or 0) < (last.until_ms or 0)
        case _:
            return False


def _undone(act: Act) -> str:
    return f"{UNDONE}: {act.reason}"


def readmitting(contest: Contest, account: str, reason: str = "", by: str = OPERATOR) -> Act:
    """Return the act that lets an excluded account vote again."""
    rules = contest.rules
    left = tuple(each for each in rules.exclude if each != account)
    return Act(
        ActKind.RULED,
        rules=replace(rules, exclude=left),
        reason=reason or f"readmitted {account}",
        by=by,
    )


def _count_after_all(act: Act, snapshot: Snapshot) -> Undo:
    begin, end = snapshot.contest.pauses[-1]
    if end is None:
        title, until = "Undo the pause?", "now"
    else:
        title, until = f"Count these {seconds(begin, end)} after all?", of_day(end)
    detail = (
        f"Posts made from {of_day(begin)} to {until} will count. "
        "Both actions stay in the activity log. This can't be undone."
    )
    return Undo(title, detail, act, "Count them", "Keep the pause")


def seconds(from_ms: int, to_ms: int) -> str:
    """Say how long a pause lasted: 20 seconds, 2:30 minutes."""
    whole = (to_ms - from_ms) // 1000
    if whole < 100:
        return f"{whole} second{'s' * (whole != 1)}"
    return f"{whole // 60}:{whole % 60:02} minutes"


def _opposite(last: Act, snapshot: Snapshot, before: Contest | None) -> Act | None:
    contest = snapshot.contest
    match last.does:
        case ActKind.PAUSED | ActKind.RESUMED if contest.pauses:
            begin, end = contest.pauses[-1]
            is_empty = end is not None and end <= begin
            return None if is_empty else Act(ActKind.UNPAUSED, pause_ms=begin)
        case ActKind.EXCLUDED if last.voter in contest.rules.exclude:
            return readmitting(contest, last.voter)
        case ActKind.ADJUSTED:
            return Act(ActKind.ADJUSTED, tag=last.tag, votes=-last.votes, reason=_undone(last))
        case ActKind.RULED if before is not None:
            return Act(ActKind.RULED, rules=before.rules, reason=UNDONE)
        case ActKind.EXTENDED if before is not None and before.closes_ms is not None:
            return Act(ActKind.EXTENDED, until_ms=before.closes_ms)
        case _:
            return None


def _detail(act: Act) -> str:
    detail = {
        ActKind.RULED: "All posts will be recounted.",
        ActKind.ADJUSTED: "The same number is entered the other way.",
        ActKind.EXTENDED: f"Voting ends at {of_day(act.until_ms or 0)} again.",
    }[act.does]
    return f"{detail} Both actions stay in the activity log."
