"""The result of an OAuth 2.0 sign-in: an access token that expires, and a refresh token.

It is saved as `.twitterauth2`, beside the file of the other sign-in. A refresh token is good for
one use, so only one program at a time may use it: `renewed` does so under a lock, and saves the new
one to disk before anyone uses the access token that came with it. Knows nothing of HTTP.
https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from twittervotes.auth import oauth1_token, secret_file
from twittervotes.core import file_lock
from twittervotes.core.contest.posts import is_clean
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIGN_IN = "python twitter_auth.py --oauth2"
LOCKED_S = 25.0  # with the one request under the lock, less than a worker's limit
_MOST_CHARACTERS = 4000
_USUAL_LIFE_S = 7200


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token, valid until `expires_ms`; the repr shows no token.

    `refresh_token` is "" if the network issued none; then the user must sign in again.
    `screen_name` is "" if the network didn't say who signed in.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_ms: int = 0
    scope: str = ""
    screen_name: str = ""


class _Told(msgspec.Struct):
    token_type: str
    access_token: str
    refresh_token: str | None = None
    expires_in: int | float | None = None
    scope: str | None = None


def place() -> Path:
    """Return the path of the file: beside that of the other sign-in."""
    beside = oauth1_token.place()
    return beside.with_name(f"{beside.name}2")


def read(path: Path) -> Grant:
    """Read the file; raise a ConfigError that says what to do if it is invalid."""
    optional = ("refresh_token", "expires_ms", "scope", "screen_name")
    values = secret_file.read(
        path, ("access_token",), optional, longest=_MOST_CHARACTERS, sign_in=SIGN_IN
    )
    digits = values.get("expires_ms", "")
    return Grant(
        values["access_token"],
        values.get("refresh_token", ""),
        int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0,
        values.get("scope", ""),
        values.get("screen_name", ""),
    )


def write(path: Path, grant: Grant) -> None:
    """Write the file atomically, accessible only to its owner."""
    secret_file.write(
        path,
        {
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
            "expires_ms": str(grant.expires_ms),
            "scope": grant.scope,
            "screen_name": grant.screen_name,
        },
    )


def renewed(path: Path, stale: Grant, renew: Callable[[Grant], Grant]) -> Grant:
    """Return a newer grant than `stale`: another program's if there is one, else from `renew`.

    If `renew` raises, the file stays unchanged. Raises ConfigError like `read`, and TimeoutError
    while another program is renewing.
    """
    try:
        with file_lock.locked(path, wait_s=LOCKED_S, mode=0o600):
            grant = read(path)
            if grant.access_token != stale.access_token:
                return grant
            grant = replace(renew(grant), screen_name=grant.screen_name)
            write(path, grant)
            return grant
    except TimeoutError:
        raise
    except OSError as error:
        raise ConfigError(f"{path}.lock cannot be made ({error.strerror}).") from error


def granted(body: bytes, now_ms: int, refresh_token: str = "") -> Grant:
    """Parse the response of a token endpoint; raise ValueError if it isn't a grant.

    `refresh_token` is the one that was used; it stays valid if the response has no other.
    """
    try:
        told = msgspec.json.decode(body, type=_Told)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ValueError("the answer contains no token") from None
    texts = (told.access_token, told.refresh_token or "", told.scope or "")
    is_token = told.token_type.lower() == "bearer" and told.access_token.isprintable()
    if not is_token or not told.access_token or not told.access_token.isascii():
        raise ValueError("the answer contains no bearer token")
    if max(map(len, texts)) > _MOST_CHARACTERS or not is_clean(texts):
        raise ValueError("the answer contains an invalid token")
    life_s = told.expires_in if told.expires_in and told.expires_in > 0 else _USUAL_LIFE_S
    expires_ms = now_ms + int(min(life_s, 365 * 86400) * 1000)
    return Grant(
        told.access_token, told.refresh_token or refresh_token, expires_ms, told.scope or ""
    )


def challenge(verifier: str) -> str:
    """Return the challenge that commits to a verifier (PKCE S256, RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def basic(name: str, secret: str) -> str:
    """Return the Basic header with an app's two keys, each percent-encoded."""
    pair = ":".join(quote(part, safe="-._~") for part in (name, secret))
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
