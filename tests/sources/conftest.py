"""A network of one's own: an HTTP server on loopback that says what a test wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import WireServer
from patience import PATIENCE_S

from twittervotes.network import http


@pytest.fixture
def impatient(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon what does not answer: for servers that never do."""
    monkeypatch.setattr(http, "READ_S", 0.3)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WireServer]:
    http.hang_up()
    for bound in ("CONNECT_S", "READ_S", "WHOLE_S"):
        monkeypatch.setattr(http, bound, PATIENCE_S)
    server = WireServer()
    yield server
    http.hang_up()
    server.close()
