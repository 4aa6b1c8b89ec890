"""The pages in front of a real provider: what they let through, and what they show."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from oauth_provider import REQUEST_TOKEN, Canned, Provider
from werkzeug.test import EnvironBuilder, TestResponse

from twittervotes.auth import oauth1_token
from twittervotes.auth.flow import PENDING_S
from twittervotes.auth.oauth1_flow import Flow
from twittervotes.auth.oauth1_token import Token
from twittervotes.auth.pages import create_app
from twittervotes.auth.settings import SignIn


class Browser:
    """A headless browser on our pages."""

    def __init__(self, flow: Flow) -> None:
        self.delivered: list[Token] = []
        self.host = flow.sign_in.authority
        self.pages: FlaskClient = create_app(flow, self.delivered.append).test_client()
        self.seen = ""
        self.origin: dict[str, str] = {}

    def get(self, path: str, host: str | None = None) -> TestResponse:
        response = self.pages.get(path, headers={"Host": host or self.host})
        self.seen += response.text + str(response.headers)
        response.close()  # as a server does when all of it was sent
        return response

    def press(self, csrf: str | None = None) -> TestResponse:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/").text)
        assert found
        response = self.pages.post(
            "/",
            data={"csrf": found[1] if csrf is None else csrf},
            headers={"Host": self.host, **(self.origin or {"Origin": f"http://{self.host}"})},
        )
        self.seen += response.text
        return response

    def start(self) -> str:
        """Press the button; return the request token."""
        response = self.press()
        assert response.status_code == 303, response.text
        return parse_qs(urlsplit(response.headers["Location"]).query)["oauth_token"][0]


@pytest.fixture
def browser(flow: Flow) -> Browser:
    return Browser(flow)


def test_the_way_through_ends_with_all_set_and_the_token_saved(
    browser: Browser, provider: Provider, flow: Flow
) -> None:
    token = browser.start()
    response = browser.get(f"/callback?oauth_token={token}&oauth_verifier={provider.allow(token)}")
    assert response.status_code == 200
    assert "All set" in response.text
    assert "@ada" in response.text
    (key, secret), *_ = provider.access.items()
    assert oauth1_token.read(flow.path) == Token(key, secret, "123", "ada", "0")
    assert browser.delivered == [oauth1_token.read(flow.path)]


def test_no_secret_is_on_a_page_or_in_a_header(browser: Browser, provider: Provider) -> None:
    token = browser.start()
    verifier = provider.allow(token)
    browser.get(f"/callback?oauth_token={token}&oauth_verifier={verifier}")
    browser.get("/")
    assert not any(secret in browser.seen for secret in {*provider.secrets(), verifier, token})
    assert "the-consumer-key" not in browser.seen


def test_the_button_leads_to_the_network_with_the_request_token_alone(
    browser: Browser, provider: Provider
) -> None:
    there = browser.press().headers["Location"]
    (token,) = provider.temporary
    assert there == f"{provider.url}/oauth/authorize?oauth_token={token}"


def test_a_callback_of_another_sign_in_is_refused_and_spoils_nothing(
    browser: Browser, provider: Provider, flow: Flow
) -> None:
    token = browser.start()
    verifier = provider.allow(token)
    for query in (
        f"oauth_token={token}x&oauth_verifier={verifier}",
        f"oauth_token=&oauth_verifier={verifier}",
        f"oauth_verifier={verifier}",
        "oauth_token=%E2%98%83&oauth_verifier=a",
        "denied=another",
        "denied=",
        "oauth_problem=user_refused",
        "",
    ):
        response = browser.get(f"/callback?{query}")
        assert response.status_code == 403
        assert "not the current one" in response.text
    assert not flow.path.exists()
    assert "All set" in browser.get(f"/callback?oauth_token={token}&oauth_verifier={verifier}").text


def test_a_callback_before_any_start_is_refused(browser: Browser) -> None:
    assert browser.get("/callback?oauth_token=a&oauth_verifier=b").status_code == 403


def test_a_replay_is_refused(browser: Browser, provider: Provider) -> None:
    token = browser.start()
    back = f"/callback?oauth_token={token}&oauth_verifier={provider.allow(token)}"
    assert browser.get(back).status_code == 200
    asked = len(provider.heard)
    assert browser.get(back).status_code == 403
    assert len(provider.heard) == asked
    assert len(browser.delivered) == 1


def test_a_new_start_makes_the_one_before_worthless(browser: Browser, provider: Provider) -> None:
    old, new = browser.start(), browser.start()
    back = "/callback?oauth_token={}&oauth_verifier={}"
    assert browser.get(back.format(old, provider.allow(old))).status_code == 403
    assert browser.get(back.format(new, provider.allow(new))).status_code == 200


@pytest.mark.parametrize("verifier", ["", "a" * 1001])
def test_a_callback_without_a_valid_verifier_ends_the_sign_in(
    browser: Browser, provider: Provider, verifier: str
) -> None:
    token = browser.start()
    asked = len(provider.heard)
    back = f"/callback?oauth_token={token}&oauth_verifier={verifier}"
    assert browser.get(back).status_code == 403
    assert len(provider.heard) == asked


@pytest.mark.parametrize("query", ["denied={}", "oauth_problem=user_refused&oauth_token={}"])
def test_a_no_is_reported_and_forgotten_and_may_be_thought_over(
    browser: Browser, provider: Provider, flow: Flow, query: str
) -> None:
    token = browser.start()
    response = browser.get("/callback?" + query.format(token))
    assert response.status_code == 403
    assert "Sign-in declined" in response.text
    late = f"/callback?oauth_token={token}&oauth_verifier={provider.allow(token)}"
    assert browser.get(late).status_code == 403
    assert not flow.path.exists()
    again = browser.start()
    last = f"/callback?oauth_token={again}&oauth_verifier={provider.allow(again)}"
    assert "All set" in browser.get(last).text


def test_a_sign_in_that_took_too_long_is_refused(
    provider: Provider, sign_in: SignIn, tmp_path: Path
) -> None:
    now = [1000.0]
    browser = Browser(Flow(sign_in, tmp_path / "auth", clock=lambda: now[0]))
    token = browser.start()
    now[0] += PENDING_S + 1
    response = browser.get(f"/callback?oauth_token={token}&oauth_verifier={provider.allow(token)}")
    assert response.status_code == 403
    assert "timed out" in response.text
    assert not (tmp_path / "auth").exists()


@pytest.mark.parametrize("csrf", ["", "wrong", "\N{SNOWMAN}"])
def test_a_button_pressed_from_another_page_does_nothing(
    browser: Browser, provider: Provider, csrf: str
) -> None:
    assert browser.press(csrf).status_code == 403
    assert not provider.heard


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "a,{host}"])
def test_a_foreign_host_name_is_refused(
    browser: Browser, provider: Provider, sign_in: SignIn, host: str
) -> None:
    foreign = host.format(port=sign_in.port, host=sign_in.authority)
    token = browser.start()
    for path in ("/", f"/callback?oauth_token={token}&oauth_verifier={provider.allow(token)}"):
        response = browser.get(path, host=foreign)
        assert response.status_code == 400
        assert "csrf" not in response.text
    assert not provider.access


def test_the_page_may_be_called_localhost_too(browser: Browser, sign_in: SignIn) -> None:
    assert browser.get("/", host=f"localhost:{sign_in.port}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://{host}", "Sec-Fetch-Site": "same-origin"},
        {"Referer": "http://{host}/"},
        {"Referer": "http://{host}/", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_the_button_of_our_page_is_heard(browser: Browser, headers: dict[str, str]) -> None:
    browser.origin = {name: value.format(host=browser.host) for name, value in headers.items()}
    assert browser.press().status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "neither Origin nor Referer"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "https://{host}"},
        {"Origin": "http://{host}.evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost:{port}"},
        {"Origin": "null", "Referer": "http://{host}/"},
        {"Origin": "http://{host}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://{host}", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://{host}", "Sec-Fetch-Site": "none"},
        {"Referer": "https://evil.example/http://{host}/"},
        {"Referer": "http://{host}.evil.example/"},
        {"Referer": "http://["},
    ],
)
def test_a_form_of_another_page_begins_nothing_even_with_our_token(
    browser: Browser, provider: Provider, sign_in: SignIn, headers: dict[str, str]
) -> None:
    browser.origin = {
        name: value.format(host=browser.host, port=sign_in.port) for name, value in headers.items()
    }
    response = browser.press()
    assert response.status_code == 403
    assert "request came from another page" in response.text
    assert provider.heard == []


@pytest.mark.parametrize("path", ["/", "/callback", "/none"])
def test_every_page_is_closed_to_frames_caches_scripts_and_external_styles(
    browser: Browser, provider: Provider, path: str
) -> None:
    headers = browser.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert f"form-action 'self' https: {provider.url};" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/", "/callback", "/none"])
def test_every_page_has_a_language_a_title_and_one_heading(browser: Browser, path: str) -> None:
    text = browser.get(path).text
    assert '<html lang="en">' in text
    assert re.search(r"<title>\w[^<]* · twittervotes</title>", text)
    assert text.count("<h1>") == 1
    assert not re.search(r"""\s(?:src|style|on\w+)=""", text)


def test_the_first_page_says_who_is_signed_in(browser: Browser, flow: Flow) -> None:
    assert "is saved" in browser.get("/").text
    assert "replaces" not in browser.get("/").text
    oauth1_token.write(flow.path, Token("a", "b", "1", "<b>grace</b>"))
    text = browser.get("/").text
    assert "@&lt;b&gt;grace&lt;/b&gt;" in text
    assert "replaces" in text
    flow.path.write_text("[")
    assert "can&#39;t be used. Signing in replaces it" in browser.get("/").text


def test_what_the_network_wrote_is_never_shown(browser: Browser, provider: Provider) -> None:
    provider.canned[REQUEST_TOKEN] = Canned(500, "<script>alert(1)</script> the-consumer-secret")
    response = browser.press()
    assert response.status_code == 502
    assert "is having problems" in response.text
    assert "alert(1)" not in response.text


def test_an_unsaved_token_is_reported(browser: Browser, provider: Provider, flow: Flow) -> None:
    token = browser.start()
    flow.path.mkdir()
    response = browser.get(f"/callback?oauth_token={token}&oauth_verifier={provider.allow(token)}")
    assert response.status_code == 500
    assert "cannot be written" in response.text
    assert not browser.delivered


@pytest.mark.parametrize(("method", "status"), [("PUT", 405), ("DELETE", 405)])
def test_other_methods_are_refused_with_a_page(
    browser: Browser, sign_in: SignIn, method: str, status: int
) -> None:
    response = browser.pages.open("/", method=method, headers={"Host": sign_in.authority})
    assert response.status_code == status
    assert "<h1>" in response.text


def test_a_form_far_too_long_is_refused(browser: Browser) -> None:
    assert browser.press("a" * 10_000).status_code == 413


def test_an_address_that_no_browser_sends_gets_a_page_too(
    browser: Browser, provider: Provider
) -> None:
    token = browser.start()
    told: list[str] = []
    environ = EnvironBuilder("/callback", headers={"Host": browser.host}).get_environ()
    environ["QUERY_STRING"] = f"oauth_token={token}&oauth_verifier=\xff"
    page = b"".join(browser.pages.application(environ, lambda status, *_: told.append(status)))
    assert told == ["400 BAD REQUEST"]
    assert b"start again" in page
    back = f"/callback?oauth_token={token}&oauth_verifier={provider.allow(token)}"
    assert browser.get(back).status_code == 200, "the sign-in goes on"
