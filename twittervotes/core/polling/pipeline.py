"""The only Rx pipeline: from the futures of the workers to the snapshots for the views.

    ticks ──▶ for each source: due? ──▶ submit ──▶ future ──▶ Page | Failed ──┐
                                                                              ▼ ledger's thread
    intents ────────────────────────────────────────────────────────▶ session ──▶ snapshots

All state lives on the ledger's thread: each request is decided there, and its answer is recorded
there before the next one is decided. While that thread is busy, answers collect in an inbox and are
then written in one transaction. Network trouble is a value; an error in the stream means a broken
ledger and ends the count.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

import reactivex
from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.subject import Subject

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.posts import Answer, Ask, Failed, Remedy, Source
from twittervotes.core.contest.snapshot import Intents, Snapshot
from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from twittervotes.core.polling.session import Session

log = logging.getLogger(__name__)

TICK_S = 0.1
LOOK_EVERY = 2
STUCK_S = 60.0  # a worker that hasn't answered by then is abandoned; it bounds its own requests

Command = Callable[[], Snapshot]
Answers = tuple[Answer, ...]  # of one source, in the order in which it returned them


class Submitter(Protocol):
    """Accepts requests: the Runner, or a test double."""

    def submit(self, source: Source, ask: Ask) -> Future[tuple[Answer, ...]]:
        """Send a request to a worker and return a future of its answers."""

    def restart(self, source: Source) -> None:
        """Replace the worker of a source."""


class Schedulers(Protocol):
    """The threads of the pipeline: a clock, the ledger's thread, a timer for stuck workers."""

    @property
    def clock(self) -> abc.SchedulerBase:
        """Ticks."""

    @property
    def ledger(self) -> abc.SchedulerBase:
        """Runs everything that touches the ledger, on one thread."""

    @property
    def timer(self) -> abc.SchedulerBase:
        """Runs delayed work."""


class Polling:
    """The pipeline of one session: subscribe to `snapshots`, control it with `intents`."""

    def __init__(
        self,
        session: Session,
        sources: Sequence[Source],
        runner: Submitter,
        schedulers: Schedulers,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        """Count; call `look` on the ledger's thread, every LOOK_EVERY ticks, for requested acts."""
        self._look = look
        self._session = session
        self._sources = sources
        self._runner = runner
        self._schedulers = schedulers
        self._inbox: SimpleQueue[Answers] = SimpleQueue()
        self._commands: Subject[Command] = Subject()

    def intents(self) -> Intents:
        """Return what a view may call; the work happens on the ledger's thread."""
        session, order = self._session, self._commands.on_next

        def act(wanted: Act) -> None:
            order(lambda: session.operate(wanted))

        return Intents(
            update=lambda: order(session.update),
            pause=lambda: act(Act(ActKind.PAUSED)),
            resume=lambda: act(Act(ActKind.RESUMED)),
            close=lambda: act(Act(ActKind.CLOSED)),
            act=act,
        )

    def snapshots(self) -> Observable[Snapshot]:
        """Return the snapshots of the session, cold: the one subscription runs the count.

        It never fails: if counting can't continue, the last snapshot says why in `trouble`, and the
        stream completes.
        """
        ticks = reactivex.interval(TICK_S, scheduler=self._schedulers.clock).pipe(
            ops.start_with(-1), ops.observe_on(self._schedulers.ledger), ops.share()
        )
        commands = self._commands.pipe(ops.observe_on(self._schedulers.ledger), ops.map(_obey))
        time = ticks.pipe(ops.map(self._tick), ops.distinct_until_changed(comparer=_says_the_same))
        polls = [self._polls(source, ticks) for source in self._sources]
        recounts = self._recounts(ticks)
        return reactivex.merge(*polls, commands, time, recounts).pipe(ops.catch(self._told))

    def _recounts(self, ticks: Observable[int]) -> Observable[Snapshot]:
        """Recount in slices when an act requires it; answers are recorded between two slices."""

        def is_left(_: Observable[Snapshot]) -> bool:
            return self._session.is_recounting

        def slice_(_: abc.SchedulerBase | None) -> Observable[Snapshot]:
            return reactivex.just(self._session.recount())

        slices = reactivex.defer(slice_).pipe(ops.subscribe_on(self._schedulers.ledger))

        def whole(_: int) -> Observable[Snapshot]:
            return slices.pipe(ops.while_do(is_left))

        return ticks.pipe(ops.map(whole), ops.exclusive())

    def _polls(self, source: Source, ticks: Observable[int]) -> Observable[Snapshot]:
        """Request from `source` whenever it is due, one request at a time."""

        def is_due(_: Observable[Snapshot]) -> bool:
            return self._session.due(source)

        def turn(_: int) -> Observable[Snapshot]:
            return reactivex.defer(self._poll(source)).pipe(ops.while_do(is_due))

        return ticks.pipe(ops.map(turn), ops.exclusive())

    def _poll(self, source: Source) -> Callable[[abc.SchedulerBase | None], Observable[Snapshot]]:
        """Return a factory of one request: submitted on subscription, recorded when answered."""

        def submitted(_: abc.SchedulerBase | None = None) -> Observable[Snapshot]:
            ask = self._session.ask(source)

            def submit(_: abc.SchedulerBase | None) -> Observable[Answers]:
                return _answers(self._runner.submit(source, ask))

            def stuck(_: abc.SchedulerBase | None) -> Observable[Answers]:
                self._runner.restart(source)
                words = f"A worker process did not answer within {STUCK_S:.0f} s."
                return _none(Failed(source.name, ask, Remedy.RETRY, words))

            def failed(error: Exception, _: Observable[Answers]) -> Observable[Answers]:
                log.debug("no answer from the worker of %s", source.name, exc_info=error)
                words = f"A worker process ended unexpectedly ({type(error).__name__})."
                return _none(Failed(source.name, ask, Remedy.RETRY, words))

            return reactivex.defer(submit).pipe(
                ops.timeout(STUCK_S, reactivex.defer(stuck), self._schedulers.timer),
                ops.catch(failed),
                ops.do_action(self._inbox.put),
                ops.observe_on(self._schedulers.ledger),
                ops.flat_map(self._record),
            )

        return submitted

    def _record(self, _: Answers) -> Observable[Snapshot]:
        """Record all waiting answers, of all sources; the other sources' calls then find none."""
        answers = [answer for waiting in _waiting(self._inbox) for answer in waiting]
        return reactivex.just(self._session.record(answers)) if answers else reactivex.empty()

    def _tick(self, number: int) -> Snapshot:
        if number % LOOK_EVERY == 0:
            self._look()
        return self._session.tick()

    def _told(self, error: Exception, _: Observable[Snapshot]) -> Observable[Snapshot]:
        log.error("Counting has stopped: %s", error, exc_info=_unexpected(error))
        words = str(error) if isinstance(error, TwittervotesError) else f"A fault: {error!r}."
        return reactivex.just(replace(self._session.snapshot(), trouble=words))


def _answers(future: Future[Answers]) -> Observable[Answers]:
    return reactivex.from_future(future)


def _none(failed: Failed) -> Observable[Answers]:
    return reactivex.just((failed,))


def _says_the_same(one: Snapshot, other: Snapshot) -> bool:
    """Return whether `other` differs from `one` only in that less than a second has passed."""
    return one.now_ms // 1000 == other.now_ms // 1000 and replace(one, now_ms=other.now_ms) == other


def _obey(command: Command) -> Snapshot:
    return command()


def _waiting(inbox: SimpleQueue[Answers]) -> Iterator[Answers]:
    while True:
        try:
            yield inbox.get_nowait()
        except Empty:
            return


def _unexpected(error: Exception) -> Exception | None:
    return None if isinstance(error, TwittervotesError) else error
