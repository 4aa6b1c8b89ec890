"""A network of one's own: an HTTP server on loopback that says what a test wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import WireServer

from twittervotes.sources import http


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WireServer]:
    monkeypatch.setattr(http, "_session", None)
    server = WireServer()
    yield server
    if http._session is not None:
        http._session.close()
    server.close()
