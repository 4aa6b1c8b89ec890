"""Settings that could leak a key or a token are refused before anything is served."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twittervotes.auth.settings import SignIn
from twittervotes.core.errors import ConfigError

X = SignIn(
    "key",
    "secret",
    "https://api.x.com/oauth/request_token",
    "https://api.x.com/oauth/authorize",
    "https://api.x.com/oauth/access_token",
)


def test_the_page_and_the_callback_are_on_this_machine() -> None:
    assert X.page_url == "http://127.0.0.1:3000/"
    assert X.callback_url == "http://127.0.0.1:3000/callback"
    assert replace(X, host="::1", port=80).callback_url == "http://[::1]/callback"


@pytest.mark.parametrize("host", ["", "0", "::", "192.168.1.5", "example.org", "127.0.0.1.a"])
def test_an_address_others_could_open_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match=r"Use 127\.0\.0\.1"):
        replace(X, host=host)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_an_invalid_port_is_refused(port: int) -> None:
    with pytest.raises(ConfigError, match="not a port"):
        replace(X, port=port)


@pytest.mark.parametrize("name", ["request_token_url", "authorize_url", "access_token_url"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.x.com/oauth",
        "ftp://api.x.com/",
        "javascript:alert(1)",
        "http://api.x.com/oauth",
        "http://127.0.0.1.example.org/",
        "http://localhost@example.org/",
        "https://user:secret@api.x.com/",
        "https://api.x.com/#here",
        "https://api.x.com:port/",
        "https://[::1/",
        "https:///path",
        "https://api.x.com/\r\nSet-Cookie: a",
        "https://äpi.x.com/",
    ],
)
def test_an_unsafe_endpoint_is_refused_by_name(name: str, url: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} "):
        replace(X, **{name: url})


@pytest.mark.parametrize("name", ["consumer_key", "consumer_secret"])
@pytest.mark.parametrize("value", ["", "a b", "a\n", "ключ"])
def test_an_invalid_key_is_refused_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is missing") as refused:
        replace(X, **{name: value})
    assert not value or value not in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_plain_http_is_for_this_machine_alone(host: str) -> None:
    assert replace(X, request_token_url=f"http://{host}:5000/").request_token_url


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.x.com/oauth/authorize", "X"),
        ("https://api.twitter.com/oauth/authorize", "X"),
        ("https://notx.com/", "notx.com"),
        ("http://127.0.0.1:5000/", "127.0.0.1:5000"),
    ],
)
def test_the_network_is_called_by_its_name(url: str, name: str) -> None:
    assert replace(X, authorize_url=url).network == name
