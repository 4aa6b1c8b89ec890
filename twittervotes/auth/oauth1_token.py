"""The file with the access token of a signed-in account: `.twitterauth`.

It has five keys, in the format of the original program. Knows nothing of networks and pages.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from twittervotes.auth import secret_file
from twittervotes.auth.secret_file import check_writable as check_writable

_MOST_CHARACTERS = 1000
_REQUIRED = ("oauth_token", "oauth_token_secret")
_OPTIONAL = ("user_id", "screen_name", "x_auth_expires")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and its account; the repr shows neither token nor secret.

    https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens
    """

    oauth_token: str = field(repr=False)
    oauth_token_secret: str = field(repr=False)
    user_id: str = ""
    screen_name: str = ""
    x_auth_expires: str = "0"


def place() -> Path:
    """Return the path of the token file: TWITTERVOTES_AUTH, or else in the current folder."""
    return Path(os.environ.get("TWITTERVOTES_AUTH") or ".twitterauth").expanduser()


def read(path: Path) -> Token:
    """Read the token file; raise a ConfigError that says what to do if it is invalid."""
    values = secret_file.read(
        path, _REQUIRED, _OPTIONAL, longest=_MOST_CHARACTERS, sign_in="python twitter_auth.py"
    )
    return Token(**values)


def write(path: Path, token: Token) -> None:
    """Write the token file atomically, accessible only to its owner."""
    secret_file.write(path, asdict(token))
