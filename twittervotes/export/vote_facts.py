"""What a file of posts says of its vote besides the posts: enough to count it, and to say how sure.

A count of the posts under the contest, together with these facts, makes the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest import acts
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest, check_size
from twittervotes.core.contest.posts import Gap
from twittervotes.core.contest.snapshot import (
    Record,
    Snapshot,
    SourceState,
    SourceStatus,
    completeness,
)
from twittervotes.core.errors import ContestError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Collection

    from twittervotes.core.contest.posts import Tally
    from twittervotes.core.ledger.reader import Reader

FORMAT = "twittervotes-posts/1"


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source as it was asked, and what became of its requests."""

    name: str
    network: str
    complete: bool
    requests: int = 0
    failed: int = 0
    posts: int = 0
    unread: int = 0
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class VoteFacts:
    """The contest as it stands, the kinds of acts that were done, the sources, and the digest."""

    format: str
    contest: Contest
    did: tuple[ActKind, ...]
    sources: tuple[SourceFacts, ...]
    digest: str
    entries: int
    at_ms: int


def of_ledger(reader: Reader, contest: Contest) -> VoteFacts:
    """Return the facts of a ledger; `contest` is its own, perhaps with its accounts sealed."""
    return VoteFacts(
        FORMAT,
        contest,
        tuple(act.does for act in reader.acts),
        _sources(reader),
        reader.digest,
        reader.entries,
        reader.at_ms,
    )


def encoded(facts: VoteFacts) -> bytes:
    """Return facts as JSON."""
    return msgspec.json.encode(facts)


def decoded(data: bytes, name: str) -> VoteFacts:
    """Return the facts that JSON says; raises LedgerError if the file `name` holds none."""
    try:
        facts = msgspec.json.decode(data, type=VoteFacts)
        check_size(facts.contest)
    except (msgspec.MsgspecError, ContestError, RecursionError) as error:
        raise LedgerError(f"{name} doesn't say what the vote was: {error}.") from error
    if facts.format != FORMAT:
        raise LedgerError(
            f"{name} has the form {facts.format[:40]!r}, which this version doesn't know."
        )
    return facts


def snapshot(
    facts: VoteFacts, contest: Contest, tally: Tally, name: str, without: Collection[str] = ()
) -> Snapshot:
    """Return the result of a vote whose posts were counted as `tally` under `contest`."""
    state = acts.state(contest, map(Act, facts.did), facts.at_ms)
    ended = state in (acts.State.PROVISIONAL, acts.State.CERTIFIED)
    votes = dict(tally.networks)
    return Snapshot(
        contest=contest,
        state=state,
        now_ms=facts.at_ms,
        tally=tally,
        sources=tuple(
            SourceStatus(
                name=source.name,
                doing=SourceState.DONE if ended else SourceState.READY,
                words="all read" if ended else "not asked now",
                requests=source.requests,
                failed=source.failed,
                posts=source.posts,
                unread=source.unread,
                votes=sum(votes.get(source.network, ())),
                completeness=completeness(source.complete, source.gaps, source.unread),
                gaps=source.gaps,
            )
            for source in facts.sources
            if source.name not in without
        ),
        digest=facts.digest,
        ledger=name,
        entries=facts.entries,
    )


def _sources(reader: Reader) -> tuple[SourceFacts, ...]:
    records, gaps = reader.records(), reader.gaps()
    found = []
    for name, origin in reader.sources().items():
        record = records.get(name, Record())
        found.append(
            SourceFacts(
                name,
                origin.network,
                origin.complete,
                record.requests,
                record.failed,
                record.posts,
                len(record.bad),
                tuple(gap for source, gap in gaps if source == name),
            )
        )
    return tuple(found)
