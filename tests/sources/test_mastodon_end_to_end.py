"""The whole live path against a rehearsed fediverse: two instances, a stream, every fault."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from live_path import counted

from simulators.mastodon_launcher import RunningFediverse, start
from simulators.mastodon_world import FediverseSettings
from twittervotes.core.contest.acts import second_before
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.snapshot import Snapshot, SourceState, State
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import schedule
from twittervotes.rehearsal.settings import Faults, RehearsalSettings
from twittervotes.sources.mastodon.plugin import PLUGIN
from twittervotes.sources.mastodon.source import MastodonSettings

pytestmark = pytest.mark.long

TAGS = ("debian", "Café", "ubuntu")
OPEN_MS, SETTLE_MS = 5_000, 3_500
FAULTS = Faults(
    unavailable=0.03,
    internal=0.02,
    too_many=0.01,
    calm=0.01,
    cut=0.03,
    not_json=0.02,
    other_shape=0.02,
    bad_post=0.05,
    reset=0.03,
)
SETTINGS = RehearsalSettings(
    audience=400,
    rate=60,
    seed=11,
    late=0.2,
    late_s=2.0,
    before_s=5.0,
    lasts_s=6.0,
    short=0.2,
    limit=40,
    window_s=4.0,
    faults=FAULTS,
)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "FIRST_QUOTA_WAIT_MS", 500)  # for a 429 that says nothing
    monkeypatch.setattr(schedule, "FIRST_BACKOFF_MS", 200)


def new_contest() -> Contest:
    opens_ms = second_before(time.time_ns() // 1_000_000)
    choices = tuple(map(Choice, TAGS))
    return Contest("?", choices, opens_ms=opens_ms, closes_ms=opens_ms + OPEN_MS, rehearsal=True)


def is_true(last: Snapshot, stage: RunningFediverse, contest: Contest) -> None:
    """Check that all was read and the tally is the truth, on both networks together."""
    assert contest.closes_ms is not None
    truth = stage.truth(contest.opens_ms, contest.closes_ms)
    assert last.state is State.PROVISIONAL, last.sources
    assert {source.doing for source in last.sources} == {SourceState.DONE}
    assert [source.gaps for source in last.sources] == [()] * len(last.sources)
    assert dict(zip(TAGS, last.tally.votes, strict=True)) == dict(truth.votes)
    assert last.tally.total > 50


def test_faulty_instances_and_a_stream_give_the_true_result(tmp_path: Path) -> None:
    play = FediverseSettings(thump_s=0.3, stream_lasts_s=1.5)
    with start(SETTINGS, TAGS, play) as stage:
        contest = new_contest()
        sources = PLUGIN.sources(MastodonSettings(stage.urls, stage.token), contest)
        with Ledger.create(tmp_path / "v.votes", contest, contest.opens_ms) as ledger:
            last = counted(ledger, sources, settle_ms=SETTLE_MS)[-1]
            recount = tally(ledger.posts(), ledger.contest)
        is_true(last, stage, contest)
        log = stage.log()
    assert last.tally == recount
    networks = dict(last.tally.networks)
    assert sum(networks["bluesky"]) > 0, "bridged posts count there"
    assert sum(networks["mastodon"]) > 0
    assert log.faults > 0
    assert log.streams > len(TAGS), "the stream was cut and opened again"
    assert {source.completeness for source in last.sources} == {"at least"}


def test_an_interrupted_vote_gives_the_true_result(tmp_path: Path) -> None:
    play = FediverseSettings(edited=0.1, untagged=0.1, deleted=0.1, unseen=0.2)
    with start(SETTINGS, TAGS, play) as stage:
        contest = new_contest()
        sources = PLUGIN.sources(MastodonSettings(stage.urls), contest)
        path = tmp_path / "v.votes"
        with Ledger.create(path, contest, contest.opens_ms) as ledger:
            before = counted(
                ledger,
                sources,
                settle_ms=SETTLE_MS,
                kill_when=lambda shown: shown.tally.total > 20,
                until=lambda shown: shown.tally.total > 40,
            )[-1]
        with Ledger.reopen(path) as ledger:
            last = counted(ledger, sources, settle_ms=SETTLE_MS)[-1]
        is_true(last, stage, contest)
    assert before.state is not State.PROVISIONAL, "it broke off before the end"


def test_the_final_sweep_finds_deleted_posts(tmp_path: Path) -> None:
    still = RehearsalSettings(audience=400, rate=40, before_s=2, lasts_s=6, late=0)
    play = FediverseSettings(edited=0, untagged=0.15, deleted=0.15, changes_s=3.0)
    with start(still, TAGS, play) as stage:
        contest = new_contest()
        sources = PLUGIN.sources(MastodonSettings(stage.urls[:1]), contest)
        with Ledger.create(tmp_path / "v.votes", contest, contest.opens_ms) as ledger:
            last = counted(ledger, sources, settle_ms=SETTLE_MS)[-1]
        is_true(last, stage, contest)
        assert stage.log().looked_up > 3


def test_a_closed_instance_stops_alone_and_says_why(tmp_path: Path) -> None:
    with start(SETTINGS, TAGS, FediverseSettings(closed=True)) as stage:
        contest = new_contest()
        found = PLUGIN.sources(MastodonSettings(stage.urls, stage.token), contest)
        signed_in, stranger = found[::2]
        with Ledger.create(tmp_path / "v.votes", contest, contest.opens_ms) as ledger:
            last = counted(
                ledger,
                (signed_in, stranger),
                settle_ms=SETTLE_MS,
                until=lambda shown: (
                    shown.sources[1].doing is SourceState.STOPPED and shown.tally.total > 0
                ),
            )[-1]
    assert [source.doing for source in last.sources][1] is SourceState.STOPPED
    assert "only to signed-in users" in last.sources[1].words
    assert last.tally.total > 0
