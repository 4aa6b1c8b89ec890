"""The pipeline in virtual time, with answers given by hand; and once with its real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from doubles import FakeSource, HandRunner, post
from patience import PATIENCE_S, until
from reactivex import abc
from reactivex.scheduler import EventLoopScheduler, NewThreadScheduler, TimeoutScheduler
from reactivex.testing import TestScheduler

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Choice, Contest, PerAccount, Rules
from twittervotes.core.contest.posts import Answer, Ask, Remedy, Source
from twittervotes.core.contest.snapshot import Snapshot, SourceState, State
from twittervotes.core.counting import live
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import pipeline as polling_module
from twittervotes.core.polling.pipeline import Polling
from twittervotes.core.polling.session import Session

OPENS_MS = 1_700_000_000_000
CONTEST = Contest("?", (Choice("debian"),), opens_ms=OPENS_MS, closes_ms=OPENS_MS + 600_000)
ONE, TWO = FakeSource("one"), FakeSource("two")


@dataclass
class Threads:
    clock: abc.SchedulerBase
    ledger: Any
    timer: abc.SchedulerBase


class Virtual:
    """The pipeline of two sources, with a clock that the test moves."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.time = TestScheduler()
        self.runner = HandRunner()
        self.ledger = stack.enter_context(Ledger.create(path, CONTEST, OPENS_MS))
        clock = Clock(lambda: OPENS_MS + self.now_ms(), self.now_ms)
        self.session = Session(self.ledger, (ONE, TWO), clock, every_ms=1000, settle_ms=5000)
        self.session.begin()
        threads = Threads(self.time, self.time, self.time)
        self.polling = Polling(self.session, (ONE, TWO), self.runner, threads)
        self.shown: list[Snapshot] = []
        self.errors: list[Exception] = []
        self.completed: list[bool] = []
        self.subscription = self.polling.snapshots().subscribe(
            self.shown.append, self.errors.append, lambda: self.completed.append(True)
        )
        self.until(0.05)

    def now_ms(self) -> int:
        return round(float(self.time.clock) * 1000)  # type: ignore[arg-type]

    def until(self, seconds: float) -> Snapshot:
        self.time.advance_to(seconds)
        return self.shown[-1]

    def answer(self, source: FakeSource, *posts: Any, newest: str = "1") -> None:
        ask = self.runner.ask_of(source.name)
        self.runner.answer(source.name, source.page(ask, *posts, newest=newest))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Virtual]:
    with ExitStack() as stack:
        world = Virtual(tmp_path / "vote.votes", stack)
        yield world
        world.subscription.dispose()
        assert not world.errors, "the stream never errs"


def vote(key: int) -> Any:
    return post(key, at_ms=OPENS_MS + 1000)


def test_every_source_is_queried_once_at_the_start(world: Virtual) -> None:
    world.until(0.5)
    assert sorted(name for name, _ in world.runner.submitted) == ["one", "two"]
    world.until(30)
    assert len(world.runner.submitted) == 2, "a second request while the first is under way"


def test_while_nothing_happens_one_snapshot_a_second_is_shown(world: Virtual) -> None:
    world.until(2.05)
    before = len(world.shown)
    world.until(12.05)
    assert len(world.shown) - before == 10
    assert [snapshot.now_ms // 1000 for snapshot in world.shown[-10:]] == [
        OPENS_MS // 1000 + second for second in range(3, 13)
    ]


def test_requests_follow_answers_on_schedule(world: Virtual) -> None:
    world.until(0.3)
    world.answer(ONE, vote(1))
    assert world.until(0.35).tally.total == 1
    world.until(0.9)
    assert world.runner.count_of("one") == 1
    world.until(1.2)
    assert world.runner.count_of("one") == 2
    assert world.runner.ask_of("one").since == "1"


def test_the_pages_of_a_round_follow_each_other_without_a_wait(world: Virtual) -> None:
    for token in ("9", "8", "7", ""):
        ask = world.runner.ask_of("one")
        world.runner.answer("one", ONE.page(ask, newest="10", token=token))
        world.until(world.now_ms() / 1000 + 0.01)
    assert [ask.token for name, ask in world.runner.submitted if name == "one"] == [
        "",
        "9",
        "8",
        "7",
    ]


def test_a_slow_source_slows_no_other(world: Virtual) -> None:
    for second in range(1, 21):
        world.answer(TWO, vote(second))
        world.until(second * 1.1)
    assert world.runner.count_of("one") == 1
    assert world.runner.count_of("two") == 21


def test_a_source_in_trouble_slows_no_other(world: Virtual) -> None:
    for second in range(1, 21):
        world.answer(TWO, vote(second))
        if not world.runner.futures[-1].done() and world.runner.submitted[-1][0] == "one":
            ask = world.runner.ask_of("one")
            world.runner.answer("one", ONE.failed(ask, Remedy.STOP))
        world.until(second * 1.1)
    assert world.runner.count_of("two") == 21


def test_a_stuck_worker_is_abandoned_and_polling_continues(world: Virtual) -> None:
    stuck = world.runner.futures[0]
    shown = world.until(60.5)
    assert world.runner.restarts >= 1
    assert shown.sources[0].failed == 1
    assert "did not answer within 60 s" in shown.sources[0].words
    world.until(62)
    assert world.runner.count_of("one") == 2
    assert stuck.cancelled()
    world.answer(ONE, vote(1))
    assert world.until(63).tally.total == 1


def test_an_answer_that_comes_after_its_time_is_dropped(world: Virtual) -> None:
    late = world.runner.futures[0]
    late.set_running_or_notify_cancel()  # a running future cannot be cancelled
    world.until(61)
    late.set_result((ONE.page(world.runner.submitted[0][1], vote(1), newest="1"),))
    assert world.until(61.1).tally.total == 0


def test_a_broken_pool_is_reported_as_a_failure(world: Virtual) -> None:
    world.runner.futures[0].set_exception(BrokenProcessPool())
    shown = world.until(0.3)
    assert shown.sources[0].doing is SourceState.TROUBLE
    assert "A worker process ended unexpectedly" in shown.sources[0].words
    world.until(2)
    assert world.runner.count_of("one") == 2


@pytest.mark.parametrize("error", [BrokenProcessPool(), OSError("no more processes")])
def test_a_worker_that_cannot_be_started_costs_a_poll_only(
    world: Virtual, error: Exception
) -> None:
    world.answer(ONE)
    world.runner.refuses = error
    shown = world.until(1.5)
    assert shown.sources[0].failed >= 1
    assert not shown.trouble
    world.runner.refuses = None
    world.until(10)
    world.answer(ONE, vote(1))
    assert world.until(10.2).tally.total == 1


def test_answers_that_wait_are_written_in_one_transaction(world: Virtual) -> None:
    statements: list[str] = []
    world.ledger._db.set_trace_callback(statements.append)
    world.answer(ONE, vote(1))
    world.answer(TWO, vote(2))
    shown = world.until(0.09)
    assert shown.tally.total == 2
    assert statements.count("COMMIT") == 1
    assert [source.requests for source in shown.sources] == [1, 1]


def test_only_committed_votes_are_shown(world: Virtual) -> None:
    committed: list[str] = []
    append = world.ledger.append

    def watched(*values: Any) -> Any:
        changes = append(*values)
        committed.append(world.ledger.digest)
        return changes

    world.ledger.append = watched  # type: ignore[method-assign]
    before = {shot.digest for shot in world.shown}
    for second in range(1, 6):
        world.answer(ONE, vote(second))
        world.until(second * 1.2)
    assert {shot.digest for shot in world.shown} - before == set(committed)
    totals = [shot.tally.total for shot in world.shown]
    assert totals == sorted(totals)
    assert totals[-1] == 5


@pytest.mark.logs_errors
def test_an_unwritable_ledger_ends_the_count(
    world: Virtual, caplog: pytest.LogCaptureFixture
) -> None:
    world.answer(ONE, vote(1))
    world.until(0.2)
    world.until(1.5)
    world.ledger._db.execute("PRAGMA query_only = 1")
    world.answer(ONE, vote(2))
    shown = world.until(2)
    assert str(world.ledger.path) in shown.trouble
    assert shown.tally.total == 1, "what is shown is committed"
    assert world.completed == [True]
    assert caplog.text.count("Counting has stopped") == 1
    assert "Traceback" not in caplog.text
    requests = len(world.runner.submitted)
    world.until(60)
    assert len(world.runner.submitted) == requests


@pytest.mark.logs_errors
def test_a_bug_ends_the_count_and_is_logged(
    world: Virtual, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.session, "tick", lambda: 1 // 0)
    assert "ZeroDivisionError" in world.until(1).trouble
    assert world.completed == [True]
    assert "Traceback" in caplog.text


def test_intents_run_on_the_ledgers_thread(
    world: Virtual,
) -> None:
    intents = world.polling.intents()
    world.until(10.01)
    shots = len(world.shown)
    intents.pause()
    assert len(world.shown) == shots, "it returns at once"
    assert world.until(10.02).state is State.PAUSED
    intents.resume()
    assert world.until(10.03).state is State.OPEN
    intents.close()
    assert world.until(11.1).state is State.CLOSING


def test_a_recount_continues_by_itself_and_answers_are_recorded_meanwhile(
    world: Virtual, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "COUNTED", 2)
    recorded = []
    record = world.session.record

    def noted(answers: Sequence[Answer]) -> Snapshot:
        shown = record(answers)
        recorded.append(shown.recounting)
        return shown

    monkeypatch.setattr(world.session, "record", noted)
    world.answer(ONE, *(vote(number) for number in range(40)))
    world.until(0.2)
    world.polling.intents().act(Act(ActKind.RULED, rules=Rules(per_account=PerAccount.LAST)))
    world.answer(TWO, vote(40))
    shown = world.until(0.5)
    assert (shown.recounting, shown.tally.total) == (None, 41)
    assert shown.contest.rules.per_account is PerAccount.LAST
    marked = [shot.recounting for shot in world.shown if shot.recounting is not None]
    assert len(set(marked)) >= 20, "each slice is shown"
    assert recorded[0] is None
    assert recorded[1] is not None, "the second answer waited for the end of the recount"


def test_update_polls_now(world: Virtual) -> None:
    world.until(0.3)
    world.answer(ONE)
    world.until(0.45)
    world.polling.intents().update()
    world.until(0.55)
    assert world.runner.count_of("one") == 2


def test_a_vote_runs_to_its_whole_end(world: Virtual) -> None:
    world.polling.intents().close()
    shown = world.shown[-1]
    key, second = 0, 0.05
    while shown.state is not State.PROVISIONAL and second < 30:
        for source in (ONE, TWO):
            future = world.runner.futures[
                max(n for n, (name, _) in enumerate(world.runner.submitted) if name == source.name)
            ]
            if not future.done():
                key += 1
                world.answer(source, newest=str(key))
        second += 0.25
        shown = world.until(second)
    assert shown.state is State.PROVISIONAL
    assert [source.doing for source in shown.sources] == [SourceState.DONE, SourceState.DONE]
    requests = len(world.runner.submitted)
    world.until(second + 60)
    assert len(world.runner.submitted) == requests


def test_disposal_cancels_what_is_under_way_and_asks_no_more(world: Virtual) -> None:
    world.until(0.5)
    world.subscription.dispose()
    assert all(future.cancelled() for future in world.runner.futures)
    shots, requests = len(world.shown), len(world.runner.submitted)
    world.polling.intents().update()
    world.until(600)
    assert (len(world.shown), len(world.runner.submitted)) == (shots, requests)
    assert world.runner.restarts == 0


# --- with its real threads --------------------------------------------------------------------


@dataclass
class Pool:
    """Workers that are threads: one responds fast, the other hangs for longer than allowed."""

    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(64))
    let_go: threading.Event = field(default_factory=threading.Event)
    restarts: int = 0
    number: int = 0

    def submit(self, source: FakeSource, ask: Ask) -> Future[tuple[Answer, ...]]:
        return self.pool.submit(self._work, source, ask)

    def _work(self, source: FakeSource, ask: Ask) -> tuple[Answer, ...]:
        if source.name == "two":
            self.let_go.wait(PATIENCE_S)
            return (source.failed(ask),)
        self.number += 1
        return (source.page(ask, vote(self.number), newest=str(self.number)),)

    def restart(self, source: Source) -> None:
        self.restarts += 1


def test_disposal_ends_all_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling_module, "TICK_S", 0.01)
    monkeypatch.setattr(polling_module, "STUCK_S", 0.2)
    before = set(threading.enumerate())
    opens_ms = int(time.time()) * 1000 - 10_000
    contest = replace(CONTEST, opens_ms=opens_ms, closes_ms=None)
    shown: list[Snapshot] = []
    threads_of_shows: set[str] = set()
    failed = threading.Event()

    def show(snapshot: Snapshot) -> None:
        shown.append(snapshot)
        threads_of_shows.add(threading.current_thread().name)
        if snapshot.sources[1].failed and snapshot.sources[0].requests > 20:
            failed.set()

    pool = Pool()
    threads = Threads(NewThreadScheduler(), EventLoopScheduler(), TimeoutScheduler.singleton())
    with Ledger.create(tmp_path / "vote.votes", contest, opens_ms) as ledger:
        session = Session(ledger, (ONE, TWO), Clock(), every_ms=0, settle_ms=0)
        polling = Polling(session, (ONE, TWO), pool, threads)
        session.begin()
        errors: list[Exception] = []
        subscription = polling.snapshots().subscribe(show, errors.append)
        assert failed.wait(PATIENCE_S)
        polling.intents().pause()
        subscription.dispose()
        seen = len(shown)
        pool.let_go.set()
        pool.pool.shutdown(wait=True, cancel_futures=True)
        idle = threading.Event()
        threads.ledger.schedule(lambda *_: idle.set())
        assert idle.wait(PATIENCE_S)
        threads.ledger.dispose()
        late = len(shown) - seen
    assert not errors
    assert late <= 1, "only what was in flight may still come"
    assert len(threads_of_shows) == 1, "all is shown from the ledger's thread"
    assert pool.restarts >= 1
    until(lambda: set(threading.enumerate()) <= before, told=threading.enumerate)
