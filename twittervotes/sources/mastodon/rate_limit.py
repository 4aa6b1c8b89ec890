"""The two limits of an instance, as a worker learns them: on all requests, and on paging.

An instance allows 300 requests in 5 minutes, and 300 with `min_id` or `max_id` in 15 minutes; a
response reports the limit with less left, of those that apply to the request.
https://docs.joinmastodon.org/api/rate-limits/
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from twittervotes.core.contest.posts import Quota
from twittervotes.sources import _common

if TYPE_CHECKING:
    from twittervotes.network.http import Response


@dataclass(slots=True)
class Limits:
    """What is left of both limits; `note` each response, then ask what is left for the next."""

    _all: tuple[Quota, int] | None = field(default=None)
    _paging: tuple[Quota, int] | None = field(default=None)

    def note(self, told: Quota | None, *, paging: bool) -> None:
        """Record the limit in a response to a request that was `paging` or not."""
        now = _now()
        if paging:
            if self._all is not None:
                quota, at = self._all
                self._all = replace(quota, remaining=max(0, quota.remaining - 1)), at
            if told is not None:
                self._paging = told, now
        elif told is not None:
            self._all = told, now

    def left(self, *, paging: bool) -> Quota | None:
        """Return what is left for a next request that is `paging` or not, if known."""
        now = _now()
        everything, pages = _left(self._all, now), _left(self._paging, now)
        if everything is None or pages is None:
            return everything or pages
        return min(everything, pages, key=_remaining) if paging else everything


def quota(response: Response) -> Quota | None:
    """Return the limit in a response, measured by the server's own clock."""
    try:
        reset = datetime.fromisoformat(response.headers.get("x-ratelimit-reset", "")[:40])
        reset_ms = int(reset.timestamp()) * 1000  # the fraction is noise
    except (ValueError, OverflowError):
        return None
    return _common.quota(response, "x-ratelimit", reset_ms) if reset.tzinfo else None


def _left(known: tuple[Quota, int] | None, now: int) -> Quota | None:
    if known is None:
        return None
    quota, at = known
    ends_in = quota.reset_in_ms - (now - at)
    return replace(quota, reset_in_ms=ends_in) if ends_in > 0 else None


def _remaining(quota: Quota) -> int:
    return quota.remaining


def _now() -> int:
    return time.monotonic_ns() // 1_000_000
