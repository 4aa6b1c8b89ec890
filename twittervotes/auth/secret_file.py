"""Read and atomically write a small file of names and values that only its owner can access.

It is a flat YAML mapping, in the format of the original program. Reading treats it as hostile: it
must be small and flat, and every value is taken as text, so that a name such as `no` or an ID such
as `0123` stays unchanged. Knows nothing of what the values mean.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from typing import TYPE_CHECKING

import yaml

from twittervotes.core import atomic_file
from twittervotes.core.contest.posts import is_clean
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

log = logging.getLogger(__name__)

# O_NOFOLLOW: a link could lead to any file. Without O_NONBLOCK, opening a pipe could block.
_LOOK = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_MOST_BYTES = 16 * 1024
_NULL_TAG = "tag:yaml.org,2002:null"
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool"))


def read(
    path: Path, required: Iterable[str], optional: Iterable[str], *, longest: int, sign_in: str
) -> dict[str, str]:
    """Return the values of those names; raise a ConfigError that says what to do if invalid.

    `longest` bounds each value; `sign_in` is the command that creates the file again.
    """
    mend = f"Run {sign_in} to sign in again."
    required = tuple(required)
    try:
        content = _content(path, sign_in).decode()
        values = _mapping(content, frozenset((*required, *optional)), longest)
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError):
        # Without its cause: a YAML error quotes the line, which may contain the secret.
        raise ConfigError(f"{path} is not a file of plain YAML. {mend}") from None
    if values is None:
        raise ConfigError(f"{path} isn't a plain list of names and values. {mend}")
    missing = [name for name in required if not values.get(name)]
    if missing:
        raise ConfigError(f"{path} has no {' and no '.join(missing)}. {mend}")
    return values


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write the file atomically, accessible only to its owner."""
    text = yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)
    try:
        atomic_file.write(path, text.encode(), private=True)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}). Make its folder writable, or name"
            " another file with TWITTERVOTES_AUTH."
        ) from error


def check_writable(path: Path) -> None:
    """Raise a ConfigError if `write` would fail, before the user signs in for nothing."""
    if path.is_dir():
        raise ConfigError(f"{path} is a folder. Name a file with TWITTERVOTES_AUTH.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigError(
            f"Nothing can be written in {path.parent.absolute()}. Start in another folder, or name"
            " another file with TWITTERVOTES_AUTH."
        )


def _content(path: Path, sign_in: str) -> bytes:
    try:
        number = os.open(path, _LOOK)
    except FileNotFoundError as error:
        raise ConfigError(f"{path} is missing. Run {sign_in} first.") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            words = f"{path} is a link. Set TWITTERVOTES_AUTH to the file it points to."
            raise ConfigError(words) from error
        raise ConfigError(f"{path} cannot be read ({error.strerror}).") from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise ConfigError(f"{path} is not a file. Name one with TWITTERVOTES_AUTH.")
    with os.fdopen(number, "rb") as file:
        if os.name == "posix" and os.fstat(number).st_mode & 0o077:
            _close_to_others(path, number)
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"{path} is too long for a sign-in file.")
    return content


def _close_to_others(path: Path, number: int) -> None:
    """Restrict a file that others may open, as the original program left it, to its owner.

    A file with a second name may be any of the owner's files, so its mode isn't changed.
    """
    if os.fstat(number).st_nlink > 1:
        raise ConfigError(
            f"{path} is readable by others and has a second name. Copy it, and run: "
            f"chmod 600 {path}"
        )
    try:
        os.fchmod(number, 0o600)
    except OSError as error:
        raise ConfigError(f"{path} is readable by others. Run: chmod 600 {path}") from error
    log.warning(
        "%s was readable by others; now only you can read it. Sign in again if that matters.", path
    )


def _mapping(text: str, names: frozenset[str], longest: int) -> dict[str, str] | None:
    """Return the values of a flat YAML mapping, or None if it is anything else."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return None
    values: dict[str, str] = {}
    for key, value in root.value:
        if not isinstance(key, yaml.ScalarNode):
            return None
        if key.value not in names or value.tag == _NULL_TAG:
            continue
        if not isinstance(value, yaml.ScalarNode) or value.tag not in _PLAIN_TAGS:
            return None
        if key.value in values or len(value.value) > longest or not is_clean(value.value):
            return None
        values[key.value] = value.value
    return values
