from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import psutil
import pytest
import requests
from patience import PATIENCE_S
from requests_oauthlib import OAuth1

from twittervotes.core.errors import ConfigError
from twittervotes.rehearsal import simulator_process
from twittervotes.rehearsal.launcher import RunningRehearsal, start
from twittervotes.rehearsal.settings import Fault, Faults, RehearsalSettings

TAGS = ("debian", "ubuntu", "arch")
STILL = {"before_s": 30.0, "lasts_s": 0.0, "late": 0.0, "short": 0.0, "limit": 100_000}


class Caller:
    """A client that signs with requests-oauthlib and never tries twice."""

    def __init__(self, stage: RunningRehearsal) -> None:
        keys = stage.credentials
        self.url = stage.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = OAuth1(
            keys.consumer_key, keys.consumer_secret, keys.oauth_token, keys.oauth_token_secret
        )

    def get(self, **params: Any) -> requests.Response:
        asked = {"q": "#debian OR #ubuntu OR #arch", "result_type": "recent", "count": 100}
        return self.session.get(self.url, params=asked | params, timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def stage() -> Iterator[RunningRehearsal]:
    with start(RehearsalSettings(**STILL, faults=Faults(slow_s=0.3)), TAGS) as stage:  # type: ignore[arg-type]
        yield stage


@pytest.fixture
def caller(stage: RunningRehearsal) -> Iterator[Caller]:
    caller = Caller(stage)
    with caller.session:
        yield caller


def test_a_signed_search_gets_a_page(stage: RunningRehearsal, caller: Caller) -> None:
    answer = caller.get()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert len(answer.json()["statuses"]) == 100
    assert answer.headers["x-rate-limit-limit"] == "100000"
    assert int(answer.headers["x-rate-limit-reset"]) > time.time()
    told = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert abs(told - time.time()) < PATIENCE_S


def test_a_truth_and_the_posts_behind_it_are_reported(stage: RunningRehearsal) -> None:
    told = stage.truth(0, int(time.time() * 1000) + 1000)
    assert [choice for choice, _ in told.votes] == list(TAGS)
    assert 300 < sum(number for _, number in told.votes) <= told.posts <= len(stage.posts())


@pytest.mark.parametrize(
    ("fault", "status", "kind", "beginning"),
    [
        (Fault.UNAVAILABLE, 503, "text/html", "<!DOCTYPE html>"),
        (Fault.INTERNAL, 500, "application/json", '{"errors": [{"code": 131'),
        (Fault.TOO_MANY, 429, "application/json", '{"errors": [{"code": 88'),
        (Fault.CALM, 420, "text/plain", "Enhance your calm"),
        (Fault.NOT_JSON, 200, "text/html", "<!DOCTYPE html>"),
        (Fault.OTHER_SHAPE, 200, "application/json", '{"results":'),
    ],
)
def test_a_fault_is_answered_once(
    stage: RunningRehearsal, caller: Caller, fault: Fault, status: int, kind: str, beginning: str
) -> None:
    stage.fail_next(fault)
    answer = caller.get()
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.text.startswith(beginning)
    assert len(caller.get().json()["statuses"]) == 100


def test_an_early_429_is_over_after_two_seconds(stage: RunningRehearsal, caller: Caller) -> None:
    stage.fail_next("429")
    before_s = time.time()
    headers = caller.get().headers
    assert headers["x-rate-limit-remaining"] == "0"
    assert before_s + 1 < int(headers["x-rate-limit-reset"]) <= time.time() + 3


def test_a_body_cut_in_the_middle_is_noticed_by_its_length(
    stage: RunningRehearsal, caller: Caller
) -> None:
    stage.fail_next("cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        caller.get()
    assert caller.get().status_code == 200


def test_a_connection_can_be_reset(stage: RunningRehearsal, caller: Caller) -> None:
    stage.fail_next("reset", times=2)
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            caller.get()
    assert caller.get().status_code == 200


def test_an_answer_can_be_slow_and_then_right(stage: RunningRehearsal, caller: Caller) -> None:
    stage.fail_next("slow")
    begun = time.monotonic()
    assert len(caller.get().json()["statuses"]) == 100
    assert time.monotonic() - begun >= 0.3


def test_a_bad_post_comes_beside_the_good_ones(stage: RunningRehearsal, caller: Caller) -> None:
    stage.fail_next("bad-post")
    posts = caller.get().json()["statuses"]
    bad = [post for post in posts if post["user"] is None]
    assert len(posts) == 101
    assert len(bad) == 1
    assert bad[0]["id_str"] is None


def test_an_unknown_fault_is_refused(stage: RunningRehearsal) -> None:
    with pytest.raises(ValueError, match="earthquake"):
        stage.fail_next("earthquake")


def test_faults_come_by_chance_and_alike_with_the_same_seed() -> None:
    def course() -> list[int]:
        faults = Faults(unavailable=0.3, too_many=0.2)
        with start(RehearsalSettings(**STILL, faults=faults, seed=3), TAGS) as stage:  # type: ignore[arg-type]
            caller = Caller(stage)
            with caller.session:
                statuses = [caller.get(count=1).status_code for _ in range(60)]
            assert stage.log().faults == 60 - statuses.count(200)
        return statuses

    statuses = course()
    assert 5 < statuses.count(503) < 35
    assert 2 < statuses.count(429) < 30
    assert course() == statuses


def test_what_clients_did_wrong_is_counted() -> None:
    with start(RehearsalSettings(limit=1), TAGS) as stage:
        caller = Caller(stage)
        with caller.session:
            caller.get(count=1)
            caller.get(count=1)
            caller.session.auth = None
            caller.get()
        log = stage.log()
    assert (log.requests, log.pages, log.limited, log.bad_signatures) == (3, 1, 1, 1)
    assert log.plus_signs == 3


def test_its_clock_can_be_wrong() -> None:
    with start(RehearsalSettings(clock_off_s=3600), TAGS) as stage:
        caller = Caller(stage)
        with caller.session:
            answer = caller.get()
    assert answer.json()["errors"][0]["code"] == 135
    told = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert abs(told - time.time() - 3600) < PATIENCE_S


def test_it_listens_on_loopback_only(stage: RunningRehearsal) -> None:
    listening = [
        each.laddr.ip
        for each in psutil.Process(stage.pid).net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


@pytest.mark.parametrize("length", ["a lot", "-1", "99999999"])
def test_a_body_of_no_sensible_length_is_refused(stage: RunningRehearsal, length: str) -> None:
    url = stage.url.replace("/1.1/search/tweets.json", "/rehearsal/log")
    with requests.post(url, headers={"Content-Length": length}, timeout=PATIENCE_S) as answer:
        assert answer.status_code == 413


def test_many_clients_at_once_lose_nothing(stage: RunningRehearsal) -> None:
    def read(_: int) -> list[int]:
        caller = Caller(stage)
        with caller.session:
            return [caller.get(count=5).status_code for _ in range(10)]

    before = stage.log()
    with ThreadPoolExecutor(16) as pool:
        statuses = [status for found in pool.map(read, range(16)) for status in found]
    assert statuses == [200] * 160
    after = stage.log()
    assert after.pages - before.pages == 160
    assert after.replays == 0


def test_it_ends_when_stopped_and_stopping_twice_is_harmless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulator_process, "ENDS_WITHIN_S", PATIENCE_S)
    stage = start(RehearsalSettings(), TAGS)
    stage.stop()
    stage.stop()
    assert not psutil.pid_exists(stage.pid)
    assert stage._process.returncode == 0, "it was not killed"


def test_ctrl_c_leaves_the_end_to_the_program_that_started_it() -> None:
    with start(RehearsalSettings(), TAGS) as stage:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(stage.pid, number)
        assert stage.log().requests == 0


def test_it_ends_when_its_parent_is_killed() -> None:
    code = """
import sys, time
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.rehearsal.launcher import start
print(start(RehearsalSettings(), ("debian",)).pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        parent.kill()
    try:
        child.wait(PATIENCE_S)
    finally:
        if child.is_running():
            child.kill()


def test_a_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"if its port \({port}\) is taken"):
            start(RehearsalSettings(port=port), TAGS)


def alone(*words: str) -> list[str]:
    return [sys.executable, "-m", "twittervotes.rehearsal", *words]


def test_started_by_hand_it_prints_its_address() -> None:
    words = alone("--hashtags", "#debian", "arch", "--rate", "5", "--faults", "calm=1")
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = dict(process.stdout.readline().strip().split(": ") for _ in range(5))
        assert told.keys() >= {"consumer_key", "oauth_token_secret"}
        url = told["search_endpoint"].replace("/1.1/search/tweets.json", "/rehearsal/truth")
        answer = requests.get(url, timeout=PATIENCE_S)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    assert [choice for choice, _ in json.loads(answer.text)["votes"]] == ["debian", "arch"]


@pytest.mark.parametrize(
    "words",
    [
        ["--hashtags", "100"],
        ["--hashtags", "a", "--rate", "0"],
        ["--hashtags", "a", "--faults", "storm=1"],
        ["--hashtags", "a", "--faults", "calm=often"],
    ],
)
def test_by_hand_a_wrong_word_is_reported_without_a_traceback(words: list[str]) -> None:
    done = subprocess.run(
        alone(*words), check=False, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
