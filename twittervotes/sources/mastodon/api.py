"""Requests to one instance, made in a worker process.

Only workers import it, because it imports the HTTP client.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from twittervotes.network import http
from twittervotes.sources.mastodon.decode import UNREADABLE
from twittervotes.sources.mastodon.errors import Instance, decode_instance

if TYPE_CHECKING:
    from twittervotes.network.http import Response

ASKED_AGAIN_S = 60.0  # for an instance that didn't describe itself

_instances: dict[str, tuple[float, Instance | None]] = {}  # a worker's cache


def get(base: str, path: str, token: str = "") -> Response:
    """GET a path of an instance. Raises NetworkError."""
    return http.get(f"{base}{path}", auth=f"Bearer {token}" if token else "")


def instance(base: str) -> Instance | None:
    """Return an instance's description of itself, cached; None if it provides none."""
    now = time.monotonic()
    at, known = _instances.get(base, (now - ASKED_AGAIN_S, None))
    if known is None and now - at >= ASKED_AGAIN_S:
        known = _requested(base)
        _instances[base] = now, known
    return known


def _requested(base: str) -> Instance | None:
    try:
        answer = get(base, "/api/v2/instance")
        return decode_instance(answer.body) if answer.status == 200 else None
    except (http.NetworkError, *UNREADABLE):
        return None
