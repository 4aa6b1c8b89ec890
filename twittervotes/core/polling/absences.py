"""When sources were not read: the gaps in the ledger, and those of sources that are away now.

A source may stop before the vote closes: its budget is spent, or its keys are refused. Nobody knows
whether it will be read again, so its gap is written at once, and again when the program ends. Once
the source has been read beyond the gap, the gap is healed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.snapshot import Gap
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.core.polling import entries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twittervotes.core.contest.posts import Answer
    from twittervotes.core.polling.schedule import Schedule

log = logging.getLogger(__name__)


class Absences:
    """The gaps of all sources of a running contest."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._gaps: list[tuple[str, Gap]] = []
        self._stops: dict[str, Gap] = {}  # the gaps that a later reading may heal
        self._has_ended = False
        self.read()

    def read(self) -> None:
        """Load the gaps from the ledger."""
        bodies = self._ledger.gaps()
        try:
            self._gaps = [(name, msgspec.convert(body, Gap)) for name, body in bodies]
        except msgspec.MsgspecError as error:
            words = f"{self._ledger.path} is damaged: it does not say how far all was read."
            raise LedgerError(words) from error
        pairs = zip(self._gaps, bodies, strict=True)
        self._stops = {name: gap for (name, gap), (_, body) in pairs if body.get("stopped")}

    def of(self, name: str, schedule: Schedule, now_ms: int, *, ended: bool) -> tuple[Gap, ...]:
        """Return the gaps of a source; while it is away and not `ended`, one lasts until now."""
        gaps = [gap for source, gap in self._gaps if source == name]
        if not schedule.is_away() or ended or self._has_ended:
            return tuple(gaps)
        from_ms = max(schedule.read_ms(), self._ledger.contest.opens_ms)
        reason = schedule.failure.message if schedule.failure else ""
        others = (gap for gap in gaps if gap is not self._stops.get(name))
        return (*others, Gap(from_ms, now_ms, reason))

    def told_by(self, answer: Answer, schedule: Schedule, now_ms: int) -> list[Entry]:
        """Return the entries about gaps that follow from an answer already noted in `schedule`."""
        name, opens_ms = answer.source, self._ledger.contest.opens_ms
        told = entries.gaps_in(
            answer, opens_ms=opens_ms, read_ms=schedule.read_ms(), today_ms=now_ms
        )
        stop = self._stops.get(name)
        if schedule.stopped:
            told.append(entries.of_stop(name, schedule, opens_ms, now_ms))
        elif stop is not None and schedule.read_ms() >= stop.to_ms:
            told.append(Entry("healed", name, {}))
        return told

    def end(self, schedules: Mapping[str, Schedule], now_ms: int) -> None:
        """Record, as the program ends, until when sources that are away were not read."""
        opens_ms = self._ledger.contest.opens_ms
        away = [
            entries.of_stop(name, schedule, opens_ms, now_ms)
            for name, schedule in schedules.items()
            if schedule.is_away()
        ]
        if not away:
            return
        try:
            self._ledger.append(away, now_ms)
            self.read()
            self._has_ended = True
        except LedgerError as error:  # e.g. the disk is full: nothing that was counted is lost
            log.warning("%s", error)
