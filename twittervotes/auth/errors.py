"""The failures of a sign-in, each as a title and a sentence that says what to do.

Nothing that the network wrote is repeated, because a stranger wrote it and it may contain a token.
Knows nothing of Flask, files and HTTP clients.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twittervotes.auth.settings import Served, SignIn

_WRONG_CLOCK_S = 300  # X's limit: https://docs.x.com/resources/fundamentals/error-codes (135)
# X reports errors in JSON, older endpoints in XML: {"code":32,...} and <error code="32">.
_CODE = re.compile(r"""\bcode["']?\s*[:=]\s*["']?(\d{1,5})\b""")
_ERROR = re.compile(r""""error"\s*:\s*"([a-z_]{1,40})\"""")  # RFC 6749, 5.2
_LOCKED = frozenset({64, 261, 326})


@dataclass(frozen=True, slots=True)
class SignInFailure:
    """Why a sign-in could not continue. `status` is the HTTP status of our own page."""

    title: str
    message: str
    status: int = 502


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error response of the network.

    `ahead_s` is how far our clock is ahead of the network's, if it reports the time.
    """

    status: int
    body: str
    ahead_s: float | None = None

    @property
    def code(self) -> int | None:
        """The network's own error number."""
        found = _CODE.search(self.body)
        return int(found[1]) if found else None

    @property
    def error(self) -> str:
        """The error's name in OAuth 2.0; "" if there is none."""
        found = _ERROR.search(self.body)
        return found[1] if found else ""


DENIED = SignInFailure(
    "Sign-in declined",
    "The sign-in was cancelled and nothing was saved. If that was a mistake, sign in again.",
    403,
)
NOT_PENDING = SignInFailure(
    "This sign-in is not the current one",
    "The link belongs to another sign-in or was already used. Nothing was saved. Start again here.",
    403,
)
EXPIRED = SignInFailure(
    "The sign-in timed out",
    "A sign-in must be finished within 10 minutes. Start again here.",
    403,
)
STALE_PAGE = SignInFailure(
    "This page is out of date",
    "It belongs to an earlier run of the program. Press the button again.",
    403,
)
FOREIGN_FORM = SignInFailure(
    "The request came from another page",
    "Open the address that the program shows in the terminal, and press the button there.",
    403,
)
FOREIGN_HOST = SignInFailure(
    "Unknown address",
    "Open the address that the program shows in the terminal.",
    400,
)


def refused_request_token(sign_in: SignIn, refusal: ErrorAnswer) -> SignInFailure:
    """Explain why the network issued no request token (the first leg)."""
    network, code = sign_in.network, refusal.code
    clock = _wrong_clock(refusal)
    if clock:
        return clock
    if code == 415:
        return SignInFailure(
            f"{network} doesn't know the callback address",
            "Register this callback URL in your app's settings there, letter by letter, then try"
            f" again: {sign_in.callback_url}",
        )
    if code in _LOCKED:
        return _locked(network)
    if refusal.status == 401 or code in (32, 89, 99, 215):
        return SignInFailure(
            f"{network} refuses the keys",
            "Compare consumer_key and consumer_secret in the configuration with your app's page at"
            f" {network}, correct them, and start python twitter_auth.py again.",
        )
    return _other(sign_in, refusal, "request_token_url")


def refused_access_token(sign_in: SignIn, refusal: ErrorAnswer) -> SignInFailure:
    """Explain why the network issued no access token (the third leg)."""
    clock = _wrong_clock(refusal)
    if clock:
        return clock
    if refusal.code in _LOCKED:
        return _locked(sign_in.network)
    if refusal.status in (400, 401, 403):
        return SignInFailure(
            f"{sign_in.network} didn't complete the sign-in",
            "Its authorisation expired or was already used. Nothing was saved. Sign in again.",
        )
    return _other(sign_in, refusal, "access_token_url")


def refused_authorization(sign_in: Served, error: str) -> SignInFailure:
    """Explain why the network didn't even ask the user; `error` is one of RFC 6749."""
    network = sign_in.network
    if error in ("server_error", "temporarily_unavailable"):
        return SignInFailure(f"{network} is having problems", "Wait a few minutes, then try again.")
    return SignInFailure(
        f"{network} refuses the sign-in",
        "Look at your app's settings there: OAuth 2.0 must be set up, with client_id as in the"
        f" configuration and this callback URL, letter by letter: {sign_in.callback_url}",
    )


def refused_code(sign_in: Served, refusal: ErrorAnswer) -> SignInFailure:
    """Explain why the network issued nothing for the code."""
    if refusal.status == 401 or "client" in refusal.error:
        return SignInFailure(
            f"{sign_in.network} refuses the keys",
            "Compare client_id and client_secret in the configuration with your app's page at"
            f" {sign_in.network} (a public client has no secret), correct them, and start"
            " python twitter_auth.py --oauth2 again.",
        )
    if refusal.status in (400, 403):
        return SignInFailure(
            f"{sign_in.network} didn't complete the sign-in",
            "Its authorisation expired or was already used. Nothing was saved. Sign in again.",
        )
    return _other(sign_in, refusal, "api_url")


def not_for_long(sign_in: Served) -> SignInFailure:
    """Explain that the sign-in would expire after two hours."""
    return SignInFailure(
        f"{sign_in.network} granted only short-lived access",
        "A vote may last longer than it would. Allow offline access for your app there, then sign"
        " in again.",
    )


def strange_answer(sign_in: Served, setting: str) -> SignInFailure:
    """Explain that a response contains no token: it is a web page, cut off, or far too long."""
    return SignInFailure(
        "Unreadable answer",
        f"What came from {sign_in.network} is not a token. Check {setting} in the configuration, or"
        " whether this network asks you to log in first, then try again.",
    )


def unconfirmed(sign_in: SignIn) -> SignInFailure:
    """Explain that the network won't redirect the browser back to us."""
    return SignInFailure(
        f"{sign_in.network} didn't accept the callback address",
        "It didn't confirm the callback, so the sign-in would not be secure. Register this callback"
        f" URL in your app's settings there: {sign_in.callback_url}",
    )


def away(network: str) -> SignInFailure:
    """Explain that the network can't be reached."""
    return SignInFailure(
        f"Can't connect to {network}",
        "Check your internet connection, then try again.",
        504,
    )


def slow(network: str) -> SignInFailure:
    """Explain that the network doesn't respond in time."""
    return SignInFailure(
        f"{network} isn't responding",
        "Wait a moment, then try again.",
        504,
    )


def untrusted(network: str) -> SignInFailure:
    """Explain that the network's certificate isn't valid."""
    return SignInFailure(
        f"The connection to {network} is not secure",
        "Its certificate cannot be trusted, so nothing was sent. Check this machine's date, and"
        " whether the network you are in asks you to log in first.",
    )


def unsaved(sentence: str) -> SignInFailure:
    """Explain that the tokens can't be written; `sentence` says why."""
    return SignInFailure("The sign-in couldn't be saved", f"{sentence} Then sign in again.", 500)


def _wrong_clock(refusal: ErrorAnswer) -> SignInFailure | None:
    ahead = refusal.ahead_s
    is_off = ahead is not None and abs(ahead) > _WRONG_CLOCK_S
    if refusal.code != 135 and not (refusal.status == 401 and is_off):
        return None
    how = "differs from the network's"
    if ahead is not None and is_off:
        way = "ahead of" if ahead > 0 else "behind"
        how = f"is about {abs(ahead) / 60:.0f} minutes {way} the network's"
    return SignInFailure(
        "This machine's clock is wrong",
        f"It {how}. Correct the date, the time and the time zone, then try again.",
    )


def _locked(network: str) -> SignInFailure:
    return SignInFailure(
        f"{network} has locked this account or app",
        f"Log in at {network} and follow its instructions, then try again.",
    )


def _other(sign_in: Served, refusal: ErrorAnswer, setting: str) -> SignInFailure:
    if refusal.status in (420, 429) or refusal.code == 88:
        return SignInFailure("Too many attempts", "Wait 15 minutes, then sign in again.")
    if refusal.status >= 500:
        return SignInFailure(
            f"{sign_in.network} is having problems",
            f"It answered with {refusal.status}. Wait a few minutes, then try again.",
        )
    return SignInFailure(
        f"{sign_in.network} refuses the sign-in",
        f"It answered with {refusal.status}. Check {setting} in the configuration.",
    )
