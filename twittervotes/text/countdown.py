"""The time left of a vote, or until it opens, as digits; pure."""

from __future__ import annotations

from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.presentation.numbers import lasting


def countdown(snapshot: Snapshot) -> str:
    """Return 02:31, from an hour on 1:02:31, and "" when no time runs."""
    contest = snapshot.contest
    end_ms = contest.opens_ms if snapshot.state is State.SCHEDULED else contest.closes_ms
    if end_ms is None or snapshot.state not in (State.SCHEDULED, State.OPEN, State.PAUSED):
        return ""
    seconds = max(0, -(-(end_ms - snapshot.now_ms) // 1000))
    return lasting(seconds)
