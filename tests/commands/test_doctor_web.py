"""What the doctor says of the ballot page."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from twittervotes.network import address
from twittervotes.sources.web import keys
from twittervotes.sources.web.checks import checks
from twittervotes.sources.web.settings import WebSettings, reach, voters_address


def told(settings: WebSettings) -> list[tuple[bool, str]]:
    return [(found.is_good, f"{found.words} {found.advice}") for found in checks(settings)]


def test_the_doctor_says_who_can_reach_the_page(tmp_path: Path) -> None:
    port, reached = told(WebSettings(port=0, keys=str(tmp_path / "keys")))
    assert port[0]
    assert reached[0]
    assert "voters will use http://127.0.0.1:0. Only this machine can open it" in reached[1]


def test_a_port_that_is_taken_is_reported_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        (is_good, words), *_ = told(WebSettings(port=port, keys=str(tmp_path / "keys")))
    assert not is_good
    assert f"can't listen on 127.0.0.1 port {port}" in words
    assert "set web.port" in words


def test_codes_that_were_never_made_are_missed(tmp_path: Path) -> None:
    settings = WebSettings(level="code", port=0, keys=str(tmp_path / "keys"))
    assert any(not good and "twittervotes codes" in words for good, words in told(settings))
    keys.load(tmp_path / "keys")
    assert all(good for good, _ in told(settings))
    (tmp_path / "keys").write_text("nothing")
    assert any(not good and "holds no secret" in words for good, words in told(settings))


def test_a_box_that_is_unreachable_is_reported(tmp_path: Path) -> None:
    settings = WebSettings(port=0, boxes=("http://127.0.0.1:9",), keys=str(tmp_path / "keys"))
    assert any(not good and "http://127.0.0.1:9 is away" in words for good, words in told(settings))


@pytest.mark.parametrize(
    ("settings", "expected", "words"),
    [
        (WebSettings(), "http://127.0.0.1:8080", "Only this machine"),
        (WebSettings(port=80), "http://127.0.0.1", "Only this machine"),
        (WebSettings(host="::1"), "http://[::1]:8080", "Only this machine"),
        (WebSettings(host="192.168.1.20"), "http://192.168.1.20:8080", "open to your network"),
        (WebSettings(name="votes.example.org"), "https://votes.example.org", "through the proxy"),
        (WebSettings(name="http://hall.local:81/"), "http://hall.local:81", "through the proxy"),
    ],
)
def test_voters_use_the_address_that_they_can_reach(
    settings: WebSettings, expected: str, words: str
) -> None:
    assert voters_address(settings) == expected
    assert words in reach(settings)


def test_open_to_the_network_the_address_is_this_machines_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(address, "UNROUTED", ("127.0.0.1", 9))
    everywhere = WebSettings(host="0.0.0.0")  # noqa: S104 - nothing is opened here
    assert voters_address(everywhere) == "http://127.0.0.1:8080"
    assert "open to your network" in reach(everywhere)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "example.org"},
        {"port": 70_000},
        {"name": "a b"},
        {"boxes": ("http://box2.example.org",)},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        WebSettings(**wrong)  # type: ignore[arg-type]
