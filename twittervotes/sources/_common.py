"""Shared by the sources: limits on the content of posts, quota headers, and failed requests."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.posts import Failed, Quota, Remedy

if TYPE_CHECKING:
    from twittervotes.core.contest.posts import Ask
    from twittervotes.network.http import NetworkError, Response

HIGHEST_ID: Final = 2**63 - 1
MOST_TAGS: Final = 100  # per post, far more than fit into one
LONGEST_TAG: Final = 640  # characters; six times the longest hashtag that can be a choice
LONGEST_TIME: Final = 40  # characters; longer times would fill the caches
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_WINDOW_MS: Final = 24 * 3600 * 1000  # a later reset is an error of the server


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a request failed and what the user can do, in sentences; `remedy` is for the schedule."""

    remedy: Remedy
    message: str
    advice: str = ""


def unreachable(source: str, ask: Ask, error: NetworkError) -> Failed:
    """Return the answer of a source whose request got no response."""
    advice = "If this continues, check your connection."
    return Failed(source, ask, Remedy.RETRY, str(error), advice)


def quota(response: Response, prefix: str, reset_ms: int | None = None) -> Quota | None:
    """Return what is left of a quota, measured by the server's own clock.

    Args:
        response: A response of the network.
        prefix: What the headers' names have before `-limit`, `-remaining` and `-reset`.
        reset_ms: When the quota resets, if `-reset` isn't in seconds since 1970.
    """
    limit, remaining = response.number(f"{prefix}-limit"), response.number(f"{prefix}-remaining")
    if reset_ms is None:
        reset_s = response.number(f"{prefix}-reset")
        reset_ms = None if reset_s is None else reset_s * 1000
    if remaining is None or reset_ms is None:
        return None
    now_ms = response.date_ms() or time.time_ns() // 1_000_000
    return Quota(limit or remaining, remaining, min(max(0, reset_ms - now_ms), LONGEST_WINDOW_MS))


def time_ms(text: str | None) -> int:
    """Parse a time in RFC 3339, with any number of digits; return 0 if it isn't one."""
    try:
        at = datetime.fromisoformat((text or "")[:LONGEST_TIME])
        return int(at.timestamp() * 1_000_000) // 1000 if at.tzinfo else 0
    except (ValueError, OverflowError):
        return 0


@lru_cache(maxsize=4096)
def posted_ms(text: str) -> int:
    """Parse a time such as '2021-09-22T16:38:35.000Z'; raise ValueError if it isn't one."""
    if len(text) > LONGEST_TIME:  # it would stay in the cache
        raise ValueError("its time cannot be read")
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError
        return (at - EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise ValueError("its time cannot be read") from None
