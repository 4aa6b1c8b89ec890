"""The status of a source for the operator: its activity, advice and completeness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.clock import apart, of_day
from twittervotes.core.contest.snapshot import (
    Gap,
    Record,
    SourceState,
    SourceStatus,
    completeness,
    with_bill,
)

if TYPE_CHECKING:
    from twittervotes.core.contest.posts import Source
    from twittervotes.core.polling.schedule import Schedule


def status(
    source: Source,
    schedule: Schedule,
    record: Record,
    gaps: tuple[Gap, ...],
    votes: int,
    *,
    ahead_ms: int,
    ended: bool,
    now: int,
    today_ms: int,
) -> SourceStatus:
    """Return the status of `source`; `ended` is true once nothing more will be read.

    `ahead_ms` is how far its network's clock is ahead of ours.
    """
    doing, words = _doing(schedule, ended, now, today_ms)
    return SourceStatus(
        name=source.name,
        doing=doing,
        words=with_bill(words, record.billed),
        advice=schedule.failure.advice if schedule.failure else clock_words(ahead_ms),
        last_ms=record.last_ms,
        quota=schedule.quota,
        requests=record.requests,
        failed=record.failed,
        posts=record.posts,
        unread=len(record.bad),
        votes=votes,
        completeness=completeness(source.complete, gaps, len(record.bad)),
        gaps=gaps,
    )


def clock_words(ahead_ms: int) -> str:
    """Return what is wrong with this computer's clock and what to do; "" if nothing is."""
    return apart(ahead_ms, "the network's, by which posts are judged: set the clock.")


def unread(number: int) -> str:
    """Say how many posts could not be read, or only in part."""
    return f"{number:,} {'post' if number == 1 else 'posts'} could not be read in full"


def _doing(schedule: Schedule, ended: bool, now: int, today_ms: int) -> tuple[SourceState, str]:
    next_ms = today_ms + schedule.next_at - now
    failure = schedule.failure
    if schedule.stopped:
        return SourceState.STOPPED, failure.message if failure else "stopped"
    if ended or schedule.done:
        return SourceState.DONE, "all read"
    if schedule.waits_for_quota(now):
        return SourceState.WAITING, f"waits for its quota until {of_day(next_ms)}"
    if failure is not None:
        return SourceState.TROUBLE, f"{failure.message} Next try at {of_day(next_ms)}."
    if not schedule.positions:
        return SourceState.READY, "ready"
    return SourceState.POLLING, "reading all once more" if schedule.sweeping else "polling"
