"""Guards for every test: only loopback, no ERROR logged, a separate home folder."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from patience import PATIENCE_S

from twittervotes.core import logs

if TYPE_CHECKING:
    from doubles import WireServer

# The same examples each time, and no deadline per example: a failure has a cause in the code.
settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


def pytest_configure() -> None:
    """Set up logging once, before any test: the stderr of a test is closed when it ends."""
    logs.setup(logs.shipped(logs.NAME))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the long tests first, so that no process is left with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test its own home folder, without the settings of the user who runs the tests."""
    import os

    folder = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    for name in list(os.environ):
        is_of_terminal = name in {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}
        is_of_user = name.startswith(("XDG_", "TWITTERVOTES_")) or name.lower().endswith("_proxy")
        if is_of_terminal or is_of_user:
            monkeypatch.delenv(name)
    return folder


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


@pytest.fixture(autouse=True)
def no_error_logged(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Fail a test that logs an ERROR without saying so (`@pytest.mark.logs_errors`)."""
    yield
    if request.node.get_closest_marker("logs_errors"):
        return
    errors = [
        record
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.ERROR
    ]
    assert not errors, [record.getMessage() for record in errors]


@pytest.fixture
def impatient(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon on servers that never respond."""
    from twittervotes.network import http

    monkeypatch.setattr(http, "READ_S", 0.3)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WireServer]:
    """Serve what a test wants on loopback, with a client that waits as long as a test does."""
    from doubles import WireServer

    from twittervotes.network import http

    http.hang_up()
    for bound in ("CONNECT_S", "READ_S", "WHOLE_S"):
        monkeypatch.setattr(http, bound, PATIENCE_S)
    server = WireServer()
    yield server
    http.hang_up()
    server.close()
