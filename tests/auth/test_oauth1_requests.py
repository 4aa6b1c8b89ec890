"""The two signed requests, against a real provider and against every bad answer."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from oauth_provider import ACCESS_TOKEN, REQUEST_TOKEN, Canned, Provider
from patience import PATIENCE_S

from twittervotes.auth import errors, oauth1_requests
from twittervotes.auth.errors import SignInFailure
from twittervotes.auth.oauth1_requests import RequestToken
from twittervotes.auth.oauth1_token import Token
from twittervotes.auth.settings import SignIn

GOOD = "oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=true"


def asked(sign_in: SignIn) -> RequestToken:
    token = oauth1_requests.request_token(sign_in)
    assert isinstance(token, RequestToken), token
    return token


def troubled(sign_in: SignIn) -> SignInFailure:
    what = oauth1_requests.request_token(sign_in)
    assert isinstance(what, SignInFailure), what
    return what


def test_the_three_legs_give_an_access_token(provider: Provider, sign_in: SignIn) -> None:
    request = asked(sign_in)
    url = oauth1_requests.authorize_url(sign_in, request)
    assert url == f"{provider.url}/oauth/authorize?oauth_token={request.token}"
    token = oauth1_requests.access_token(sign_in, request, provider.allow(request.token))
    (key, secret), *more = provider.access.items()
    assert token == Token(key, secret, "123", "ada", "0")
    assert not more


def test_requests_are_signed_in_the_header(provider: Provider, sign_in: SignIn) -> None:
    request = asked(sign_in)
    oauth1_requests.access_token(sign_in, request, provider.allow(request.token))
    assert [heard[:2] for heard in provider.heard] == [
        ("POST", provider.url + REQUEST_TOKEN),
        ("POST", provider.url + ACCESS_TOKEN),
    ]
    for _, _, head, body in provider.heard:
        assert head.startswith("OAuth ")
        assert 'oauth_signature_method="HMAC-SHA1"' in head
        assert body == b""
        assert not any(secret in head for secret in provider.secrets() - set(provider.access))


def test_a_request_token_and_the_settings_show_no_secret(
    provider: Provider, sign_in: SignIn
) -> None:
    request = asked(sign_in)
    assert not any(secret in f"{request!r}{sign_in!r}" for secret in provider.secrets())
    assert request.token not in repr(request)


def test_the_libraries_write_no_secret_to_a_log_at_debug(
    provider: Provider, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = asked(sign_in)
    verifier = provider.allow(request.token)
    oauth1_requests.access_token(sign_in, request, verifier)
    assert caplog.records
    assert not any(secret in caplog.text for secret in provider.secrets() | {verifier})
    assert "signature" not in caplog.text


def test_what_the_authorize_address_asks_for_is_kept(sign_in: SignIn) -> None:
    settings = replace(sign_in, authorize_url="https://api.x.com/oauth/authorize?force_login=true")
    url = oauth1_requests.authorize_url(settings, RequestToken("a b&c", "secret"))
    assert url == "https://api.x.com/oauth/authorize?force_login=true&oauth_token=a+b%26c"


def test_a_wrong_key_or_secret_says_which_settings_to_correct(sign_in: SignIn) -> None:
    for wrong in (
        replace(sign_in, consumer_key="wrong"),
        replace(sign_in, consumer_secret="wrong"),
    ):
        what = troubled(wrong)
        assert what.title.endswith("refuses the keys")
        assert "consumer_key and consumer_secret" in what.message


def test_an_unregistered_callback_is_reported_with_its_address(
    provider: Provider, sign_in: SignIn
) -> None:
    provider.app.callbacks[:] = ["http://localhost/other"]
    assert sign_in.callback_url in troubled(sign_in).message


def test_the_code_is_found_in_xml_too(provider: Provider, sign_in: SignIn) -> None:
    body = '<?xml version="1.0"?><errors><error code="415">Callback URL</error></errors>'
    provider.canned[REQUEST_TOKEN] = Canned(403, body)
    assert sign_in.callback_url in troubled(sign_in).message


def test_an_unconfirmed_callback_is_refused(provider: Provider, sign_in: SignIn) -> None:
    for answer in ("false", "True", "1", ""):
        provider.confirmed = answer
        assert troubled(sign_in) == errors.unconfirmed(sign_in)


def test_a_wrong_clock_is_reported_as_such(provider: Provider, sign_in: SignIn) -> None:
    provider.clock_is_ahead_s = 7200
    assert "clock" in troubled(sign_in).title


@pytest.mark.parametrize(
    ("canned", "title"),
    [
        (Canned(401, "Could not authenticate you"), "refuses the keys"),
        (Canned(400, '{"errors":[{"code":215}]}'), "refuses the keys"),
        (Canned(403, '{"errors":[{"code": 326, "message": "x"}]}'), "has locked"),
        (Canned(429, '{"errors":[{"code":88}]}'), "Too many attempts"),
        (Canned(420, ""), "Too many attempts"),
        (Canned(503, "<html>Over capacity</html>"), "is having problems"),
        (Canned(500, b"\xff" * 100_000), "is having problems"),
        (Canned(404, '{"errors":[{"code":34}]}'), "refuses the sign-in"),
        (Canned(302, "", {"Location": "http://127.0.0.1:1/"}), "refuses the sign-in"),
        (Canned(200, "<html>Log in to the hotel</html>"), "Unreadable"),
        (Canned(200, '{"oauth_token": "a"}'), "Unreadable"),
        (Canned(200, ""), "Unreadable"),
        (Canned(200, "oauth_token=a"), "Unreadable"),
        (Canned(200, "oauth_token=a&oauth_token_secret="), "Unreadable"),
        (Canned(200, GOOD + "&oauth_token=c"), "Unreadable"),
        (Canned(200, GOOD + "&x=%0a"), "Unreadable"),
        (Canned(200, GOOD + "&x=" + "a" * 1001), "Unreadable"),
        (Canned(200, GOOD + "&" * 20_000), "Unreadable"),
        (Canned(200, GOOD + "&a=b" * 30), "Unreadable"),
        (Canned(200, b"\xff\xfe"), "Unreadable"),
    ],
    ids=range(20),
)
def test_each_bad_answer_has_its_own_words(
    provider: Provider, sign_in: SignIn, canned: Canned, title: str
) -> None:
    provider.canned[REQUEST_TOKEN] = canned
    answer = oauth1_requests.request_token(sign_in)
    assert isinstance(answer, SignInFailure)
    assert title in answer.title
    assert answer.message.endswith((".", "/callback"))
    assert len(provider.heard) == 1, "a redirect must not be followed"


@pytest.mark.parametrize(
    ("canned", "title"),
    [
        (
            Canned(401, "Error processing your OAuth request: Request token missing"),
            "didn't complete",
        ),
        (Canned(401, '{"errors":[{"code":89}]}'), "didn't complete"),
        (Canned(401, '{"errors":[{"code":135}]}'), "clock"),
        (Canned(403, '{"errors":[{"code":64}]}'), "has locked"),
        (Canned(503, ""), "is having problems"),
        (Canned(200, "<html>"), "Unreadable"),
        (Canned(200, "oauth_token=a&user_id=1"), "Unreadable"),
    ],
    ids=range(7),
)
def test_each_bad_answer_of_the_third_leg_has_its_own_words(
    provider: Provider, sign_in: SignIn, canned: Canned, title: str
) -> None:
    request = asked(sign_in)
    provider.canned[ACCESS_TOKEN] = canned
    what = oauth1_requests.access_token(sign_in, request, provider.allow(request.token))
    assert isinstance(what, SignInFailure)
    assert title in what.title


def test_a_wrong_verifier_gives_no_token(provider: Provider, sign_in: SignIn) -> None:
    request = asked(sign_in)
    provider.allow(request.token)
    what = oauth1_requests.access_token(sign_in, request, "wrong")
    assert isinstance(what, SignInFailure)
    assert "didn't complete" in what.title
    assert not provider.access


def test_a_network_that_is_unreachable_is_reported(sign_in: SignIn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    what = troubled(replace(sign_in, request_token_url=url))
    assert what == errors.away(sign_in.network)


@contextmanager
def answering(*pieces: bytes, every_s: float = 0.0) -> Iterator[str]:
    """Serve one connection: send `pieces`, then nothing."""
    over = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except OSError:
                    return
                if over.wait(every_s):
                    return
            over.wait(PATIENCE_S)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"


@pytest.mark.parametrize(
    ("year", "way"), [(2020, "minutes ahead of the network's"), (2090, "minutes behind the")]
)
def test_a_clock_far_from_the_networks_is_reported_with_how_far(
    sign_in: SignIn, year: int, way: str
) -> None:
    head = f"HTTP/1.1 401 No\r\nDate: Thu, 01 Jan {year} 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n"
    with answering(head.encode()) as url:
        what = troubled(replace(sign_in, request_token_url=url))
    assert "clock" in what.title
    assert way in what.message


@pytest.mark.parametrize(
    ("pieces", "every_s"),
    [((), 0.0), ((HEAD, b"oauth"), 0.0), ((HEAD, *[b"a"] * 4000), 0.05)],
    ids=["silence", "silence in the middle", "one letter at a time"],
)
def test_an_endless_response_is_reported_in_time(
    sign_in: SignIn, pieces: tuple[bytes, ...], every_s: float
) -> None:
    began = time.monotonic()
    with answering(*pieces, every_s=every_s) as url:
        what = troubled(replace(sign_in, request_token_url=url, timeout=0.3))
        assert time.monotonic() - began < PATIENCE_S, "it took all the letters"
    assert what == errors.slow(sign_in.network)


def test_an_answer_far_too_long_is_not_read_to_its_end(sign_in: SignIn) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    with answering(head, b"a" * 20_000) as url:
        what = troubled(replace(sign_in, request_token_url=url))
    assert what == errors.strange_answer(sign_in, "request_token_url")


def test_a_connection_without_tls_is_not_trusted(sign_in: SignIn) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\n") as url:
        secure = url.replace("http:", "https:")
        what = troubled(replace(sign_in, request_token_url=secure))
    assert what == errors.untrusted(sign_in.network)


def test_local_requests_bypass_the_proxy(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert asked(sign_in).token, "where nobody listens, a proxy would have given an error"
