"""The whole live path as the program wires it, run until a condition holds.

The machine's speed doesn't matter. A count ends when a snapshot fulfils a condition, and so does a
worker that is to be killed.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from patience import PATIENCE_S
from reactivex import abc
from reactivex.scheduler import EventLoopScheduler, NewThreadScheduler, TimeoutScheduler

from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.posts import Source
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.pipeline import Polling
from twittervotes.core.polling.session import Session
from twittervotes.core.polling.workers import Runner

Holds = Callable[[Snapshot], object]


@dataclass(frozen=True)
class Threads:
    clock: abc.SchedulerBase = field(default_factory=NewThreadScheduler)
    ledger: EventLoopScheduler = field(default_factory=EventLoopScheduler)
    timer: abc.SchedulerBase = field(default_factory=TimeoutScheduler.singleton)


def counted(
    ledger: Ledger,
    sources: Sequence[Source],
    *,
    settle_ms: int,
    until: Holds = lambda _: False,
    kill_when: Holds | None = None,
    close_when: Holds = lambda _: False,
) -> list[Snapshot]:
    """Count until the result is complete, or `until` holds; return all snapshots.

    As soon as `kill_when` holds, the workers of the first source are killed; as soon as
    `close_when` holds, the operator closes the vote.
    """
    session = Session(ledger, sources, Clock(), every_ms=300, settle_ms=settle_ms)
    threads, runner = Threads(), Runner(ledger.salt)
    shown: list[Snapshot] = []
    killed: list[int] = []
    closed, over = threading.Event(), threading.Event()

    def show(snapshot: Snapshot) -> None:
        shown.append(snapshot)
        if kill_when is not None and not killed and kill_when(snapshot):
            killed.extend(runner._lanes[sources[0].name].pool._processes or ())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
        if not closed.is_set() and close_when(snapshot):
            closed.set()
            intents.close()
        if snapshot.state is State.PROVISIONAL or snapshot.trouble or until(snapshot):
            over.set()

    polling = Polling(session, sources, runner, threads)
    intents = polling.intents()
    session.begin()
    subscription = polling.snapshots().subscribe(show, lambda error: over.set())
    try:
        over.wait(2 * PATIENCE_S)
    finally:
        subscription.dispose()
        runner.close()
        idle = threading.Event()
        threads.ledger.schedule(lambda *_: idle.set())
        assert idle.wait(PATIENCE_S)
        threads.ledger.dispose()
    assert bool(killed) == (kill_when is not None)
    return shown
