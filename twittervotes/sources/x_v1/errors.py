"""What responses of X's v1.1 search other than 200 mean, and what is left of the quota.

Nothing that X wrote is repeated. https://developer.x.com/en/support/x-api/error-troubleshooting
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.posts import Ask, Failed, Remedy
from twittervotes.sources._common import quota
from twittervotes.sources.lenient import UNREADABLE

if TYPE_CHECKING:
    from twittervotes.network.http import Response

CLOCK_IS_WRONG = 135
QUOTA = "x-rate-limit"  # the prefix of the quota headers
SIGN_IN = "Sign in again: python twitter_auth.py"
CHECK_ADDRESS = "Check search_endpoint in the configuration."


def refused(name: str, ask: Ask, response: Response) -> Failed:
    """Return what a response other than 200 means."""
    status, number, left = response.status, code(response), quota(response, QUOTA)
    told = f"X answered {status}" + (f" (code {number})" if number else "")
    remedy, message, advice = Remedy.STOP, f"{told}.", CHECK_ADDRESS
    match status, number:
        case (429 | 420, _) | (_, 88):
            message, remedy, advice = "The quota of X is used up.", Remedy.WAIT, ""
        case 403, 195 if ask.token:  # `max_id` has fallen below `since_id`
            message, remedy, advice = "The round is complete.", Remedy.FINISH, ""
        case 401, 89:
            message, advice = f"{told}: the token is invalid or has expired.", SIGN_IN
        case 401, 135:
            message = f"{told}: this computer's clock is wrong."
            advice, remedy = "Set the computer's clock.", Remedy.RETRY
        case 401, _:
            message = f"{told}: it rejected the keys or the token."
            advice = f"Check consumer_key and consumer_secret. {SIGN_IN}"
        case 402, _:
            message = f"{told}: the account has no credits left."
            advice = "Add credits in X's developer portal, then press Update."
        case 403, 64:
            message = f"{told}: the account is suspended."
            advice = "Sign in with another account: python twitter_auth.py"
        case (400, _) | (403, 195):
            message = f"{told}: it rejected the request as invalid."
            advice = "Check the hashtags and search_endpoint."
        case 403, _:
            message = f"{told}: the account may not use this search."
            advice = "Check the access level of the app in X's developer portal."
        case 404 | 410, _:
            message = f"{told}: there is no search at this address."
            advice = CHECK_ADDRESS
        case _ if status >= 500 or status < 400 or status == 408:
            message, remedy, advice = f"X is having problems (HTTP {status}).", Remedy.RETRY, ""
    retry_in_ms = left.reset_in_ms if left and remedy is Remedy.WAIT else None
    return Failed(name, ask, remedy, message, advice, retry_in_ms, left)


def code(response: Response) -> int:
    """Return X's error code, 0 if there is none."""
    try:
        errors = msgspec.json.decode(response.body, type=_Errors).errors
    except UNREADABLE:
        return 0
    return errors[0].code if errors else 0


class _Error(msgspec.Struct):
    code: int = 0


class _Errors(msgspec.Struct):
    errors: list[_Error] = []
