"""The requests to one instance, made in a worker process: where, with which token, how often.

Imported by workers only, because it brings the HTTP client with it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from twittervotes.sources import http
from twittervotes.sources.http import Response
from twittervotes.sources.mastodon_status import UNREADABLE
from twittervotes.sources.mastodon_trouble import Instance, decode_instance

ASKED_AGAIN_S = 60.0  # of an instance that did not say what it is

_instances: dict[str, tuple[float, Instance | None]] = {}  # what a worker was told, and when


@dataclass(frozen=True, slots=True)
class Bearer(AuthBase):
    """Signs in with a token; it never follows a redirect, because `http.get` follows none."""

    token: str

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def __repr__(self) -> str:
        return "Bearer(…)"


def get(base: str, path: str, token: str = "") -> Response:
    """Get a path of an instance. Raises NetworkError."""
    return http.get(f"{base}{path}", auth=Bearer(token) if token else None)


def instance(base: str) -> Instance | None:
    """Return what an instance says of itself, asked for once; None where it does not say."""
    now = time.monotonic()
    at, known = _instances.get(base, (now - ASKED_AGAIN_S, None))
    if known is None and now - at >= ASKED_AGAIN_S:
        known = _asked(base)
        _instances[base] = now, known
    return known


def _asked(base: str) -> Instance | None:
    try:
        answer = get(base, "/api/v2/instance")
        return decode_instance(answer.body) if answer.status == 200 else None
    except (http.NetworkError, *UNREADABLE):
        return None


def host_of(base: str) -> str:
    """Return what people call an instance."""
    return urlsplit(base).netloc
