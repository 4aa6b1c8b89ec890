"""The outcome of a contest, recounted from its ledger, under its own rules or others.

It is the same snapshot that a live session shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest import acts
from twittervotes.core.contest.snapshot import (
    Record,
    Snapshot,
    SourceState,
    SourceStatus,
    State,
    completeness,
    with_bill,
)
from twittervotes.core.counting.parallel import Passed, recounted

if TYPE_CHECKING:
    from collections.abc import Collection

    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Tally
    from twittervotes.core.ledger.reader import Origin, Reader


def outcome(
    reader: Reader,
    contest: Contest | None = None,
    *,
    without: Collection[str] = (),
    passed: Passed | None = None,
) -> Snapshot:
    """Recount a ledger; `contest` replaces its rules, `without` leaves sources out."""
    contest = contest or reader.contest
    tally = recounted(reader, contest, without, passed)
    state = acts.state(contest, reader.acts, reader.at_ms)
    return Snapshot(
        contest=contest,
        state=state,
        now_ms=reader.at_ms,
        tally=tally,
        sources=tuple(
            _source(reader, name, origin, tally, state)
            for name, origin in reader.sources().items()
            if name not in without
        ),
        digest=reader.digest,
        ledger=str(reader.path),
        entries=reader.entries,
    )


def _source(reader: Reader, name: str, origin: Origin, tally: Tally, state: State) -> SourceStatus:
    record = reader.records().get(name, Record())
    gaps = tuple(gap for source, gap in reader.gaps() if source == name)
    ended = state in (State.PROVISIONAL, State.CERTIFIED)
    return SourceStatus(
        name=name,
        doing=SourceState.DONE if ended else SourceState.READY,
        words=with_bill("all read" if ended else "not asked now", record.billed),
        requests=record.requests,
        failed=record.failed,
        posts=record.posts,
        unread=len(record.bad),
        votes=sum(dict(tally.networks).get(origin.network, ())),
        completeness=completeness(origin.complete, gaps, len(record.bad)),
        gaps=gaps,
    )
