"""The whole live path against the rehearsal's own process: the tally is the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from reactivex import abc
from reactivex.scheduler import EventLoopScheduler, NewThreadScheduler, TimeoutScheduler

from twittervotes.core import schedule
from twittervotes.core.acts import second_before
from twittervotes.core.clock import Clock
from twittervotes.core.contest import Choice, Contest
from twittervotes.core.counting import tally
from twittervotes.core.ledger import Ledger
from twittervotes.core.polling import Polling
from twittervotes.core.runner import Runner
from twittervotes.core.session import Session
from twittervotes.core.snapshot import Doing, Snapshot, State
from twittervotes.rehearsal.settings import Faults, RehearsalSettings
from twittervotes.rehearsal.stage import Stage, start
from twittervotes.sources.twitter import Twitter

TAGS = ("debian", "ubuntu", "arch")
OPEN_MS, SETTLE_MS = 5_000, 2_500
SETTINGS = RehearsalSettings(
    audience=400,
    rate=80,
    seed=3,
    late=0.2,
    late_s=2.0,
    before_s=5.0,
    short=0.2,
    limit=25,
    window_s=4.0,
    faults=Faults(
        unavailable=0.03,
        internal=0.02,
        too_many=0.01,
        calm=0.02,
        cut=0.03,
        not_json=0.02,
        other_shape=0.02,
        bad_post=0.05,
        reset=0.03,
    ),
)


@dataclass(frozen=True)
class Threads:
    clock: abc.SchedulerBase = field(default_factory=NewThreadScheduler)
    ledger: EventLoopScheduler = field(default_factory=EventLoopScheduler)
    timer: abc.SchedulerBase = field(default_factory=TimeoutScheduler.singleton)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(schedule, "FIRST_QUOTA_WAIT_MS", 500)  # for 420, which says nothing
    monkeypatch.setattr(schedule, "FIRST_BACKOFF_MS", 200)
    with start(SETTINGS, TAGS) as stage:
        yield stage


def twitter(stage: Stage) -> Twitter:
    keys = stage.credentials
    return Twitter(
        keys.consumer_key,
        keys.consumer_secret,
        keys.oauth_token,
        keys.oauth_token_secret,
        endpoint=stage.url,
    )


def counted(ledger: Ledger, source: Twitter, within_s: float) -> list[Snapshot]:
    """Count until the result is whole, or the time is over, and end everything."""
    session = Session(ledger, (source,), Clock(), every_ms=300, settle_ms=SETTLE_MS)
    threads, runner = Threads(), Runner(1)
    shown: list[Snapshot] = []
    over = threading.Event()

    def show(snapshot: Snapshot) -> None:
        shown.append(snapshot)
        if snapshot.state is State.PROVISIONAL or snapshot.trouble:
            over.set()

    polling = Polling(session, (source,), runner, threads)
    session.begin()
    subscription = polling.snapshots().subscribe(show, lambda error: over.set())
    try:
        over.wait(within_s)
    finally:
        subscription.dispose()
        runner.close()
        idle = threading.Event()
        threads.ledger.schedule(lambda *_: idle.set())
        assert idle.wait(5)
        threads.ledger.dispose()
    return shown


def new_contest() -> Contest:
    opens_ms = second_before(time.time_ns() // 1_000_000)
    choices = tuple(map(Choice, TAGS))
    return Contest("?", choices, opens_ms=opens_ms, closes_ms=opens_ms + OPEN_MS, rehearsal=True)


def test_a_vote_with_late_posts_quota_faults_and_a_break_ends_with_the_truth(
    stage: Stage, tmp_path: Path
) -> None:
    contest, path = new_contest(), tmp_path / "vote.votes"
    with Ledger.create(path, contest, contest.opens_ms) as ledger:
        before = counted(ledger, twitter(stage), 2)[-1]
    with Ledger.reopen(path) as ledger:
        last = counted(ledger, twitter(stage), 60)[-1]
        recount = tally(ledger.posts(), ledger.contest)
    assert contest.closes_ms is not None
    truth, log = stage.truth(contest.opens_ms, contest.closes_ms), stage.log()
    assert before.state is State.OPEN
    assert before.tally.total > 0, "votes came in while the vote was open"
    assert last.state is State.PROVISIONAL
    assert dict(zip(TAGS, last.tally.votes, strict=True)) == dict(truth.votes)
    assert last.tally == recount
    assert last.tally.total > 50
    (source,) = last.sources
    assert (source.doing, source.gaps) == (Doing.DONE, ())
    assert source.requests > before.sources[0].requests
    assert log.limited <= 1, "only what begins anew may not know that the quota is used up"
    assert (log.bad_signatures, log.bad_times, log.replays, log.bad_parameters) == (0, 0, 0, 0)
    assert log.plus_signs == 0
    assert log.faults > 0, "the faults were rehearsed"
