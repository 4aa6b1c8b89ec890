"""One contest being counted: what is written down, what is asked next, where the contest stands.

A session joins the ledger, the running count and each source's schedule. It is used by one thread
at a time (the ledger's), and knows no Rx, no network and no view.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TypeVar

import msgspec

from twittervotes.core import acts, operate
from twittervotes.core.acts import CLOCK, Act, Does
from twittervotes.core.clock import Clock
from twittervotes.core.counting import Count
from twittervotes.core.errors import ContestError, LedgerError
from twittervotes.core.ledger import Entry, Ledger
from twittervotes.core.model import Answer, Ask, Failed, Page, Remedy, Source, Tally
from twittervotes.core.schedule import Position, Schedule
from twittervotes.core.snapshot import Gap, Record, Snapshot, SourceStatus, State
from twittervotes.core.status import status

log = logging.getLogger(__name__)

T = TypeVar("T", Position, Gap)


class Session:
    """A contest under way. `every_ms` and `settle_ms` are what the operator set."""

    def __init__(
        self,
        ledger: Ledger,
        sources: Sequence[Source],
        clock: Clock,
        *,
        every_ms: int,
        settle_ms: int,
    ) -> None:
        self._ledger = ledger
        self._sources = sources
        self._clock = clock
        self._settle_ms = settle_ms
        self._opens_ms = ledger.contest.opens_ms
        self._log = {name: Record(**sums) for name, sums in ledger.tallies().items()}
        positions = ledger.positions()
        self._schedules = {
            source.name: self._schedule(source, every_ms, positions) for source in sources
        }
        self._gaps = [(source, self._kept(body, Gap)) for source, body in ledger.gaps()]
        self._told_bad: set[str] = set()
        self._refused = ""
        self._recount()

    def begin(self) -> Snapshot:
        """Open the vote, or take it up where it stopped."""
        if not self._ledger.acts:
            self._act(Act(Does.OPENED, self._clock.today()))
        self._introduce()
        self._tell_schedules()
        return self.snapshot()

    def due(self, source: Source) -> bool:
        """Tell whether to ask `source` now."""
        if self._state() not in (State.OPEN, State.PAUSED, State.CLOSING):
            return False
        return self._schedules[source.name].due(self._clock.now())

    def ask(self, source: Source) -> Ask:
        """Return what to ask `source`."""
        return self._schedules[source.name].ask(self._clock.now(), self._clock.today())

    def record(self, answers: Sequence[Answer]) -> Snapshot:
        """Write answers down, in one transaction, and count their posts."""
        now, today = self._clock.now(), self._clock.today()
        for answer in answers:
            self._schedules[answer.source].note(answer, now)
        changes = self._ledger.append([self._entry(answer) for answer in answers], today)
        self._count.add(changes.added)
        self._count.remove(changes.removed)
        for answer, new in zip(answers, changes.new, strict=True):
            self._schedules[answer.source].posts += new
            record = self._log.setdefault(answer.source, Record())
            record.requests += 1
            record.posts += new
            record.last_ms = today
            if isinstance(answer, Failed):
                record.failed += 1
                log.warning("%s: %s %s", answer.source, answer.message, answer.advice)
            else:
                record.bad += len(answer.bad)
                self._tell_bad(answer)
        self._restarted(answers, today)
        return self.snapshot()

    def tick(self) -> Snapshot:
        """Do what time brings: begin the final sweep, end the vote when all is read."""
        closes_ms, sweeps_ms = self._ledger.contest.closes_ms, self._sweeps_ms()
        if closes_ms is not None and sweeps_ms is not None and self._state() is State.CLOSING:
            today, now = self._clock.today(), self._clock.now()
            schedules = self._schedules.values()
            if not any(act.does is Does.CLOSED for act in self._ledger.acts):
                self._act(Act(Does.CLOSED, closes_ms, CLOCK))
            if today >= sweeps_ms:
                for schedule in schedules:
                    if not schedule.sweeping:
                        schedule.sweep(now)
                if all(schedule.done or schedule.stopped for schedule in schedules):
                    self._settle(today)
        return self.snapshot()

    def update(self) -> Snapshot:
        """Ask every source at the next opportunity."""
        for schedule in self._schedules.values():
            schedule.wake(self._clock.now())
        return self.snapshot()

    def operate(self, act: Act) -> Snapshot:
        """Do what the operator wants, now; where it is not allowed the snapshot says why."""
        contest = self._ledger.contest
        act = replace(act, at_ms=self._clock.today())
        try:
            operate.check(act, contest, self._state(), self._count.tally())
        except ContestError as error:
            self._refused = str(error)
            return self.snapshot()
        self._refused = ""
        self._act(act)
        if self._ledger.contest != contest:
            self._recount()
            self._tell_schedules()
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """Return the picture of this moment."""
        tally = self._count.tally()
        return Snapshot(
            contest=self._ledger.contest,
            state=self._state(),
            now_ms=self._clock.today(),
            tally=tally,
            sources=tuple(self._status(source, tally) for source in self._sources),
            digest=self._ledger.digest,
            ledger=str(self._ledger.path),
            refused=self._refused,
            acts=self._ledger.acts,
        )

    def _schedule(
        self, source: Source, every_ms: int, positions: dict[tuple[str, str], dict[str, object]]
    ) -> Schedule:
        feeds = source.feeds(self._ledger.contest)
        schedule = Schedule(feeds, self._opens_ms, every_ms)
        schedule.posts = self._log.get(source.name, Record()).posts
        for feed in feeds:
            body = positions.get((source.name, feed.name))
            if body is not None:
                schedule.positions[feed.name] = self._kept(body.get("position"), Position)
        return schedule

    def _kept(self, body: object, of: type[T]) -> T:
        """Return what the ledger kept of a value."""
        try:
            return msgspec.convert(body, of)
        except msgspec.MsgspecError as error:
            raise LedgerError(
                f"{self._ledger.path} is damaged: it does not say how far all was read."
            ) from error

    def _state(self) -> State:
        return acts.state(self._ledger.contest, self._ledger.acts, self._clock.today())

    def _introduce(self) -> None:
        """Write down which sources are asked, and what: a result must say where it comes from."""
        known = self._ledger.sources()
        said = {
            source.name: {
                "network": source.network,
                "complete": source.complete,
                "queries": [feed.query for feed in self._schedules[source.name].feeds],
            }
            for source in self._sources
        }
        new = [Entry("source", name, it) for name, it in said.items() if known.get(name) != it]
        if new:
            self._ledger.append(new, self._clock.today())

    def _act(self, act: Act) -> None:
        self._ledger.act(act)
        log.info("%s: %s", act.by, act.does.value)

    def _recount(self) -> None:
        self._count = Count(self._ledger.contest)
        self._count.add(self._ledger.posts())

    def _tell_schedules(self) -> None:
        """Tell every schedule when its final sweep is, now that the end of the vote is known."""
        sweeps_ms = self._sweeps_ms()
        if sweeps_ms is not None:
            ahead = max(0, sweeps_ms - self._clock.today())
            for schedule in self._schedules.values():
                schedule.sweeps_at = self._clock.now() + ahead

    def _sweeps_ms(self) -> int | None:
        """Return when the final sweep begins: after the period, its grace and the settling."""
        contest = self._ledger.contest
        if contest.closes_ms is None:
            return None
        return contest.closes_ms + contest.rules.grace_s * 1000 + self._settle_ms

    def _tell_bad(self, page: Page) -> None:
        """Log each post that could not be read, once however often it is seen again."""
        for bad in page.bad:
            if bad not in self._told_bad:
                log.warning("%s: a post could not be read and is left out: %s", page.source, bad)
        self._told_bad.update(page.bad)

    def _entry(self, answer: Answer) -> Entry:
        feed = answer.ask.feed.name
        if isinstance(answer, Failed):
            body = {"feed": feed, "remedy": answer.remedy.value, "message": answer.message}
            return Entry("failed", answer.source, body)
        position = asdict(self._schedules[answer.source].positions[feed])
        page = {"feed": feed, "bad": answer.bad, "position": position}
        return Entry("page", answer.source, page, answer.posts)

    def _restarted(self, answers: Sequence[Answer], today: int) -> None:
        """Write down the gap that a refused cursor leaves."""
        for answer in answers:
            if isinstance(answer, Failed) and answer.remedy is Remedy.RESTART:
                from_ms = self._schedules[answer.source].read_ms()
                self._gap(answer.source, from_ms, today, answer.message)

    def _settle(self, today: int) -> None:
        contest = self._ledger.contest
        for source in self._sources:
            schedule = self._schedules[source.name]
            if not schedule.done:
                reason = schedule.failure.message if schedule.failure else "It was not read."
                self._gap(source.name, schedule.read_ms(), contest.closes_ms or today, reason)
        self._act(Act(Does.SETTLED, today, CLOCK))

    def _gap(self, source: str, from_ms: int, to_ms: int, reason: str) -> None:
        from_ms = max(from_ms, self._opens_ms)
        gap = Gap(from_ms, max(from_ms, to_ms), reason)
        self._ledger.append([Entry("gap", source, asdict(gap))], self._clock.today())
        self._gaps.append((source, gap))

    def _status(self, source: Source, tally: Tally) -> SourceStatus:
        schedule, today = self._schedules[source.name], self._clock.today()
        gaps = tuple(gap for name, gap in self._gaps if name == source.name)
        ended = self._state() in (State.PROVISIONAL, State.CERTIFIED)
        if schedule.stopped and not ended:
            message = schedule.failure.message if schedule.failure else ""
            gaps = (*gaps, Gap(max(schedule.read_ms(), self._opens_ms), today, message))
        return status(
            source,
            schedule,
            self._log.setdefault(source.name, Record()),
            gaps,
            sum(dict(tally.networks).get(source.network, ())),
            ended=ended,
            now=self._clock.now(),
            today_ms=today,
        )
