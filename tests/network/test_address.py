"""The address under which others reach this machine."""

from __future__ import annotations

import pytest

from twittervotes.network import address
from twittervotes.network.address import own_address, url_of


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("127.0.0.1", 8080, "http://127.0.0.1:8080"),
        ("192.168.1.20", 80, "http://192.168.1.20"),
        ("::1", 8080, "http://[::1]:8080"),
    ],
)
def test_an_address_to_listen_on_is_reached_as_it_is(host: str, port: int, url: str) -> None:
    assert url_of(host, port) == url


@pytest.mark.parametrize("host", address.EVERYWHERE)
def test_listening_everywhere_this_machines_own_address_is_shown(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "own_address", lambda: "192.168.1.20")
    assert url_of(host, 8080) == "http://192.168.1.20:8080"


def test_without_a_network_the_own_address_is_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "UNROUTED", ("127.0.0.1", 9))
    assert own_address() == "127.0.0.1"
