"""The ledger entries for what happens to a source; acts are elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.posts import Answer, Failed, Feed, Gap, News, Remedy, Source
from twittervotes.core.ledger.aside import Aside
from twittervotes.core.ledger.writer import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.core.polling.schedule import Position, Schedule


def of_source(source: Source, feeds: Sequence[Feed]) -> Entry:
    """Return the entry that introduces a source: a result must say where it comes from."""
    queries = [feed.query for feed in feeds]
    body = {"network": source.network, "complete": source.complete, "queries": queries}
    return Entry("source", source.name, body)


def of_answer(answer: Answer, position: Position) -> Entry:
    """Return the entry of a page with the position after it, or of a failure."""
    feed = answer.ask.feed.name
    if isinstance(answer, Failed):
        body = {"feed": feed, "remedy": answer.remedy.value, "message": answer.message}
        return Entry("failed", answer.source, body)
    page: dict[str, object] = {
        "feed": feed,
        "bad": answer.bad,
        "position": msgspec.to_builtins(position),
    }
    if answer.billed:
        page["billed"] = answer.billed
    kept = _aside(answer.news)
    return Entry("page", answer.source, page, answer.columns or answer.posts, answer.ids, kept)


def _aside(told: Sequence[News]) -> object:
    """Return what a page stores of removed posts, which may not be votes; None without any."""
    if not told:
        return None
    kept = Aside(told[0].network)
    for news in told:
        kept.put(news)
    return kept.body()


def gaps_in(answer: Answer, *, opens_ms: int, read_ms: int, today_ms: int) -> list[Entry]:
    """Return the gaps that an answer reports: lost periods, or a refused cursor."""
    gaps: Sequence[Gap] = ()
    in_sweep = answer.ask.sweep
    if not isinstance(answer, Failed):
        gaps = answer.gaps
        in_sweep = in_sweep or answer.gaps_stay
    elif answer.remedy is Remedy.RESTART and not answer.ask.token:
        gaps = (Gap(read_ms, today_ms, answer.message),)
    return [of_gap(answer.source, gap, opens_ms, in_sweep=in_sweep) for gap in gaps]


def of_sweep(name: str, schedule: Schedule, opens_ms: int, end_ms: int) -> Entry:
    """Return the entry that ends the reading of a source: swept, or what is missing."""
    if schedule.done:
        return Entry("swept", name, {})
    return of_stop(name, schedule, opens_ms, end_ms, in_sweep=True)


def of_stop(
    name: str, schedule: Schedule, opens_ms: int, to_ms: int, *, in_sweep: bool = False
) -> Entry:
    """Return the entry of a source that is no longer read; it replaces any earlier one."""
    reason = schedule.failure.message if schedule.failure else "It was not read."
    gap = of_gap(name, Gap(schedule.read_ms(), to_ms, reason), opens_ms, in_sweep=in_sweep)
    return Entry(gap.kind, name, {**gap.body, "stopped": True})


def of_gap(source: str, gap: Gap, opens_ms: int, *, in_sweep: bool = True) -> Entry:
    """Return the entry of a gap; the end of a sweep heals gaps that the sweep didn't find."""
    from_ms = max(gap.from_ms, opens_ms)
    kept = Gap(from_ms, max(from_ms, gap.to_ms), gap.reason)
    return Entry("gap", source, {**msgspec.to_builtins(kept), "sweep": in_sweep})
