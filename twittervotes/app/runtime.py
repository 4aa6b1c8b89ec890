"""A running vote: starts everything it needs in order, and stops it in reverse.

This may take a while, so a window is painted first.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reactivex import abc
from reactivex.scheduler import EventLoopScheduler, NewThreadScheduler, TimeoutScheduler

from twittervotes.app import registry
from twittervotes.app.ballot_page import WEB, BallotPage
from twittervotes.app.intents import IDLE, answering
from twittervotes.board import curtain
from twittervotes.cli import plan
from twittervotes.core import file_name
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.counting.checkpoint import Checkpoint
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.reader import Reader, explained
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.inbox import Curtain, Inbox
from twittervotes.core.polling.pipeline import Polling
from twittervotes.core.polling.session import Session
from twittervotes.core.polling.workers import Runner
from twittervotes.sources.web.settings import WebSettings
from twittervotes.text.graphics import Graphics, was_hidden

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twittervotes.app.opening import VoteRequest
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Source

log = logging.getLogger(__name__)

LAST_WRITE_S = 5.0  # how long to wait on exit for a transaction that is being written


@dataclass(frozen=True, slots=True)
class Threads:
    """The threads of the pipeline."""

    clock: abc.SchedulerBase = field(default_factory=NewThreadScheduler)
    ledger: EventLoopScheduler = field(default_factory=EventLoopScheduler)
    timer: abc.SchedulerBase = field(default_factory=TimeoutScheduler.singleton)


@dataclass(slots=True)
class ShownOrHidden:
    """The curtain of a vote without a window: only a desk can change it."""

    hidden: bool = False


class Live:
    """A running vote: counted from `begin` until `end`; `last` is the latest snapshot.

    `was_hidden` says whether its results were hidden when it was last counted.
    """

    last: Snapshot
    was_hidden: bool = False

    def __init__(self, order: VoteRequest, curtain: Curtain | None = None) -> None:
        """Create the sources and open the ledger; raise TwittervotesError if that fails.

        `curtain` says whether results are hidden from the audience, also in the files for graphics.
        """
        self._curtain: Curtain = ShownOrHidden() if curtain is None else curtain
        self.intents = IDLE
        self._running = ExitStack()
        self._session: Session | None = None
        self._folder: Path | None = None
        self.page: BallotPage | None = None
        with ExitStack() as undone:
            undone.callback(self._running.close)
            if order.state is State.CERTIFIED and order.ledger:
                self.intents = answering(IDLE, order.ledger)
                with Reader(order.ledger) as reader:
                    self.last = replace(outcome(reader), acts=reader.acts)
            else:
                self._prepare(order)
            undone.pop_all()
        log.info("The ledger is %s", self.last.ledger)

    def begin(self, show: Callable[[Snapshot], None]) -> None:
        """Count, and call `show` with each snapshot, from any thread."""
        show(self.last)
        if self._session is None:
            return
        without_pauses()
        graphics, page = self._graphics(), self.page

        def shown(snapshot: Snapshot) -> None:
            if page:
                page.show(snapshot)
                snapshot = replace(snapshot, address=page.address)
            self.last = snapshot
            if graphics:
                graphics.show(snapshot)
                snapshot = replace(snapshot, lagging=graphics.lagging)
            show(snapshot)

        subscription = self._polling.snapshots().subscribe(shown, _failed)
        self._running.callback(self._look_last, self._session)
        self._running.callback(_end, self._threads.ledger)
        self._running.callback(self._runner.close)
        self._running.callback(subscription.dispose)

    def _graphics(self) -> Graphics | None:
        """Start writing the files for graphics, unless they are turned off."""
        if self._folder is None:
            return None
        graphics = Graphics(self._folder, is_hidden=self._is_hidden, more=curtain.files)
        graphics.show(self.last)
        writer = threading.Thread(target=graphics.run, name="graphics", daemon=True)
        writer.start()

        def end() -> None:
            graphics.show(self.last)
            graphics.stop()
            writer.join(LAST_WRITE_S)

        self._running.callback(end)
        return graphics

    def end(self) -> Snapshot:
        """Stop everything, and return the last snapshot."""
        self._running.close()
        return self.last

    def _is_hidden(self) -> bool:
        return self._curtain.hidden

    def _look_last(self, session: Session) -> None:
        self.last = replace(session.end(), trouble=self.last.trouble)

    def _prepare(self, order: VoteRequest) -> None:
        clock = Clock()
        ledger, sources = self._opened(order, clock)
        ways = plan.ways(order.options, order.config)
        with explained(ledger.path):
            self._session = Session(
                ledger,
                sources,
                clock,
                every_ms=ways.every_ms,
                settle_ms=ways.settle_ms,
                checkpoint=Checkpoint(file_name.checkpoints(), ledger),
            )
            self.last = self._session.begin()
            inbox = Inbox(ledger, self._session, self._curtain, clock)
        self._threads = Threads()
        self._runner = Runner(salt=ledger.salt)
        self._polling = Polling(self._session, sources, self._runner, self._threads, inbox.look)
        self.intents = answering(self._polling.intents(), ledger.path)
        self._folder = plan.graphics(order.config.files, ledger.path)
        self.was_hidden = inbox.was_hidden
        if isinstance(self._curtain, ShownOrHidden):
            self._curtain.hidden = inbox.was_hidden
        if self._folder and order.contest is None:
            self.was_hidden |= was_hidden(self._folder)

    def _opened(self, order: VoteRequest, clock: Clock) -> tuple[Ledger, tuple[Source, ...]]:
        """Return the ledger and the sources to query for its contest."""
        path, running = order.ledger, self._running
        if path is None:
            raise ConfigError("No ledger is open.")
        if order.contest is not None:
            sources = self._sources(order, order.contest, path)
            ledger = Ledger.create(path, order.contest, clock.today())
            return running.enter_context(ledger), sources
        ledger = running.enter_context(Ledger.reopen(path))
        if order.state is State.PROVISIONAL:
            return ledger, order.asked
        return ledger, self._sources(order, ledger.contest, path)

    def _sources(self, order: VoteRequest, contest: Contest, ledger: Path) -> tuple[Source, ...]:
        """Return the sources to query, and open the ballot page if there is one."""
        names = tuple(name for name in order.names if name != WEB)
        found = registry.sources(names, order.config, contest, self._running)
        if WEB not in order.names:
            return found
        settings = order.config.section(WebSettings)
        self.page = BallotPage(settings, contest, ledger, self._is_hidden)
        self._running.callback(self.page.close)
        return (*found, *self.page.sources(contest))


def without_pauses() -> None:
    """Keep the window responsive while a flood of posts is recorded in the same process.

    A full garbage collection stops all threads while it scans all objects, of which few are ever
    freed, so it runs rarely. The recording thread also yields more often than the interpreter's
    default of 5 ms.
    """
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
    sys.setswitchinterval(0.002)


def _end(ledger: EventLoopScheduler) -> None:
    """Stop the ledger's thread after its current write."""
    idle = threading.Event()
    ledger.schedule(lambda *_: idle.set())
    idle.wait(LAST_WRITE_S)
    ledger.dispose()


def _failed(error: Exception) -> None:
    log.error("The count has stopped.", exc_info=error)
