"""What YouTube's responses other than 200 mean, and what to do about them.

The reason in the response decides, not its status. Nothing that YouTube wrote is repeated.
https://developers.google.com/youtube/v3/live/docs/errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from twittervotes.core.contest.posts import Remedy
from twittervotes.sources._common import Trouble
from twittervotes.sources.lenient import UNREADABLE

if TYPE_CHECKING:
    from twittervotes.network.http import Response

CHECK_KEY: Final = "Check key in the configuration, under youtube."
CHECK_VIDEO: Final = "Check video in the configuration, under youtube."
QUOTA: Final = ("quotaExceeded", "dailyLimitExceeded")
TOO_FAST: Final = ("rateLimitExceeded", "userRateLimitExceeded")
LOST: Final = ("pageTokenInvalid", "invalidPageToken")
BAD_KEY: Final = ("keyInvalid", "badRequest", "API_KEY_INVALID")


class _Reason(msgspec.Struct):
    reason: str = ""


class _Error(msgspec.Struct):
    errors: list[_Reason] = []


class _Body(msgspec.Struct):
    error: _Error


_decode = msgspec.json.Decoder(_Body).decode


def reason(response: Response) -> str:
    """Return the first reason in a response, "" if there is none."""
    try:
        found = _decode(response.body).error.errors
    except UNREADABLE:
        return ""
    return found[0].reason if found else ""


def trouble(response: Response) -> Trouble:
    """Explain a response that isn't a page."""
    status, why = response.status, reason(response)
    told = f"YouTube answered {status}"
    if why in QUOTA:
        return Trouble(Remedy.WAIT, "The quota of YouTube is used up until midnight Pacific time.")
    if why in TOO_FAST:
        return Trouble(Remedy.RETRY, "YouTube was asked too fast.")
    if why in LOST:
        return Trouble(Remedy.RESTART, "YouTube doesn't know where the reading stopped.")
    if why == "liveChatDisabled":
        return Trouble(Remedy.STOP, "The chat of this video is switched off.", CHECK_VIDEO)
    if why in BAD_KEY or status == 400:
        return Trouble(Remedy.STOP, f"{told}: it doesn't accept the request or the key.", CHECK_KEY)
    if status == 401:
        return Trouble(Remedy.STOP, f"{told}: it doesn't accept the key.", CHECK_KEY)
    if status == 403:
        advice = f"{CHECK_KEY} A chat for members, or of a private video, can't be read by a key."
        return Trouble(Remedy.STOP, f"{told}: it doesn't let this chat be read.", advice)
    if status == 404:
        return Trouble(Remedy.RETRY, "YouTube doesn't know this chat any more.", CHECK_VIDEO)
    if status == 429 or status >= 500 or status < 400 or status == 408:
        return Trouble(Remedy.RETRY, f"YouTube is having problems (HTTP {status}).")
    return Trouble(Remedy.STOP, f"{told}.", CHECK_KEY)
