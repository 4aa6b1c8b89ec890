"""Passwords: which are accepted, and how they are kept (argon2id)."""

from __future__ import annotations

import threading
import unicodedata
from typing import Final

import argon2

from twittervotes.core.errors import ContestError

SHORTEST, LONGEST = 10, 128
AT_ONCE: Final = 2  # each takes 64 MiB and all cores for a moment
COMMON: Final = frozenset(
    """
    1234567890 12345678910 123456789a 0123456789 0987654321 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop
    qwerty1234 qwerty12345 qwerty123456 password12 password123 password1234 password12345
    passw0rd123 p@ssw0rd123 iloveyou12 iloveyou123 welcome123 welcome1234 letmein123 admin12345
    admin123456 administrator changeme123 football123 baseball123 superman123 michael123
    dragon12345 sunshine123 princess123 monkey12345 abcdefghij abcdef1234 abcd123456 abc1234567
    a123456789 aa12345678 aa123456789 q1w2e3r4t5 zxcvbnm123 asdfghjkl1 asdfghjkl123
    correcthorsebatterystaple twittervotes twittervotes1
    """.split()  # noqa: SIM905 - a list would be a page long
)

_hasher = argon2.PasswordHasher()  # argon2id, with the library's parameters
_busy = threading.BoundedSemaphore(AT_ONCE)


class WeakPasswordError(ContestError):
    """A password that isn't accepted; the message says why."""


def check(password: str, name: str) -> None:
    """Raise WeakPasswordError unless `password` is acceptable for the person called `name`."""
    plain = _plain(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise WeakPasswordError(f"Choose a password of {SHORTEST} to {LONGEST} characters.")
    bare = plain.casefold()
    if bare in COMMON or len(set(bare)) < 4 or bare == name.casefold():
        raise WeakPasswordError("That password is too easy to guess. Choose another.")


def hashed(password: str) -> str:
    """Return the hash of a password, for storage."""
    with _busy:
        return str(_hasher.hash(_plain(password)))


def fits(password: str, kept: str) -> bool:
    """Return whether a password matches a stored hash; equally slow for the hash of nobody."""
    with _busy:
        try:
            return bool(_hasher.verify(kept, _plain(password)[: LONGEST + 1]))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


def _plain(password: str) -> str:
    return unicodedata.normalize("NFC", password[: 4 * LONGEST])


NOBODY: Final = hashed("this is the password of nobody")
