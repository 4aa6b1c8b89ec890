"""The vote: wires configuration, sources, ledger, polling and a view, and runs them.

What runs is ended in one order: the stream, the workers, the ledger's thread, the ledger.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from reactivex import abc
from reactivex.scheduler import EventLoopScheduler, NewThreadScheduler, TimeoutScheduler

from twittervotes import catalogue
from twittervotes.core import app_logger, cmdline, plan, result
from twittervotes.core.clock import Clock
from twittervotes.core.config import Config, load
from twittervotes.core.errors import ConfigError, TwittervotesError
from twittervotes.core.ledger import Ledger
from twittervotes.core.ledger_file import is_new
from twittervotes.core.model import Source
from twittervotes.core.polling import Polling
from twittervotes.core.runner import Runner
from twittervotes.core.session import Session
from twittervotes.core.snapshot import Doing, Intents, Snapshot, State
from twittervotes.core.view import View
from twittervotes.text.silent import Silent

log = logging.getLogger(__name__)

LAST_WRITE_S = 5.0  # how long a transaction under way is waited for at the end


class Shown(Protocol):
    """A view: `run` shows what `show` is given, until `stop`."""

    def show(self, snapshot: Snapshot) -> None: ...

    def run(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Threads:
    """The threads of the pipeline."""

    clock: abc.SchedulerBase = field(default_factory=NewThreadScheduler)
    ledger: EventLoopScheduler = field(default_factory=EventLoopScheduler)
    timer: abc.SchedulerBase = field(default_factory=TimeoutScheduler.singleton)


def run(options: cmdline.Options) -> int:
    """Run a vote; return the exit code: 0 whole, 2 wrong use or configuration, 3 a gap."""
    app_logger.setup()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(options)
    except TwittervotesError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Ended before the vote was opened.\n")
        return 130


def _run(options: cmdline.Options) -> int:
    config = load(options.config, catalogue.sections())
    names = options.sources or config.sources
    catalogue.check(names)
    ways = plan.ways(options, config)
    clock = Clock()
    with ExitStack() as running:
        ledger, sources = _prepared(options, config, names, clock, running)
        log.info("The ledger is %s", ledger.path)
        session = Session(ledger, sources, clock, every_ms=ways.every_ms, settle_ms=ways.settle_ms)
        last = _count(session, sources, ways.view)
    if ways.view is View.NONE:
        with suppress(BrokenPipeError):
            sys.stdout.write(result.text(last))
            sys.stdout.flush()
    return 0 if result.is_whole(last) else 3


def _prepared(
    options: cmdline.Options,
    config: Config,
    names: tuple[str, ...],
    clock: Clock,
    running: ExitStack,
) -> tuple[Ledger, tuple[Source, ...]]:
    """Return the ledger, a new one or one taken up, and the sources to ask for its contest."""
    is_rehearsal = catalogue.REHEARSAL in names
    if options.ledger is not None and not is_new(options.ledger):
        ledger = running.enter_context(Ledger.reopen(options.ledger))
        plan.check_same(options, ledger.contest, ledger.path)
        if ledger.contest.rehearsal != is_rehearsal:
            kind = "a rehearsal" if ledger.contest.rehearsal else "a real vote"
            raise ConfigError(
                f"{ledger.path} holds {kind}; --source {names[0]} cannot go on in it."
            )
        return ledger, catalogue.sources(names, config, ledger.contest, running)
    contest = plan.new_contest(options, config, clock.today(), rehearsal=is_rehearsal)
    sources = catalogue.sources(names, config, contest, running)
    path = options.ledger or plan.new_ledger(contest)
    return running.enter_context(Ledger.create(path, contest, clock.today())), sources


def _count(session: Session, sources: Sequence[Source], view: View) -> Snapshot:
    """Count until the view ends, and return the last snapshot."""
    threads = Threads()
    runner = Runner()
    polling = Polling(session, sources, runner, threads)
    from twittervotes.text.screen import Screen  # not above: rich takes a while to import

    window = _window(polling.intents()) if view is View.WINDOW else None
    shown: Shown = window or (Silent() if view is View.NONE else Screen())
    last = session.begin()

    def show(snapshot: Snapshot) -> None:
        nonlocal last
        last = snapshot
        shown.show(snapshot)
        if window is None and _is_over(snapshot):
            shown.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: shown.stop())
    shown.show(last)
    subscription = polling.snapshots().subscribe(show, _failed)
    try:
        shown.run()
    finally:
        subscription.dispose()
        runner.close()
        _end(threads.ledger)
    return replace(session.snapshot(), trouble=last.trouble)


def _window(intents: Intents) -> Shown | None:
    """Return the window, None where there is no display or no Tk."""
    try:
        import tkinter

        from twittervotes.desktop.window import Window
    except ImportError:
        log.warning("This Python has no Tk (tkinter): the vote is shown as text.")
        return None
    try:
        return Window(intents)
    except tkinter.TclError:
        log.warning("There is no display: the vote is shown as text.")
        return None


def _is_over(snapshot: Snapshot) -> bool:
    """Tell whether nothing more will come: all is read, or nothing can be."""
    if snapshot.trouble or snapshot.state in (State.PROVISIONAL, State.CERTIFIED):
        return True
    return all(source.doing is Doing.STOPPED for source in snapshot.sources)


def _end(ledger: EventLoopScheduler) -> None:
    """End the ledger's thread, after what it is writing."""
    idle = threading.Event()
    ledger.schedule(lambda *_: idle.set())
    idle.wait(LAST_WRITE_S)
    ledger.dispose()


def _failed(error: Exception) -> None:
    log.error("The count has stopped.", exc_info=error)
