from __future__ import annotations

import json
from typing import Any

Q = "#debian"


def headers(answer: Any) -> dict[str, int]:
    return {name.rpartition("-")[2]: int(value) for name, value in answer.headers}


def test_each_answer_reports_what_is_left(network: Any) -> None:
    net = network(limit=3, window_s=60)
    reset = int(net.now_s) + 60
    told = [headers(net.ask(q=Q)) for _ in range(3)]
    assert told == [{"limit": 3, "remaining": left, "reset": reset} for left in (2, 1, 0)]


def test_after_the_limit_comes_429_until_the_window_ends(network: Any) -> None:
    net = network(limit=1, window_s=60)
    assert net.ask(q=Q).status == 200
    refused = net.ask(q=Q)
    assert refused.status == 429
    assert json.loads(refused.body)["errors"][0]["code"] == 88
    assert headers(refused) == {"limit": 1, "remaining": 0, "reset": int(net.now_s) + 60}
    net.now_s += 59
    assert net.ask(q=Q).status == 429
    net.now_s += 1
    assert net.ask(q=Q).status == 200
    assert net.about("log")["limited"] == 2


def test_a_reset_is_never_reported_too_early(network: Any) -> None:
    net = network(limit=1, window_s=0.5)
    net.now_s += 0.75
    reset = headers(net.ask(q=Q))["reset"]
    assert reset >= net.now_s
    net.now_s = reset
    assert net.ask(q=Q).status == 200


def test_refused_parameters_use_up_the_quota_and_strangers_do_not(network: Any) -> None:
    net = network(limit=2)
    assert headers(net.ask(q="x" * 501))["remaining"] == 1
    assert net.twitter.answer("GET", "/1.1/search/tweets.json?q=x", "h", "Bearer no").status == 401
    assert headers(net.ask(q=Q))["remaining"] == 0


def test_the_status_is_reported_without_using_the_quota(network: Any) -> None:
    net = network(limit=7, window_s=60)
    net.ask(q=Q)
    for _ in range(3):
        told = json.loads(net.ask("/1.1/application/rate_limit_status.json").body)
        assert told["resources"]["search"]["/search/tweets"] == {
            "limit": 7,
            "remaining": 6,
            "reset": int(net.now_s) + 60,
        }
