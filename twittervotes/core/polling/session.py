"""One running contest: what is recorded, the next requests, the state of the contest.

A session connects the ledger, the running count and each source's schedule. Only one thread at a
time uses it (the ledger's); it knows no Rx, no network and no view.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest import acts, permissions
from twittervotes.core.contest.acts import CLOCK, Act, ActKind
from twittervotes.core.contest.posts import Answer, Ask, Failed, LooksUp, Page, Source, Tally
from twittervotes.core.contest.snapshot import Record, Snapshot, SourceStatus, State
from twittervotes.core.counting.live import LiveCount
from twittervotes.core.errors import ContestError, LedgerError
from twittervotes.core.ledger import aside
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.core.polling import entries as journal
from twittervotes.core.polling.absences import Absences
from twittervotes.core.polling.answer_log import AnswerLog
from twittervotes.core.polling.missed import missed
from twittervotes.core.polling.schedule import Position, Schedule
from twittervotes.core.polling.status import clock_words, status
from twittervotes.core.polling.timekeeper import Timekeeper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.core.contest.clock import Clock
    from twittervotes.core.counting.checkpoint import Checkpoint
    from twittervotes.core.ledger.known_posts import Name
    from twittervotes.core.ledger.writer import Entry, Ledger

log = logging.getLogger(__name__)

STRIDE = 20  # pages of a round that are read in one go, then written in one transaction


class Session:
    """A running contest. `every_ms` and `settle_ms` are the operator's settings.

    With a `checkpoint` the count of a long ledger is saved, and resumed.
    """

    def __init__(
        self,
        ledger: Ledger,
        sources: Sequence[Source],
        clock: Clock,
        *,
        every_ms: int,
        settle_ms: int,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self._ledger = ledger
        self._checkpoint = checkpoint
        self._sources = sources
        self._time = Timekeeper(clock)
        self._settle_ms = settle_ms
        self._log = ledger.records()
        positions = ledger.positions()
        self._schedules = {
            source.name: self._schedule(source, every_ms, positions) for source in sources
        }
        self._absences = Absences(ledger)
        self._answer_log = AnswerLog()
        self._listed: dict[str, set[Name]] = {}  # by the final sweep of each source that looks up
        self._compared: set[str] = set()
        self._refused = ""
        self._count = LiveCount(ledger, checkpoint.take_up() if checkpoint else None)

    def begin(self) -> Snapshot:
        """Open the vote, or resume it."""
        self._introduce()
        self._open_in_time()
        self._tell_schedules()
        return self.snapshot()

    def due(self, source: Source) -> bool:
        """Return whether to send a request to `source` now."""
        if self._state() not in (State.OPEN, State.PAUSED, State.CLOSING):
            return False
        return self._schedules[source.name].due(self._time.now())

    def ask(self, source: Source) -> Ask:
        """Return the next request to `source`."""
        today = self._time.today()
        return replace(
            self._schedules[source.name].ask(self._time.now(), today),
            closes_ms=self._ledger.contest.closes_ms,
            today_ms=today,
            spent=self._spent(source.name),
            stride=STRIDE,
        )

    def record(self, answers: Sequence[Answer]) -> Snapshot:
        """Record answers in one transaction, and count their posts."""
        now, today = self._time.now(), self._time.today()
        entries: list[Entry] = []
        gaps: list[Entry] = []
        for answer in answers:
            self._schedules[answer.source].note(answer, now, again=self._may_be_better(answer))
            self._note_clock(answer)
            self._note_listed(answer)
            entries.append(journal.of_answer(answer, self._position(answer)))
            gaps += self._absences.told_by(answer, self._schedules[answer.source], today)
        changes = self._ledger.append([*entries, *gaps], today)
        self._count.record(changes)
        self._keep_count()
        if gaps:
            self._absences.read()
        for answer, new in zip(answers, changes.new, strict=False):  # gaps bring no posts
            self._schedules[answer.source].posts += new
            record = self._record_of(answer.source)
            record.requests += 1
            record.posts += new
            if isinstance(answer, Failed):
                record.failed += 1
            else:
                record.last_ms = today
                record.bad.update((answer.ask.feed.name, words) for words in answer.bad)
                record.read += answer.size
                record.billed += answer.billed
            self._answer_log.record(answer)
        return self.snapshot()

    def tick(self) -> Snapshot:
        """Act on the passing of time: begin the final sweep, end the vote when all is read."""
        self._open_in_time()
        closes_ms, sweeps_ms = self._ledger.contest.closes_ms, self._sweeps_ms()
        today, now = self._time.today(), self._time.now()
        schedules = self._schedules.values()
        if sweeps_ms is None or today < sweeps_ms:
            for name, schedule in self._schedules.items():
                schedule.take_back_sweep(now)
                self._compared.discard(name)
                self._listed.pop(name, None)
        if closes_ms is not None and sweeps_ms is not None and self._state() is State.CLOSING:
            if not any(act.does is ActKind.CLOSED for act in self._ledger.acts):
                self._act(Act(ActKind.CLOSED, closes_ms, CLOCK))
            if today >= sweeps_ms:
                for schedule in schedules:
                    if not schedule.sweeping:
                        schedule.sweep(now, sweeps_ms, today)
                if self._is_read() and not self._seeks_missed(now, today):
                    self._settle(today)
        return self.snapshot()

    def update(self) -> Snapshot:
        """Send a request to every source at the next opportunity."""
        for schedule in self._schedules.values():
            schedule.wake(self._time.now())
        return self.snapshot()

    @property
    def today_ms(self) -> int:
        """The time of day by which the period is judged."""
        return self._time.today()

    def operate(self, act: Act) -> Snapshot:
        """Do the operator's act now; if it isn't allowed, the snapshot says why."""
        self._refused = self.attempt(act)
        return self.snapshot()

    def attempt(self, act: Act) -> str:
        """Do the operator's act now; return "" or a sentence that says why not."""
        contest = self._ledger.contest
        act = replace(act, at_ms=self._time.today())
        try:
            tally = None if self.is_recounting else self._count.tally()
            permissions.check(act, contest, self._state(), tally)
        except ContestError as error:
            return str(error)
        self._act(act)
        if self._ledger.contest != contest:
            self._count.follow()
            self._tell_schedules()
        return ""

    @property
    def is_recounting(self) -> bool:
        """Whether `recount` has something to do."""
        return self._count.recounting is not None

    def recount(self) -> Snapshot:
        """Continue the recount that an act requires."""
        self._count.go_on()
        return self.snapshot()

    def _open_in_time(self) -> None:
        """Record that the vote is open, once its time has come."""
        if not any(act.does is ActKind.OPENED for act in self._ledger.acts):
            opens_ms = self._ledger.contest.opens_ms
            if self._time.today() >= opens_ms:
                self._act(Act(ActKind.OPENED, max(opens_ms, self._time.today())))

    def snapshot(self) -> Snapshot:
        """Return the current snapshot."""
        tally = self._count.tally()
        return Snapshot(
            contest=self._ledger.contest,
            state=self._state(),
            now_ms=self._time.today(),
            tally=tally,
            sources=tuple(self._status(source, tally) for source in self._sources),
            digest=self._ledger.digest,
            ledger=str(self._ledger.path),
            refused=self._refused,
            acts=self._ledger.acts,
            recounting=self._count.recounting,
            entries=self._ledger.entries_written,
        )

    def _schedule(
        self, source: Source, every_ms: int, positions: dict[tuple[str, str], dict[str, object]]
    ) -> Schedule:
        feeds = source.feeds(self._ledger.contest)
        schedule = Schedule(feeds, self._ledger.contest.opens_ms, every_ms)
        schedule.posts = self._log.get(source.name, Record()).posts
        schedule.compares = isinstance(source, LooksUp)
        for feed in feeds:
            body = positions.get((source.name, feed.name))
            if body is not None:
                schedule.positions[feed.name] = self._kept(body.get("position"))
        return schedule

    def _kept(self, body: object) -> Position:
        """Return the position stored in the ledger."""
        try:
            return msgspec.convert(body, Position)
        except msgspec.MsgspecError as error:
            raise LedgerError(
                f"{self._ledger.path} is damaged: it does not say how far all was read."
            ) from error

    def _position(self, answer: Answer) -> Position:
        return self._schedules[answer.source].position(answer.ask.feed)

    def _record_of(self, name: str) -> Record:
        return self._log.setdefault(name, Record())

    def _spent(self, name: str) -> int:
        """Return how many posts were billed; older ledgers don't say, so all stored ones count."""
        record = self._record_of(name)
        return max(record.billed, record.posts)

    def _state(self) -> State:
        contest, today = self._ledger.contest, self._time.today()
        if any(
            act.does is ActKind.OPENED for act in self._ledger.acts
        ):  # by a clock that was ahead
            today = max(today, contest.opens_ms)
        return acts.state(contest, self._ledger.acts, today)

    def _introduce(self) -> None:
        """Record which sources are queried, and how: a result must say where it comes from."""
        known = self._ledger.sources()
        said = [
            journal.of_source(source, self._schedules[source.name].feeds)
            for source in self._sources
        ]
        new = [entry for entry in said if known.get(entry.source) != entry.body]
        if new:
            self._ledger.append(new, self._time.today())

    def _act(self, act: Act) -> None:
        self._ledger.act(act)
        log.info("%s: %s", act.by, act.does.value)

    def end(self) -> Snapshot:
        """Record which sources were away, save the count, and return the last snapshot."""
        if self._state() in (State.OPEN, State.PAUSED, State.CLOSING):
            self._absences.end(self._schedules, self._time.today())
        self._keep_count(at_once=True)
        return self.snapshot()

    def _keep_count(self, *, at_once: bool = False) -> None:
        count = self._count.whole
        if self._checkpoint and count:
            self._checkpoint.move(count, at_once=at_once)

    def _tell_schedules(self) -> None:
        """Give every schedule its feeds, and the time of its final sweep, if known."""
        for source in self._sources:
            schedule = self._schedules[source.name]
            schedule.feeds = source.feeds(self._ledger.contest)
            schedule.opens_ms = self._ledger.contest.opens_ms
        sweeps_ms = self._sweeps_ms()
        if sweeps_ms is not None:
            ahead = max(0, sweeps_ms - self._time.today())
            for schedule in self._schedules.values():
                schedule.sweeps_at = self._time.now() + ahead

    def _sweeps_ms(self) -> int | None:
        """Return when the final sweep begins: after the period, its grace and the settling.

        The period ends later if a network's clock is behind ours, because that clock dates its
        posts.
        """
        contest = self._ledger.contest
        if contest.closes_ms is None:
            return None
        settled_ms = contest.closes_ms + contest.rules.grace_s * 1000 + self._settle_ms
        return settled_ms + self._time.behind_ms()

    def _note_clock(self, answer: Answer) -> None:
        """Record, and report, how far the clock of a network is from ours."""
        if isinstance(answer, Failed) or answer.ahead_ms is None:
            return
        if self._time.note(answer.source, answer.ahead_ms):
            words = clock_words(answer.ahead_ms)
            if words:
                log.warning("%s: %s", answer.source, words)
            self._tell_schedules()

    def _note_listed(self, answer: Answer) -> None:
        """Remember what the final sweep of a source lists, if that will be compared."""
        if isinstance(answer, Failed) or not answer.ask.sweep or answer.ask.sought:
            return
        schedule = self._schedules[answer.source]
        if schedule.compares and not schedule.is_stale(answer):
            listed = self._listed.setdefault(answer.source, set())
            listed.update(answer.names())

    def _is_read(self) -> bool:
        return all(schedule.done or schedule.stopped for schedule in self._schedules.values())

    def _seeks_missed(self, now: int, today: int) -> bool:
        """Make the sources look up what they have seen and their sweeps did not list.

        This needs all sweeps to be done. Returns whether there is anything to look up.
        """
        gaps: list[Entry] = []
        for source in self._sources:
            schedule = self._schedules[source.name]
            if not isinstance(source, LooksUp) or source.name in self._compared or schedule.stopped:
                continue
            self._compared.add(source.name)
            others = [other for other in self._sources if other is not source]
            contest, listed = self._ledger.contest, self._listed.get(source.name, set())
            seen = self._ledger.seen_by(source.name, listed)
            found = missed(source, seen, contest, self._listed, others)
            schedule.seek(found.batches, now)
            gaps += [journal.of_gap(source.name, gap, contest.opens_ms) for gap in found.gaps]
        if gaps:
            self._ledger.append(gaps, today)
            self._absences.read()
        return not self._is_read()

    def _may_be_better(self, answer: Answer) -> bool:
        """Return whether an unreadable post of the final sweep may be readable next time."""
        return isinstance(answer, Page) and answer.ask.sweep and not self._answer_log.knows(answer)

    def _settle(self, today: int) -> None:
        """End the reading: record what was read completely, what wasn't, and that it is over."""
        contest = self._ledger.contest
        entries = [
            journal.of_sweep(name, schedule, contest.opens_ms, contest.closes_ms or today)
            for name, schedule in self._schedules.items()
        ]
        self._ledger.append(entries, today)
        self._absences.read()
        for changes in aside.apply(self._ledger, today):
            self._count.record(changes)
        self._act(Act(ActKind.SETTLED, today, CLOCK))

    def _status(self, source: Source, tally: Tally) -> SourceStatus:
        schedule, today = self._schedules[source.name], self._time.today()
        ended = self._state() in (State.PROVISIONAL, State.CERTIFIED)
        return status(
            source,
            schedule,
            self._record_of(source.name),
            self._absences.of(source.name, schedule, today, ended=ended),
            sum(dict(tally.networks).get(source.network, ())),
            ahead_ms=self._time.ahead_ms(source.name),
            ended=ended,
            now=self._time.now(),
            today_ms=today,
        )
