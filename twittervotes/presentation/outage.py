"""Which sources deliver no data, and since when: the alarm that every view raises. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from twittervotes.core.contest.snapshot import Snapshot, SourceState, SourceStatus, State
from twittervotes.presentation.numbers import listed
from twittervotes.presentation.phrases import source_title

SILENT = frozenset({SourceState.TROUBLE, SourceState.STOPPED})
READING = frozenset({State.OPEN, State.PAUSED, State.CLOSING})
PATIENCE_MS = 5_000  # one failed request isn't an outage


@dataclass(frozen=True, slots=True)
class Outage:
    """The sources that deliver no data; `is_total` if none delivers any.

    `title` is the alarm in a few words, with its clock; `detail` says what happens next; `label` is
    for places with little room. Data have been missing since `since_ms`.
    """

    names: tuple[str, ...]
    title: str
    detail: str
    label: str
    since_ms: int
    is_total: bool


def outage(snapshot: Snapshot, now_ms: int) -> Outage | None:
    """Return the outage at `now_ms`.

    None while all sources work, once everything is read, or if counting itself has stopped.
    """
    if snapshot.state not in READING or snapshot.trouble:
        return None
    silent = [source for source in snapshot.sources if _is_silent(source, now_ms)]
    if not silent:
        return None
    is_total = len(silent) == len(snapshot.sources)
    return Outage(
        tuple(source.name for source in silent),
        _title(silent, now_ms, is_total=is_total),
        _detail(silent, is_total=is_total),
        _label(silent, is_total=is_total),
        _since(silent, snapshot.contest.opens_ms, is_total=is_total),
        is_total,
    )


def silence(source: SourceStatus, now_ms: int) -> str:
    """Say for how long a source has delivered no data: "No data for 0:14", "No answer yet"."""
    if not source.last_ms:
        return "No answer yet"
    return f"No data for {_clock(now_ms - source.last_ms)}"


def _is_silent(source: SourceStatus, now_ms: int) -> bool:
    if source.doing is SourceState.STOPPED:
        return True
    return source.doing in SILENT and now_ms - source.last_ms >= PATIENCE_MS


def _title(silent: list[SourceStatus], now_ms: int, *, is_total: bool) -> str:
    heard_ms = max(source.last_ms for source in silent)
    if is_total and len(silent) > 1:
        if not heard_ms:
            return "No answer from any source yet"
        return f"No data from any source for {_clock(now_ms - heard_ms)}"
    if len(silent) == 1:
        title = source_title(silent[0].name)
        if not heard_ms:
            return f"No answer from {title} yet"
        return f"No data from {title} for {_clock(now_ms - heard_ms)}"
    names = [
        f"{source_title(source.name)} ({_clock(now_ms - source.last_ms)})"
        if source.last_ms
        else source_title(source.name)
        for source in silent
    ]
    return f"No data from {listed(names)}"


def _detail(silent: list[SourceStatus], *, is_total: bool) -> str:
    stopped = [source for source in silent if source.doing is SourceState.STOPPED]
    if stopped:
        words = stopped[0].words.rstrip(".")
        said = f"{source_title(stopped[0].name)}: {words}. {stopped[0].advice}".rstrip()
    else:
        said = "Retrying. Posts missed now will be fetched later."
    if is_total:
        return said
    others = "The other sources are counting."
    return f"{said} {others}"


def _label(silent: list[SourceStatus], *, is_total: bool) -> str:
    if is_total:
        return "No data"
    if len(silent) == 1:
        return f"No {source_title(silent[0].name)} data"
    return f"No data: {len(silent)} sources"


def _since(silent: list[SourceStatus], opens_ms: int, *, is_total: bool) -> int:
    """Return since when something has been missing, or everything if the outage is total."""
    heard = [max(source.last_ms, opens_ms) for source in silent]
    return max(heard) if is_total else min(heard)


def _clock(ms: int) -> str:
    minutes, seconds = divmod(max(0, ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
