"""What can be undone, and by which act; nothing is ever removed from the ledger. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.acts import CLOCK, OPERATOR, Act, ActKind
from twittervotes.core.contest.clock import of_day
from twittervotes.core.contest.permissions import check
from twittervotes.core.errors import ContestError
from twittervotes.presentation.phrases import done

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.snapshot import Snapshot


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

    Args:
        snapshot: The current vote.
        before: The contest before an act, by the act's index, if known.
        by: Who undoes it.
    """
    acts = snapshot.acts
    place = next((i for i in reversed(range(len(acts))) if acts[i].by != CLOCK), None)
    if place is None:
        raise ContestError("There is nothing to undo.")
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
    return Undo(f"Undo the last action? {words[:1].upper()}{words[1:]}.", _detail(act), act)


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
            reason = f"undone: {last.reason}"
            return Act(ActKind.ADJUSTED, tag=last.tag, votes=-last.votes, reason=reason)
        case ActKind.RULED if before is not None:
            return Act(ActKind.RULED, rules=before.rules, reason="undone")
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
