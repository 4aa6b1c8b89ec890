"""The comparison of a ledger with the numbers of the simulated v2."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from counted import Run

from simulators.x_launcher import RunningX, start
from twittervotes.commands import compare
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Page, Post
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.network import http
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.rehearsal.x_settings import Refusal
from twittervotes.sources.x.auth import Bearer
from twittervotes.sources.x.source import XSearch

TAGS = ("debian", "ubuntu", "arch")
CHOICES = tuple(map(Choice, TAGS))
STILL = RehearsalSettings(before_s=400, lasts_s=0, late=0.0, short=0.0, rate=3, limit=10_000)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningX]:
    with start(STILL, TAGS) as stage:
        monkeypatch.setenv("TWITTERVOTES_X_API_URL", stage.base)
        monkeypatch.setenv("TWITTERVOTES_X_BEARER_TOKEN", stage.credentials.bearer)
        yield stage
    http.hang_up()


def seen(stage: RunningX, contest: Contest) -> tuple[Post, ...]:
    source, token, found = XSearch(Bearer(stage.credentials.bearer), stage.base), "", []
    (feed,) = source.feeds(contest)
    while True:
        page = source.fetch(Ask(feed, token=token, opens_ms=contest.opens_ms))
        assert isinstance(page, Page)
        found += page.posts
        token = page.token
        if not token:
            return tuple(found)


def counted(path: Path, stage: RunningX, network: str = "x", *, is_open: bool = False) -> Path:
    """Return the ledger of a vote of some minutes in which every post was seen."""
    now_ms = int(time.time()) * 1000
    opens_ms = now_ms // 60_000 * 60_000 - 300_000
    closes_ms = None if is_open else now_ms // 60_000 * 60_000 - 60_000
    contest = Contest("?", CHOICES, opens_ms=opens_ms, closes_ms=closes_ms)
    with Ledger.create(path, contest, opens_ms) as ledger:
        ledger.act(Act(ActKind.OPENED, opens_ms))
        about = {"network": network, "complete": True, "queries": ["all"]}
        ledger.append([Entry("source", "x", about)], opens_ms)
        read = Entry("page", "x", {"feed": "all", "position": 0}, seen(stage, contest))
        ledger.append([read], now_ms)
    return path


def test_what_was_seen_whole_agrees_minute_by_minute(
    run: Run, stage: RunningX, tmp_path: Path
) -> None:
    told = run("compare", counted(tmp_path / "a.votes", stage))
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[0].split() == ["minute", "seen", "x", "counts", "difference"]
    assert "4 of 4 minutes agree." in told.out
    assert ": 100.0 %." in told.out


def test_a_vote_that_is_still_open_is_compared_up_to_a_whole_second(
    run: Run, stage: RunningX, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = counted(tmp_path / "a.votes", stage, is_open=True)
    with Ledger.reopen(path) as ledger:
        opens_ms = ledger.contest.opens_ms
        posts = [each for each in ledger.posts() if opens_ms < each.at_ms < opens_ms + 200_000]
    # just behind a post, in a second that X is not asked for
    now_ms = max(each.at_ms for each in posts) + 1 + compare.NOT_YET_MS
    monkeypatch.setattr(compare, "Clock", lambda: Clock(today=lambda: now_ms))
    told = run("compare", path)
    (told_of,) = re.findall("([0-9]+) of ([0-9]+) minutes agree", told.out)
    assert told_of[0] == told_of[1]
    assert ": 100.0 %." in told.out


def test_what_was_missed_shows_in_its_minute(run: Run, stage: RunningX, tmp_path: Path) -> None:
    path = counted(tmp_path / "a.votes", stage)
    with Ledger.reopen(path) as ledger:
        posts, contest = list(ledger.posts()), ledger.contest
    minute = contest.opens_ms + 60_000
    less = tuple(post for post in posts if not minute <= post.at_ms < minute + 30_000)
    with Ledger.create(tmp_path / "b.votes", contest, contest.opens_ms) as ledger:
        about = {"network": "x", "complete": True, "queries": ["all"]}
        ledger.append([Entry("source", "x", about)], contest.opens_ms)
        ledger.append([Entry("page", "x", {"feed": "all", "position": 0}, less)], contest.opens_ms)
    told = run("compare", tmp_path / "b.votes")
    assert "3 of 4 minutes agree." in told.out
    gone = sum(contest.opens_ms <= each.at_ms < (contest.closes_ms or 0) for each in posts) - sum(
        contest.opens_ms <= each.at_ms < (contest.closes_ms or 0) for each in less
    )
    assert gone > 20
    assert told.out.count(f"\N{MINUS SIGN}{gone}") == 2, "in its minute, and together"


def test_uncounted_networks_are_not_queried(run: Run, stage: RunningX, tmp_path: Path) -> None:
    told = run("compare", counted(tmp_path / "a.votes", stage, network="mastodon"))
    assert (told.code, told.out) == (2, "")
    assert "offers its own counts." in told.err


def test_keys_that_are_missing_are_reported(
    run: Run, stage: RunningX, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = counted(tmp_path / "a.votes", stage)
    monkeypatch.delenv("TWITTERVOTES_X_BEARER_TOKEN")
    told = run("compare", path)
    assert told.code == 2
    assert "x: Set bearer_token" in told.err


@pytest.mark.parametrize(
    ("refusal", "words"),
    [(Refusal.CREDITS, "credits"), (Refusal.UNAUTHORIZED, "keys"), (Refusal.TOO_MANY, "quota")],
)
def test_a_refusal_is_reported_in_a_sentence(
    run: Run, stage: RunningX, tmp_path: Path, refusal: Refusal, words: str
) -> None:
    path = counted(tmp_path / "a.votes", stage)
    stage.refuse_next(refusal)
    told = run("compare", path)
    assert (told.code, told.out) == (2, "")
    assert words in told.err
