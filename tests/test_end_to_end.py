"""The whole live path against the rehearsal's own process: the tally is the true result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_path import counted

from twittervotes.core.contest.acts import second_before
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.snapshot import SourceState, State
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import schedule
from twittervotes.rehearsal.launcher import RunningRehearsal, start
from twittervotes.rehearsal.settings import Faults, RehearsalSettings
from twittervotes.sources.x_v1.source import Twitter

pytestmark = pytest.mark.long

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


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningRehearsal]:
    monkeypatch.setattr(schedule, "FIRST_QUOTA_WAIT_MS", 500)  # for 420, which says nothing
    monkeypatch.setattr(schedule, "FIRST_BACKOFF_MS", 200)
    with start(SETTINGS, TAGS) as stage:
        yield stage


def twitter(stage: RunningRehearsal) -> Twitter:
    keys = stage.credentials
    return Twitter(
        keys.consumer_key,
        keys.consumer_secret,
        keys.oauth_token,
        keys.oauth_token_secret,
        endpoint=stage.url,
    )


def new_contest() -> Contest:
    opens_ms = second_before(time.time_ns() // 1_000_000)
    choices = tuple(map(Choice, TAGS))
    return Contest("?", choices, opens_ms=opens_ms, closes_ms=opens_ms + OPEN_MS, rehearsal=True)


def test_a_troubled_twitter_vote_gives_the_true_result(
    stage: RunningRehearsal, tmp_path: Path
) -> None:
    contest, path = new_contest(), tmp_path / "vote.votes"
    sources = (twitter(stage),)
    with Ledger.create(path, contest, contest.opens_ms) as ledger:
        before = counted(
            ledger, sources, settle_ms=SETTLE_MS, until=lambda shown: shown.tally.total > 0
        )[-1]
    with Ledger.reopen(path) as ledger:
        last = counted(ledger, sources, settle_ms=SETTLE_MS)[-1]
        recount = tally(ledger.posts(), ledger.contest)
    assert contest.closes_ms is not None
    truth, log = stage.truth(contest.opens_ms, contest.closes_ms), stage.log()
    assert before.state is not State.PROVISIONAL, "it broke off before the end"
    assert last.state is State.PROVISIONAL
    assert dict(zip(TAGS, last.tally.votes, strict=True)) == dict(truth.votes)
    assert last.tally == recount
    assert last.tally.total > 50
    (source,) = last.sources
    assert (source.doing, source.gaps) == (SourceState.DONE, ())
    assert source.requests > before.sources[0].requests
    assert log.limited <= 1, "only what begins anew may not know that the quota is used up"
    assert (log.bad_signatures, log.bad_times, log.replays, log.bad_parameters) == (0, 0, 0, 0)
    assert log.plus_signs == 0
    assert log.faults > 0, "the faults were rehearsed"
