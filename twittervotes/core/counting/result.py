"""The result of a contest as a plain document, as `--view none` prints it and packs contain it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from twittervotes.core.contest.lead import lead
from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.rules import Rules, unwritten
from twittervotes.core.contest.snapshot import Snapshot, SourceState, SourceStatus
from twittervotes.core.contest.tie import decision
from twittervotes.core.errors import LedgerError
from twittervotes.core.terminal_text import json_text

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Adjustment, Contest

FORMAT = "twittervotes-result/1"

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


def document(snapshot: Snapshot) -> dict[str, Plain]:
    """Return the current result in the form FORMAT, as plain JSON values."""
    contest, tally = snapshot.contest, snapshot.tally
    decided = decision(tally, contest)
    has_gap = any(source.gaps for source in snapshot.sources)
    tags: list[Plain] = [choice.tag for choice in contest.choices]
    shares = percentages(tally.votes)
    result: dict[str, Plain] = {
        "format": FORMAT,
        "contest": {
            "title": contest.title,
            "choices": tags,
            "opens": iso(contest.opens_ms),
            "closes": iso(contest.closes_ms),
            "rules": _rules(contest.rules),
            "rehearsal": contest.rehearsal,
            "labels": {choice.tag: choice.label for choice in contest.choices if choice.label},
            "aliases": {
                choice.tag: list(choice.aliases) for choice in contest.choices if choice.aliases
            },
            "seed": contest.seed,
            **_words(contest),
        },
        "state": snapshot.state.value,
        "tally": [
            {"choice": tag, "votes": votes, "percent": share, "by_hand": by_hand}
            for tag, votes, share, by_hand in zip(
                tags, tally.votes, shares, contest.by_hand, strict=True
            )
        ],
        "total": tally.total,
        "leader": [tags[i] for i in tally.leaders],
        "winner": [tags[i] for i in decided.winners],
        "decision": decided.words,
        "lead": lead(tally, contest, has_gap=has_gap),
        "adjustments": [_adjustment(each) for each in contest.adjustments],
        "verdicts": {verdict.value: number for verdict, number in tally.verdicts},
        "sources": [_source(source) for source in snapshot.sources],
        "digest": snapshot.digest,
        "at": iso(snapshot.now_ms),
    }
    if snapshot.trouble:
        result["trouble"] = snapshot.trouble
    if snapshot.recount_words:
        result["recounting"] = snapshot.recount_words
    return result


def text(snapshot: Snapshot) -> str:
    """Return the result as JSON, for people to read and programs to parse."""
    return json_text(document(snapshot))


def is_whole(snapshot: Snapshot) -> bool:
    """Return whether nothing is known to be missing.

    That is: no gap, no source that stopped or doesn't answer, no broken ledger, no recount under
    way.
    """
    return not (snapshot.trouble or snapshot.recount_words) and not any(
        source.gaps or source.doing in (SourceState.STOPPED, SourceState.TROUBLE)
        for source in snapshot.sources
    )


def iso(at_ms: int | None) -> str | None:
    """Return a time as ISO 8601 in UTC; None for None.

    Raises:
        LedgerError: The number is no possible date; only a damaged ledger has one.
    """
    if at_ms is None:
        return None
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    except (ValueError, OverflowError, OSError) as error:
        raise LedgerError(f"The ledger is damaged: {at_ms} isn't a valid time.") from error
    return at.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds")[:-6] + "Z"


def _rules(rules: Rules) -> Plain:
    left_out = unwritten(rules)
    said = {name: value for name, value in asdict(rules).items() if name not in left_out}
    plain: Plain = json.loads(json.dumps(said))
    return plain


def _adjustment(adjustment: Adjustment) -> Plain:
    return {
        "choice": adjustment.tag,
        "votes": adjustment.votes,
        "reason": adjustment.reason,
        "by": adjustment.by,
        "at": iso(adjustment.at_ms),
    }


def _source(source: SourceStatus) -> Plain:
    gaps: list[Plain] = [
        {"from": iso(gap.from_ms), "to": iso(gap.to_ms), "reason": gap.reason}
        for gap in source.gaps
    ]
    return {
        "name": source.name,
        "completeness": _completeness(source),
        "gaps": gaps,
        "requests": source.requests,
        "failed": source.failed,
        "unread": source.unread,
    }


def _completeness(source: SourceStatus) -> str:
    """Say how complete a source is, in UTC, because readers may be in any time zone."""
    if not source.gaps:
        return source.completeness
    begins, ends = (gap.from_ms for gap in source.gaps), (gap.to_ms for gap in source.gaps)
    return f"gap {iso(min(begins))}–{iso(max(ends))}"


def _words(contest: Contest) -> dict[str, Plain]:
    """Return the words that chat messages vote with; nothing if none are declared."""
    words: dict[str, Plain] = {
        choice.tag: list(choice.words) for choice in contest.choices if choice.words
    }
    return {"words": words} if words else {}
