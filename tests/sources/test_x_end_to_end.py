"""The whole live path against the simulated v2: edits, long posts, faults, a killed worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from live_path import counted

from simulators.x_launcher import RunningX, start
from twittervotes.auth import oauth2_token
from twittervotes.auth.oauth2_token import Grant
from twittervotes.core.contest.acts import second_before
from twittervotes.core.contest.contest import Choice, Contest, Policy, Rules
from twittervotes.core.contest.posts import Ask, Failed, Page, Remedy
from twittervotes.core.contest.snapshot import SourceState, State
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import schedule
from twittervotes.rehearsal.settings import Faults, RehearsalSettings
from twittervotes.rehearsal.x_settings import Refusal, SimulatedXSettings
from twittervotes.sources.x import auth, billing
from twittervotes.sources.x import source as x_module
from twittervotes.sources.x.auth import AppKeys, Bearer, Credential, SignedIn, User
from twittervotes.sources.x.source import XSearch
from twittervotes.sources.x_v1.source import Twitter

pytestmark = pytest.mark.long

TAGS = ("debian", "café", "arch")
OPEN_MS, SETTLE_MS = 4_000, 4_500
DAY_MS = 86_400_000
SETTINGS = RehearsalSettings(
    audience=400,
    rate=80,
    seed=3,
    late=0.2,
    late_s=1.5,
    before_s=5.0,
    short=0.2,
    limit=30,
    window_s=4.0,
    faults=Faults(
        unavailable=0.03, internal=0.02, too_many=0.01, cut=0.03, not_json=0.02, reset=0.03
    ),
)
# a vote's posts are edited twice at most, and all edits are indexed before the final sweep begins
WAYS = SimulatedXSettings(
    names="post", edits=0.25, untagged=0.4, edited_s=1.2, partial=0.2, empty=0.1, token_life_s=62.0
)
STILL = RehearsalSettings(before_s=30, lasts_s=0, late=0.0, short=0.0, limit=100_000)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for known in (x_module._names, billing._bills, auth._app_tokens):
        known.clear()
    monkeypatch.setattr(schedule, "FIRST_QUOTA_WAIT_MS", 500)
    monkeypatch.setattr(schedule, "FIRST_BACKOFF_MS", 200)


@pytest.fixture(scope="module")
def still() -> Iterator[RunningX]:
    with start(STILL, TAGS) as stage:
        yield stage


def new_contest() -> Contest:
    opens_ms = second_before(time.time_ns() // 1_000_000)
    choices = tuple(map(Choice, TAGS))
    return Contest("?", choices, opens_ms=opens_ms, closes_ms=opens_ms + OPEN_MS, rehearsal=True)


def test_a_troubled_vote_gives_the_true_result(
    tmp_path: Path,
) -> None:
    contest, path = new_contest(), tmp_path / "auth2"
    with start(SETTINGS, TAGS, WAYS) as stage:
        keys = stage.credentials
        oauth2_token.write(path, Grant("expired", keys.refresh_token, 1))
        credential = SignedIn(path, f"{stage.base}/2/oauth2/token", keys.client_id)
        source = XSearch(credential, stage.base, complete=True)
        with Ledger.create(tmp_path / "vote.votes", contest, contest.opens_ms) as ledger:
            last = counted(
                ledger,
                (source,),
                settle_ms=SETTLE_MS,
                kill_when=lambda shown: shown.tally.posts > 60,
            )[-1]
            recount = tally(ledger.posts(), ledger.contest)
        assert contest.closes_ms is not None
        truth, log, x_log = (
            stage.truth(contest.opens_ms, contest.closes_ms),
            stage.log(),
            stage.x_log(),
        )
    assert last.state is State.PROVISIONAL
    assert dict(zip(TAGS, last.tally.votes, strict=True)) == dict(truth.votes)
    assert last.tally == recount
    assert last.tally.total > 50
    (told,) = last.sources
    assert (told.doing, told.gaps, told.completeness) == (SourceState.DONE, (), "exact")
    assert log.faults > 0, "the faults were rehearsed"
    assert 2 <= log.bad_parameters <= 3, "each worker tried the old names once"
    assert x_log.refreshes >= 1
    assert x_log.bad_refreshes == 0


def test_both_searches_together_count_each_post_once(tmp_path: Path) -> None:
    contest = new_contest()
    settings = replace(SETTINGS, faults=Faults(), limit=100_000)
    with start(settings, TAGS) as stage:
        keys = stage.credentials
        user = (keys.consumer_key, keys.consumer_secret, keys.oauth_token, keys.oauth_token_secret)
        old = Twitter(*user, endpoint=stage.url)
        new = XSearch(User(*user), stage.base)
        with Ledger.create(tmp_path / "vote.votes", contest, contest.opens_ms) as ledger:
            last = counted(ledger, (old, new), settle_ms=SETTLE_MS)[-1]
        assert contest.closes_ms is not None
        truth, log = stage.truth(contest.opens_ms, contest.closes_ms), stage.log()
    assert dict(zip(TAGS, last.tally.votes, strict=True)) == dict(truth.votes)
    first, second = last.sources
    assert min(first.posts, second.posts) > 100
    assert (log.bad_signatures, log.replays, log.bad_parameters, log.plus_signs) == (0, 0, 0, 0)


def test_the_budget_stops_the_source_before_it_is_exceeded(tmp_path: Path) -> None:
    contest = new_contest()
    with start(replace(SETTINGS, faults=Faults(), limit=100_000), TAGS) as stage:
        source = XSearch(Bearer(stage.credentials.bearer), stage.base, budget=125)
        with Ledger.create(tmp_path / "vote.votes", contest, contest.opens_ms) as ledger:
            shown = counted(ledger, (source,), settle_ms=SETTLE_MS)
        assert 115 < stage.x_log().billed <= 125
    stopped = next(
        each.sources[0] for each in shown if each.sources[0].doing is SourceState.STOPPED
    )
    assert stopped.words.startswith("The budget of 125 posts is used up: ")
    assert "budget" in stopped.advice
    assert shown[-1].sources[0].gaps, "what was not read is a gap"


# --- one worker after the other, without a clock --------------------------------------------


def ask_of(source: XSearch, **values: Any) -> Ask:
    contest = Contest("?", tuple(map(Choice, TAGS)))
    return Ask(source.feeds(contest)[0], **{"opens_ms": int(time.time() * 1000) - 20_000, **values})


def test_a_ten_day_old_cursor_leaves_a_gap(
    still: RunningX,
) -> None:
    source = XSearch(Bearer(still.credentials.bearer), still.base)
    now_ms = int(time.time() * 1000)
    page = source.fetch(ask_of(source, since="1", opens_ms=0, read_ms=now_ms - 10 * DAY_MS))
    assert isinstance(page, Page)
    assert page.posts
    (gap,) = page.gaps
    assert gap.from_ms == now_ms - 10 * DAY_MS
    assert abs(gap.to_ms - (now_ms - 7 * DAY_MS)) < 120_000
    quiet = source.fetch(ask_of(source, since="1", opens_ms=0, read_ms=now_ms - 2000))
    assert isinstance(quiet, Page)
    assert quiet.gaps == (), "nobody posted for ten days, but all was read"


def test_a_stale_cursor_under_a_wrong_clock_restarts(
    still: RunningX,
) -> None:
    source = XSearch(Bearer(still.credentials.bearer), still.base)
    wrong_ms = int(time.time() * 1000) - 3 * DAY_MS
    answer = source.fetch(ask_of(source, since="1", opens_ms=0, today_ms=wrong_ms))
    assert isinstance(answer, Failed)
    assert answer.remedy is Remedy.RESTART
    assert isinstance(source.fetch(ask_of(source, opens_ms=0)), Page)


def test_a_changed_query_restarts_the_round(
    still: RunningX,
) -> None:
    source = XSearch(Bearer(still.credentials.bearer), still.base)
    opens_ms = int(time.time() * 1000) - 120_000
    ask = ask_of(source, opens_ms=opens_ms)
    page = source.fetch(ask)
    assert isinstance(page, Page)
    assert page.token
    (feed,) = source.feeds(Contest("?", tuple(map(Choice, TAGS)), Rules(reposts=Policy.COUNT)))
    assert feed.name == ask.feed.name
    answer = source.fetch(replace(ask, feed=feed, token=page.token))
    assert isinstance(answer, Failed)
    assert answer.remedy is Remedy.RESTART


@pytest.mark.parametrize(
    ("refusal", "remedy"),
    [
        (Refusal.TOO_MANY, Remedy.WAIT),
        (Refusal.TOO_MANY_BY_CODE, Remedy.WAIT),
        (Refusal.UNAVAILABLE, Remedy.RETRY),
        (Refusal.USAGE_CAP, Remedy.STOP),
        (Refusal.CREDITS, Remedy.STOP),
        (Refusal.CREDITS_DEPLETED, Remedy.STOP),
        (Refusal.SPEND_CAP, Remedy.STOP),
        (Refusal.NOT_ENROLLED, Remedy.STOP),
        (Refusal.UNAUTHORIZED, Remedy.STOP),
    ],
)
def test_what_x_refuses_has_its_remedy(still: RunningX, refusal: Refusal, remedy: Remedy) -> None:
    source = XSearch(Bearer(still.credentials.bearer), still.base)
    still.refuse_next(refusal)
    answer = source.fetch(ask_of(source))
    assert isinstance(answer, Failed)
    assert answer.remedy is remedy
    assert isinstance(source.fetch(ask_of(source)), Page)


def keys_of(still: RunningX) -> AppKeys:
    keys = still.credentials
    return AppKeys(keys.consumer_key, keys.consumer_secret, f"{still.base}/oauth2/token")


def test_an_app_fetches_its_token_once_and_again_after_a_401(still: RunningX) -> None:
    source = XSearch(keys_of(still), still.base)
    for _ in range(2):
        assert isinstance(source.fetch(ask_of(source)), Page)
    still.refuse_next(Refusal.UNAUTHORIZED)
    assert isinstance(source.fetch(ask_of(source)), Page)
    still.refuse_next(Refusal.UNAUTHORIZED, 2)
    answer = source.fetch(ask_of(source))
    assert isinstance(answer, Failed)
    assert answer.remedy is Remedy.STOP


def test_wrong_keys_of_an_app_stop_the_source(still: RunningX) -> None:
    source = XSearch(replace(keys_of(still), secret="wrong"), still.base)
    answer = source.fetch(ask_of(source))
    assert isinstance(answer, Failed)
    assert answer.remedy is Remedy.STOP
    assert "consumer_key" in answer.advice


def signed_in(stage: RunningX, path: Path, refresh_token: str) -> Credential:
    oauth2_token.write(path, Grant("expired", refresh_token, 1))
    return SignedIn(path, f"{stage.base}/2/oauth2/token", stage.credentials.client_id)


def test_a_token_is_refreshed_before_expiry_and_after_a_401(tmp_path: Path) -> None:
    path = tmp_path / "auth2"
    with start(STILL, TAGS, SimulatedXSettings(token_life_s=3600)) as stage:
        source = XSearch(signed_in(stage, path, stage.credentials.refresh_token), stage.base)
        for _ in range(3):
            assert isinstance(source.fetch(ask_of(source)), Page)
        assert stage.x_log().refreshes == 1
        stage.refuse_next(Refusal.UNAUTHORIZED)
        assert isinstance(source.fetch(ask_of(source)), Page)
        assert stage.x_log().refreshes == 2
        stage.refuse_next(Refusal.UNAUTHORIZED, 2)
        answer = source.fetch(ask_of(source))
        assert isinstance(answer, Failed)
        assert answer.remedy is Remedy.STOP
        assert (stage.x_log().refreshes, stage.x_log().bad_refreshes) == (3, 0)


def test_a_used_refresh_token_requires_a_new_sign_in(tmp_path: Path) -> None:
    with start(STILL, TAGS) as stage:
        path = tmp_path / "auth2"
        source = XSearch(signed_in(stage, path, "used before"), stage.base)
        answer = source.fetch(ask_of(source))
        assert isinstance(answer, Failed)
        assert answer.remedy is Remedy.STOP
        assert "python twitter_auth.py --oauth2" in answer.advice
        oauth2_token.write(path, Grant("expired"))
        assert isinstance(source.fetch(ask_of(source)), Failed)
        path.unlink()
        answer = source.fetch(ask_of(source))
        assert isinstance(answer, Failed)
        assert "missing" in answer.message


def test_many_processes_with_one_sign_in_renew_it_once(tmp_path: Path) -> None:
    path = tmp_path / "auth2"
    with (
        start(STILL, TAGS) as stage,
        ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool,
    ):
        source = XSearch(signed_in(stage, path, stage.credentials.refresh_token), stage.base)
        answers = list(pool.map(source.fetch, [ask_of(source)] * 12))
        log = stage.x_log()
    assert [type(answer) for answer in answers] == [Page] * 12
    assert (log.refreshes, log.bad_refreshes) == (1, 0)
