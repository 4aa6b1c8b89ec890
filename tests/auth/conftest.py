"""A network to sign in to, and the settings for it."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from oauth2_provider import AUTHORIZE, CLIENT_ID, ME, TOKEN, Provider2, running2
from oauth_provider import ACCESS_TOKEN, KEY, REQUEST_TOKEN, SECRET, Provider, running
from patience import PATIENCE_S

from twittervotes.auth.oauth1_flow import Flow
from twittervotes.auth.oauth2_flow import CodeFlow
from twittervotes.auth.settings import CodeSignIn, SignIn


def free_port() -> int:
    """Return a free port that the system assigns to nobody else."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as it:
        yield it


@pytest.fixture
def sign_in(provider: Provider) -> SignIn:
    """Settings for the network of the test, registered there."""
    port = free_port()
    settings = SignIn(
        KEY,
        SECRET,
        provider.url + REQUEST_TOKEN,
        provider.url + "/oauth/authorize",
        provider.url + ACCESS_TOKEN,
        port=port,
        timeout=PATIENCE_S,
    )
    provider.app.callbacks.append(settings.callback_url)
    return settings


@pytest.fixture
def flow(sign_in: SignIn, tmp_path: Path) -> Flow:
    return Flow(sign_in, tmp_path / ".twitterauth")


@pytest.fixture
def provider2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider2]:
    monkeypatch.setenv(
        "AUTHLIB_INSECURE_TRANSPORT", "1"
    )  # its server, here in the test, has no TLS
    with running2() as it:
        yield it


@pytest.fixture
def code_sign_in(provider2: Provider2) -> CodeSignIn:
    """Settings of a public client for that network, registered there."""
    port = free_port()
    settings = CodeSignIn(
        CLIENT_ID,
        "",
        provider2.url + AUTHORIZE,
        provider2.url + TOKEN,
        provider2.url + ME,
        port=port,
        timeout=PATIENCE_S,
    )
    provider2.client.callbacks.append(settings.callback_url)
    return settings


@pytest.fixture
def code_flow(code_sign_in: CodeSignIn, tmp_path: Path) -> CodeFlow:
    return CodeFlow(code_sign_in, tmp_path / ".twitterauth2")
