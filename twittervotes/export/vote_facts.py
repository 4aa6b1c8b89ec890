"""The facts about a vote in a file of its posts: enough to count it, and to say how complete it is.

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
from twittervotes.core.ledger import implied
from twittervotes.core.ledger.coverage import Cover, gaps
from twittervotes.core.ledger.merge import contest_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from twittervotes.core.contest.posts import Tally
    from twittervotes.core.ledger.reader import Reader

FORMAT = "twittervotes-posts/1"


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source as it was queried, and the statistics of its requests."""

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
    """The current contest, the kinds of acts that were done, the sources, and the digest."""

    format: str
    contest: Contest
    did: tuple[ActKind, ...]
    sources: tuple[SourceFacts, ...]
    digest: str
    entries: int
    at_ms: int


def of_ledger(reader: Reader, contest: Contest) -> VoteFacts:
    """Return the facts of a ledger; `contest` is its contest, perhaps with sealed accounts."""
    return VoteFacts(
        FORMAT,
        contest,
        tuple(act.does for act in reader.acts),
        _sources(reader),
        reader.digest,
        reader.entries,
        reader.at_ms,
    )


def of_ledgers(readers: Sequence[Reader]) -> VoteFacts:
    """Return the facts of several ledgers of one contest, as for a merge of them.

    They have no common digest. Raises ContestError if they hold different votes.
    """
    contest, done = contest_of(readers)
    by_name: dict[str, list[SourceFacts]] = {}
    for reader in readers:
        for source in _sources(reader):
            by_name.setdefault(source.name, []).append(source)
    missed = _gaps_of_all(
        readers, contest, is_settled=ActKind.SETTLED in {act.does for act in done}
    )
    return VoteFacts(
        FORMAT,
        contest,
        tuple(act.does for act in done),
        tuple(
            SourceFacts(
                name,
                found[0].network,
                all(source.complete for source in found),
                sum(source.requests for source in found),
                sum(source.failed for source in found),
                max(source.posts for source in found),
                len(set[tuple[str, str]]().union(*(_unread(reader, name) for reader in readers))),
                tuple(gap for source, gap in missed if source == name),
            )
            for name, found in by_name.items()
        ),
        "",
        sum(reader.entries for reader in readers),
        max(reader.at_ms for reader in readers),
    )


def encoded(facts: VoteFacts) -> bytes:
    """Return facts as JSON."""
    return msgspec.json.encode(facts)


def decoded(data: bytes, name: str) -> VoteFacts:
    """Decode facts from JSON; raise LedgerError if the file `name` has none."""
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
    records, missed = reader.records(), reader.gaps()
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
                tuple(gap for source, gap in missed if source == name),
            )
        )
    return tuple(found)


def _unread(reader: Reader, source: str) -> set[tuple[str, str]]:
    return reader.records().get(source, Record()).bad


def _gaps_of_all(
    readers: Sequence[Reader], contest: Contest, *, is_settled: bool
) -> list[tuple[str, Gap]]:
    """Return what none of the ledgers has read, as gaps with their sources."""
    covers = [Cover(reader.contest.opens_ms) for reader in readers]
    for reader, cover in zip(readers, covers, strict=True):
        for row in reader.chain():
            cover.note(row.kind, row.source, msgspec.json.decode(row.body, type=dict[str, object]))
    ends_ms = contest.closes_ms if is_settled else None
    found = gaps(covers, contest.opens_ms, ends_ms)
    return [(source, gap) for source, gap in found if not implied.is_archive(source)]
