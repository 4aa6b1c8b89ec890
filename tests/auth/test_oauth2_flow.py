"""The sign-in by OAuth 2.0 in front of a real provider: what it lets through, and what it shows."""

from __future__ import annotations

import hashlib
import logging
import re
import stat
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from oauth2_provider import AUTHORIZE, CLIENT_ID, CLIENT_SECRET, ME, TOKEN, Provider2
from oauth_provider import Canned
from patience import PATIENCE_S
from werkzeug.test import TestResponse

from twittervotes.auth import oauth2_requests, oauth2_token
from twittervotes.auth.errors import SignInFailure
from twittervotes.auth.flow import PENDING_S
from twittervotes.auth.oauth1_token import Token
from twittervotes.auth.oauth2_flow import CodeFlow
from twittervotes.auth.oauth2_token import Grant
from twittervotes.auth.pages import create_app
from twittervotes.auth.settings import SCOPE, CodeSignIn
from twittervotes.core.errors import ConfigError


class Browser:
    """A headless browser on our pages and the network's."""

    def __init__(self, flow: CodeFlow) -> None:
        self.delivered: list[Token | Grant] = []
        self.host = flow.sign_in.authority
        self.pages: FlaskClient = create_app(flow, self.delivered.append).test_client()
        self.seen = ""

    def get(self, path: str) -> TestResponse:
        response = self.pages.get(path, headers={"Host": self.host})
        self.seen += response.text + str(response.headers)
        response.close()  # as a server does when all of it was sent
        return response

    def start(self) -> str:
        """Press the button; return the URL it leads to."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/").text)
        assert found
        form = {"csrf": found[1]}
        headers = {"Host": self.host, "Origin": f"http://{self.host}"}
        response = self.pages.post("/", data=form, headers=headers)
        assert response.status_code == 303
        return response.headers["Location"]

    def answered(self, there: str, answer: str = "yes") -> str:
        """Approve or refuse at the network; return the path and query of its redirect to us."""
        response = requests.post(
            there, data={"answer": answer}, allow_redirects=False, timeout=PATIENCE_S
        )
        assert response.status_code == 302, response.text
        back = urlsplit(response.headers["Location"])
        return f"{back.path}?{back.query}"


@pytest.fixture
def browser(code_flow: CodeFlow) -> Browser:
    return Browser(code_flow)


def asked(there: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(there).query).items()}


def test_the_way_through_ends_with_all_set_and_the_grant_saved(
    browser: Browser, provider2: Provider2, code_flow: CodeFlow
) -> None:
    response = browser.get(browser.answered(browser.start()))
    assert response.status_code == 200
    assert "All set" in response.text
    (given,) = provider2.tokens
    kept = oauth2_token.read(code_flow.path)
    assert (kept.access_token, kept.refresh_token) == (
        given["access_token"],
        given["refresh_token"],
    )
    assert kept.scope == SCOPE
    assert browser.delivered == [kept]
    assert stat.S_IMODE(code_flow.path.stat().st_mode) == 0o600
    assert kept.screen_name == "ada"
    assert "You are signed in as <strong>@ada</strong>" in response.text
    assert "You are signed in as @ada." in browser.get("/").text


@pytest.mark.parametrize(
    "canned",
    [
        Canned(401, "{}"),
        Canned(429, "{}"),
        Canned(503, "<html>"),
        Canned(302, "", {"Location": "https://example.org/"}),
        Canned(200, ""),
        Canned(200, "[" * 10_000),
        Canned(200, "{}"),
        Canned(200, '{"data":{"username":""}}'),
        Canned(200, '{"data":{"username":"<b>ada</b>"}}'),
        Canned(200, '{"data":{"username":"ada\\u202e"}}'),
        Canned(200, '{"data":{"username":["ada"]}}'),
        Canned(200, '{"data":{"username":"' + "a" * 51 + '"}}'),
        Canned(200, b"\xff" * 20_000),
    ],
    ids=range(13),
)
def test_an_unnamed_account_is_unknown(
    browser: Browser, provider2: Provider2, code_flow: CodeFlow, canned: Canned
) -> None:
    provider2.canned[ME] = canned
    response = browser.get(browser.answered(browser.start()))
    assert response.status_code == 200
    assert "didn't report the account" in response.text
    assert oauth2_token.read(code_flow.path).screen_name == ""
    assert "You are signed in already" in browser.get("/").text


def test_a_confidential_client_shows_its_secret_in_the_header_alone(
    code_sign_in: CodeSignIn, provider2: Provider2, tmp_path: Path
) -> None:
    provider2.client.secret = CLIENT_SECRET
    secret = replace(code_sign_in, client_secret=CLIENT_SECRET)
    browser = Browser(CodeFlow(secret, tmp_path / "auth2"))
    assert "All set" in browser.get(browser.answered(browser.start())).text
    _, url, head, form = next(heard for heard in provider2.heard if TOKEN in heard[1])
    assert b64decode(head.removeprefix("Basic ")).decode() == f"{CLIENT_ID}:{CLIENT_SECRET}"
    assert "client_id" not in form
    assert CLIENT_SECRET not in url
    assert CLIENT_SECRET not in str(form)


def test_the_button_leads_to_the_network_with_a_challenge_and_no_secret(
    browser: Browser, provider2: Provider2, code_sign_in: CodeSignIn
) -> None:
    there = browser.start()
    assert there.startswith(provider2.url + AUTHORIZE + "?")
    assert "+" not in there, "spaces are written %20"
    values = asked(there)
    assert len(values.pop("state")) >= 43
    challenge = values.pop("code_challenge")
    assert values == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": code_sign_in.callback_url,
        "scope": SCOPE,
        "code_challenge_method": "S256",
    }
    browser.get(browser.answered(there))
    form = next(heard[3] for heard in provider2.heard if TOKEN in heard[1])
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert urlsafe_b64encode(digest).decode().rstrip("=") == challenge
    assert re.fullmatch("[A-Za-z0-9._~-]{43,128}", form["code_verifier"])
    assert form["redirect_uri"] == code_sign_in.callback_url
    assert form["client_id"] == CLIENT_ID


def test_every_start_has_its_own_state_and_challenge(browser: Browser) -> None:
    first, second = asked(browser.start()), asked(browser.start())
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]


def test_no_secret_is_on_a_page_in_a_header_or_in_the_log(
    browser: Browser, provider2: Provider2, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    back = browser.answered(browser.start())
    browser.get(back)
    browser.get("/")
    code = asked(back)["code"]
    verifier = next(heard[3] for heard in provider2.heard if TOKEN in heard[1])["code_verifier"]
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith("authlib")]
    assert ours
    for text in (browser.seen, "\n".join(ours)):
        assert not any(secret in text for secret in {*provider2.secrets(), code, verifier})


def test_what_the_settings_and_the_grant_show_is_no_secret(code_sign_in: CodeSignIn) -> None:
    secret = replace(code_sign_in, client_secret=CLIENT_SECRET)
    assert CLIENT_SECRET not in repr(secret)
    assert CLIENT_ID not in repr(secret)


def test_a_no_is_reported_and_forgotten_and_may_be_thought_over(
    browser: Browser, code_flow: CodeFlow
) -> None:
    there = browser.start()
    back = browser.answered(there, "no")
    assert "error=access_denied" in back
    response = browser.get(back)
    assert response.status_code == 403
    assert "Sign-in declined" in response.text
    assert browser.get(back).status_code == 403
    assert "not the current one" in browser.get(browser.answered(there)).text
    assert not code_flow.path.exists()
    assert "All set" in browser.get(browser.answered(browser.start())).text


def test_a_callback_of_another_sign_in_is_refused_and_spoils_nothing(
    browser: Browser, provider2: Provider2, code_flow: CodeFlow
) -> None:
    back = browser.answered(browser.start())
    told = asked(back)
    state, code = told["state"], told["code"]
    for query in (
        f"state={state}x&code={code}",
        f"state=&code={code}",
        f"code={code}",
        f"state=%E2%98%83&code={code}",
        "error=access_denied",
        "error=access_denied&state=another",
        "oauth_token=a&oauth_verifier=b",
        "",
    ):
        response = browser.get(f"/callback?{query}")
        assert response.status_code == 403
        assert "not the current one" in response.text
    assert not any(TOKEN in heard[1] for heard in provider2.heard)
    assert not code_flow.path.exists()
    assert "All set" in browser.get(back).text


def test_a_replay_is_refused(browser: Browser, provider2: Provider2) -> None:
    back = browser.answered(browser.start())
    assert browser.get(back).status_code == 200
    heard = len(provider2.heard)
    assert browser.get(back).status_code == 403
    assert len(provider2.heard) == heard
    assert len(browser.delivered) == 1


def test_a_new_start_makes_the_one_before_worthless(browser: Browser) -> None:
    old, new = (browser.answered(browser.start()) for _ in range(2))
    assert browser.get(old).status_code == 403
    assert browser.get(new).status_code == 200


@pytest.mark.parametrize("code", ["", "a" * 1001])
def test_a_callback_without_a_valid_code_ends_the_sign_in(
    browser: Browser, provider2: Provider2, code: str
) -> None:
    state = asked(browser.start())["state"]
    assert browser.get(f"/callback?state={state}&code={code}").status_code == 403
    assert not any(TOKEN in heard[1] for heard in provider2.heard)


def test_a_sign_in_that_took_too_long_is_refused(code_sign_in: CodeSignIn, tmp_path: Path) -> None:
    now = [1000.0]
    browser = Browser(CodeFlow(code_sign_in, tmp_path / "auth2", clock=lambda: now[0]))
    back = browser.answered(browser.start())
    now[0] += PENDING_S + 1
    response = browser.get(back)
    assert response.status_code == 403
    assert "timed out" in response.text


def test_a_code_that_is_older_than_its_thirty_seconds_is_reported(
    browser: Browser, provider2: Provider2, code_flow: CodeFlow
) -> None:
    back = browser.answered(browser.start())
    provider2.clock_is_ahead_s = 31
    response = browser.get(back)
    assert response.status_code == 502
    assert "expired or was already used" in response.text
    assert not code_flow.path.exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("server_error", "Wait"),
        ("temporarily_unavailable", "Wait"),
        ("invalid_scope", "callback URL"),
        ("unauthorized_client", "callback URL"),
        ("<script>", "callback URL"),
    ],
)
def test_an_error_of_the_network_is_reported_and_not_repeated(
    browser: Browser, error: str, words: str
) -> None:
    state = asked(browser.start())["state"]
    response = browser.get(f"/callback?state={state}&error={error}&error_description=%3Cb%3E")
    assert response.status_code == 502
    assert words in response.text
    assert "<script>" not in response.text
    assert "<b>" not in response.text


def test_an_unsaved_grant_is_reported(browser: Browser, code_flow: CodeFlow) -> None:
    back = browser.answered(browser.start())
    code_flow.path.mkdir()
    response = browser.get(back)
    assert response.status_code == 500
    assert "cannot be written" in response.text
    assert not browser.delivered


def test_a_permission_that_does_not_last_is_no_sign_in(
    browser: Browser, provider2: Provider2, code_flow: CodeFlow
) -> None:
    provider2.lasting = False
    assert "only short-lived access" in browser.get(browser.answered(browser.start())).text
    assert not code_flow.path.exists()


def exchanged(sign_in: CodeSignIn) -> SignInFailure:
    what = oauth2_requests.exchanged(sign_in, "the-code", "the-verifier")
    assert isinstance(what, SignInFailure), what
    return what


def test_a_wrong_client_says_which_settings_to_correct(
    code_sign_in: CodeSignIn, provider2: Provider2
) -> None:
    assert "client_id" in exchanged(replace(code_sign_in, client_id="wrong")).message
    provider2.client.secret = CLIENT_SECRET
    for secret in ("", "wrong"):
        assert "client_secret" in exchanged(replace(code_sign_in, client_secret=secret)).message


@pytest.mark.parametrize(
    ("canned", "words"),
    [
        (Canned(400, '{"error":"invalid_request","error_description":"Value passed ..."}'), "used"),
        (Canned(400, '{"error":"invalid_client"}'), "client_id"),
        (Canned(401, '{"error":"unauthorized_client","error_description":"Missing"}'), "client_id"),
        (Canned(429, "{}"), "15 minutes"),
        (Canned(503, "<html>"), "few minutes"),
        (Canned(404, "none"), "api_url"),
        (Canned(302, "", {"Location": "https://example.org/"}), "api_url"),
        (Canned(200, "<html>"), "api_url"),
        (Canned(200, "x" * 20_000), "api_url"),
        (Canned(200, '{"token_type":"mac","access_token":"a","refresh_token":"r"}'), "api_url"),
        (Canned(200, "[" * 10_000), "api_url"),
    ],
)
def test_an_invalid_grant_is_reported(
    code_sign_in: CodeSignIn, provider2: Provider2, canned: Canned, words: str
) -> None:
    provider2.canned[TOKEN] = canned
    what = exchanged(code_sign_in)
    assert words in what.message
    assert "Value passed" not in what.message
    assert len([heard for heard in provider2.heard if TOKEN in heard[1]]) == 1


def test_a_netrc_file_does_not_take_the_place_of_our_header(
    code_sign_in: CodeSignIn, provider2: Provider2, home: Path
) -> None:
    (home / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    (home / ".netrc").chmod(0o600)
    provider2.client.secret = CLIENT_SECRET
    exchanged(replace(code_sign_in, client_secret=CLIENT_SECRET))
    (head,) = (heard[2] for heard in provider2.heard)
    assert b64decode(head.removeprefix("Basic ")).decode() == f"{CLIENT_ID}:{CLIENT_SECRET}"


X = CodeSignIn(
    "client",
    "",
    "https://x.com/i/oauth2/authorize",
    "https://api.x.com/2/oauth2/token",
    "https://api.x.com/2/users/me",
)
REFUSED: list[tuple[str, Callable[[], CodeSignIn]]] = [
    ("client_id", lambda: replace(X, client_id="")),
    ("client_id", lambda: replace(X, client_id="a b")),
    ("client_secret", lambda: replace(X, client_secret="a\n")),
    ("authorize_url", lambda: replace(X, authorize_url="http://x.com/")),
    ("token_url", lambda: replace(X, token_url="http://api.x.com/")),
    ("account_url", lambda: replace(X, account_url="http://api.x.com/")),
    ("127.0.0.1", lambda: replace(X, host="0.0.0.0")),  # noqa: S104 - it is refused
    ("port", lambda: replace(X, port=0)),
    ("timeout", lambda: replace(X, timeout=0)),
]


@pytest.mark.parametrize(("words", "made"), REFUSED, ids=range(len(REFUSED)))
def test_settings_that_could_leak_a_token_are_refused(
    words: str, made: Callable[[], CodeSignIn]
) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        made()
    assert X.network == "X"
