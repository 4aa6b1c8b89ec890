"""The quota of YouTube's Data API: what a request costs, and how long it lasts.

https://developers.google.com/youtube/v3/determine_quota_cost
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from twittervotes.core.contest.posts import Quota

LIST: Final = 5  # units that a page of the chat costs,
FIND: Final = 1  # and the look-up of the chat
USUAL: Final = 10_000  # units per day
DAY_MS: Final = 24 * 3600 * 1000


def reset_in_ms(now_ms: int) -> int:
    """Return the time until the next midnight in California."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(_pacific())
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1000, int(midnight.timestamp() * 1000) - now_ms)


def left(units: int, used: int, now_ms: int) -> Quota:
    """Return the quota in requests for pages, for the schedule to spread."""
    return Quota(units // LIST, max(0, units - used) // LIST, reset_in_ms(now_ms))


def words(units: int) -> str:
    """Say how long the daily quota lasts."""
    requests = units // LIST
    fast, slow = requests * 1.3 / 60, requests * 10 / 60
    return (
        f"YouTube allows {requests:,} requests with {units:,} units a day: {fast:,.0f} minutes of a"
        f" busy chat, {slow:,.0f} minutes at one request every 10 s"
    )


def _pacific() -> tzinfo:
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # a system without time zone data
        return timezone(timedelta(hours=-8))
