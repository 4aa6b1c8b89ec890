"""Keys that were entered in the window: a file beside the sign-in's that only its owner can read.

Names are those of the environment's variables, which go before what is kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.auth import oauth1_token, secret_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

MOST_CHARACTERS = 1000


def place() -> Path:
    """Return the path of the file: the token's path with `-keys` appended."""
    token = oauth1_token.place()
    return token.with_name(f"{token.name}-keys")


def read(names: Collection[str]) -> dict[str, str]:
    """Return the entered keys with these names; raise ConfigError if the file is invalid."""
    path = place()
    if not path.exists():
        return {}
    words = "the program without that file, and enter the keys again"
    return secret_file.read(path, (), names, longest=MOST_CHARACTERS, sign_in=words)


def write(names: Collection[str], entered: Mapping[str, str]) -> None:
    """Add the entered keys to those in the file; raise ConfigError if it can't be written."""
    new = {name: text.strip() for name, text in entered.items() if text.strip()}
    replace({**read(names), **new})


def replace(kept: Mapping[str, str]) -> None:
    """Replace the file's keys by these; raise ConfigError if it can't be written."""
    path = place()
    secret_file.check_writable(path)
    secret_file.write(path, kept)
