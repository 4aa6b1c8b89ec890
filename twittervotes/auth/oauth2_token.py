"""What an OAuth 2.0 sign-in leaves behind: an access token that expires, and how to get the next.

It is kept beside the file of the other sign-in, as `.twitterauth2`. A refresh token is good for
one use, so only one program at a time may use it: `renewed` does so under a lock, and the new one
is on the disk before anybody uses the access token that came with it. Knows nothing of HTTP.
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
LOCKED_S = 25.0  # with the one request under the lock less than a worker may take
_MOST_CHARACTERS = 4000
_USUAL_LIFE_S = 7200


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token, good until `expires_ms`; its repr shows no token.

    `refresh_token` is "" where the network gave none: then a person signs in again. `screen_name`
    is "" where the network did not say who signed in.
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
    """Tell where the file is: beside the one of the other sign-in."""
    beside = oauth1_token.place()
    return beside.with_name(f"{beside.name}2")


def read(path: Path) -> Grant:
    """Read the file, or raise a ConfigError that says what to do."""
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
    """Write the file so that it is whole or not there, for its owner alone."""
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
    """Return a newer grant than `stale`: another program's if there is one, else by `renew`.

    `renew` may raise; then the file stays as it is. Raises ConfigError as `read` does, and
    TimeoutError while another program is at it.
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
    """Return the grant of a token endpoint's answer; raises ValueError where it is none.

    `refresh_token` is the one that was used, which stands where the answer brings no other.
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
    """Return what is told of a verifier before it is shown (PKCE S256, RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def basic(name: str, secret: str) -> str:
    """Return the header with which an app shows its two keys, each percent-encoded."""
    pair = ":".join(quote(part, safe="-._~") for part in (name, secret))
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
