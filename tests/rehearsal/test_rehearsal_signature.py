from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from oauthlib.oauth1 import SIGNATURE_TYPE_QUERY, Client

from twittervotes.rehearsal.answer import HttpAnswer
from twittervotes.rehearsal.signature import base_string, signature
from twittervotes.rehearsal.twitter import SEARCH

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "oauth1_signatures.json").read_text())
HOST = "127.0.0.1:4000"


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_published_signatures_are_found_again(case: dict[str, Any]) -> None:
    query = urlencode([(name, value) for name, value in case["params"]])
    base = base_string(case["method"], case["url"], query, case["oauth_params"])
    assert base == case["signature_base_string"]
    assert (
        signature(base, case["consumer_secret"], case["token_secret"] or "")
        == case["oauth_signature"]
    )


class Signer:
    """A client that signs with oauthlib, wrongly where a test asks for it."""

    def __init__(self, network: Any) -> None:
        self.network = network
        self.url = f"http://{HOST}{SEARCH}?" + urlencode({"q": "#café"}, quote_via=quote)
        self.keys = ["key", "consumer secret", "token", "token secret"]
        self.timestamp = str(int(network.now_s))
        self.more: dict[str, Any] = {}

    def header(self) -> str:
        client = Client(*self.keys, timestamp=self.timestamp, **self.more)
        return str(client.sign(self.url)[1]["Authorization"])

    def send(self, header: str) -> HttpAnswer:
        target = self.url.removeprefix(f"http://{HOST}")
        answer: HttpAnswer = self.network.twitter.answer("GET", target, HOST, header)
        return answer

    def refused(self, header: str) -> tuple[int, int]:
        answer = self.send(header)
        return answer.status, json.loads(answer.body)["errors"][0]["code"]


@pytest.fixture
def signer(network: Any) -> Signer:
    return Signer(network())


def test_a_right_signature_is_let_in(signer: Signer) -> None:
    assert signer.send(signer.header()).status == 200
    assert signer.network.about("log")["bad_signatures"] == 0


@pytest.mark.parametrize("wrong", [0, 1, 3])
def test_a_wrong_key_or_secret_is_refused(signer: Signer, wrong: int) -> None:
    signer.keys[wrong] += "x"
    assert signer.refused(signer.header()) == (401, 32)
    assert signer.network.about("log")["bad_signatures"] == 1


def test_an_unknown_token_is_refused(signer: Signer) -> None:
    signer.keys[2] = "revoked"
    assert signer.refused(signer.header()) == (401, 89)


def test_a_signature_over_other_parameters_is_refused(signer: Signer) -> None:
    header = signer.header()
    signer.url += "&count=100"
    assert signer.refused(header) == (401, 32)


def test_a_nonce_is_refused_the_second_time(signer: Signer) -> None:
    header = signer.header()
    assert signer.send(header).status == 200
    assert signer.refused(header) == (401, 32)
    assert signer.network.about("log")["replays"] == 1


def test_a_refused_request_does_not_use_up_its_nonce(signer: Signer) -> None:
    signer.more["nonce"] = "once"
    right = signer.header()
    signer.keys[1] = "wrong"
    assert signer.refused(signer.header()) == (401, 32)
    assert signer.send(right).status == 200


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-299, 200), (299, 200), (301, 401)])
def test_a_clock_may_be_five_minutes_off(signer: Signer, seconds: int, status: int) -> None:
    signer.timestamp = str(int(signer.network.now_s) + seconds)
    answer = signer.send(signer.header())
    assert answer.status == status
    if status == 401:
        assert json.loads(answer.body)["errors"][0]["code"] == 135
        assert signer.network.about("log")["bad_times"] == 1


@pytest.mark.parametrize("header", ["", "OAuth", 'OAuth oauth_token="x"', "Basic abc", "Ünsinn"])
def test_a_missing_or_garbled_header_is_refused(signer: Signer, header: str) -> None:
    assert signer.refused(header) == (400, 215)


def test_a_signature_in_the_address_is_refused(signer: Signer) -> None:
    signer.url = Client(*signer.keys, signature_type=SIGNATURE_TYPE_QUERY).sign(signer.url)[0]
    assert signer.refused("") == (400, 215)


def test_a_bearer_is_let_in_and_a_wrong_one_refused(signer: Signer) -> None:
    assert signer.send("Bearer bearer").status == 200
    assert signer.refused("Bearer forged") == (401, 89)


def test_credentials_do_not_show_their_secrets(signer: Signer) -> None:
    from twittervotes.rehearsal.settings import Credentials

    shown = repr(Credentials("key", "SECRET1", "token", "SECRET2", "SECRET3"))
    assert "SECRET" not in shown
