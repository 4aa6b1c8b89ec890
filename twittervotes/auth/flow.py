"""What the pages need of a sign-in, whichever way it goes: begun, finished once, who it is for.

A sign-in waits for a secret name that is good for one try. A foreign name leaves it pending, or any
web page could spoil a sign-in.
"""

from __future__ import annotations

import hmac
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.auth.errors import SignInFailure
    from twittervotes.auth.oauth1_token import Token
    from twittervotes.auth.oauth2_token import Grant
    from twittervotes.auth.settings import Served

MOST_CHARACTERS = 1000  # of anything that a browser brings back


@dataclass(frozen=True, slots=True)
class Return:
    """What a browser brings back from the network, as it came."""

    oauth_token: str = ""
    oauth_verifier: str = ""
    denied: str = ""
    oauth_problem: str = ""
    state: str = ""
    code: str = ""
    error: str = ""


class Course(Protocol):
    """A sign-in: `began` is when a person last started it, `path` where its token is kept."""

    path: Path
    began: float

    @property
    def sign_in(self) -> Served:
        """What is served, and under which address."""

    def begin(self) -> str | SignInFailure:
        """Return where to send the browser, or what went wrong."""

    def finish(self, back: Return) -> Token | Grant | SignInFailure:
        """Finish the sign-in and save its token, or tell what went wrong."""

    def kept(self) -> str:
        """Return who is signed in ("" where that is not known); raises ConfigError."""


T = TypeVar("T")

PENDING_S = 600.0


class Pending(Generic[T]):
    """At most one thing that is waited for; a new one replaces it. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[str, T, float] | None = None

    def put(self, name: str, value: T, now: float) -> None:
        """Wait for whoever brings `name`."""
        with self._lock:
            self._held = name, value, now

    def take(self, name: str) -> tuple[T, float] | None:
        """Return what `name` stands for and since when, and forget it; None for a foreign name."""
        with self._lock:
            if self._held is None or not name:
                return None
            mine, value, since = self._held
            if not hmac.compare_digest(name.encode(), mine.encode()):
                return None
            self._held = None
            return value, since
