"""Bluesky's whole live path: two faulty hosts, one of which drops posts; the tally is correct."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from live_path import counted

from simulators.bluesky import Bluesky
from simulators.bluesky_host import Manners
from simulators.bluesky_service import IDENTIFIER, PASSWORD
from twittervotes.core.contest.acts import second_before
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Source
from twittervotes.core.contest.snapshot import SourceState, State
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import schedule
from twittervotes.rehearsal.settings import Faults, RehearsalSettings
from twittervotes.sources.bluesky.search import BlueskySearch
from twittervotes.sources.bluesky.source import Jetstream

pytestmark = pytest.mark.long

TAGS = ("debian", "ubuntu", "arch")
OPEN_MS, SETTLE_MS = 6_000, 3_500
SETTINGS = RehearsalSettings(
    audience=600,
    rate=80,
    seed=3,
    late=0.2,
    late_s=2.0,
    before_s=5.0,
    lasts_s=OPEN_MS / 1000,
    limit=100,
    faults=Faults(
        unavailable=0.05,
        internal=0.03,
        too_many=0.02,
        cut=0.15,
        not_json=0.03,
        other_shape=0.03,
        slow=0.03,
        reset=0.1,
        slow_s=0.3,
    ),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "FIRST_BACKOFF_MS", 200)


def new_contest() -> Contest:
    opens_ms = second_before(time.time_ns() // 1_000_000)
    choices = tuple(map(Choice, TAGS))
    return Contest("?", choices, opens_ms=opens_ms, closes_ms=opens_ms + OPEN_MS, rehearsal=True)


def test_a_troubled_bluesky_vote_gives_the_true_result(
    tmp_path: Path,
) -> None:
    path = tmp_path / "vote.votes"
    with Bluesky(SETTINGS, TAGS) as network:
        contest = new_contest()
        sources: tuple[Source, ...] = (
            *(Jetstream(host.name) for host in network.hosts),
            BlueskySearch(network.service.url, IDENTIFIER, PASSWORD),
        )
        with Ledger.create(path, contest, contest.opens_ms) as ledger:
            before = counted(
                ledger, sources, settle_ms=SETTLE_MS, until=lambda shown: shown.tally.total > 0
            )[-1]
        with Ledger.reopen(path) as ledger:
            last = counted(
                ledger,
                sources,
                settle_ms=SETTLE_MS,
                kill_when=lambda shown: shown.tally.total > before.tally.total,
            )[-1]
            recount = tally(ledger.posts(), ledger.contest)
        assert contest.closes_ms is not None
        truth = network.truth(contest.opens_ms, contest.closes_ms)
    assert before.state is not State.PROVISIONAL, "it broke off before the end"
    assert last.state is State.PROVISIONAL
    assert dict(zip(TAGS, last.tally.votes, strict=True)) == dict(truth.votes)
    assert last.tally == recount
    assert last.tally.total > 100
    assert [(source.doing, source.gaps) for source in last.sources] == [(SourceState.DONE, ())] * 3
    assert {source.completeness for source in last.sources} == {"at least"}
    assert sum(host.refused for host in network.hosts) + len(network.hosts[0].connections) > 6


def test_posts_lost_by_all_hosts_are_a_gap(tmp_path: Path) -> None:
    """The vote has been open for a while, and one queried host forgets after 40 s."""
    settings = RehearsalSettings(rate=20, before_s=120, lasts_s=1, late=0.0)
    with Bluesky(settings, TAGS, (Manners(keeps_s=40),)) as network:
        now_ms = second_before(time.time_ns() // 1_000_000)
        choices = tuple(map(Choice, TAGS))
        contest = Contest("?", choices, opens_ms=now_ms - 100_000, closes_ms=now_ms + 1_000)
        with Ledger.create(tmp_path / "vote.votes", contest, now_ms) as ledger:
            source = Jetstream(network.hosts[0].name)
            last = counted(ledger, (source,), settle_ms=SETTLE_MS)[-1]
        took_ms = time.time_ns() // 1_000_000 - now_ms
    (told,) = last.sources
    assert last.state is State.PROVISIONAL
    (gap,) = told.gaps
    assert gap.from_ms == contest.opens_ms
    assert -6_000 < gap.to_ms - (now_ms - 40_000) < took_ms, "it ends where the host began"
    truth = network.course.truth(gap.to_ms + 3_000, now_ms + 1_000, 0)
    assert last.tally.total >= sum(votes for _, votes in truth.votes) > 20
