"""The interface of both sign-in flows for the pages: begin, finish once, and who is signed in.

A pending sign-in has a secret name that is good for one try. An unknown name leaves it pending;
otherwise any web page could spoil a sign-in.
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
    """The parameters of a callback, as the browser sent them."""

    oauth_token: str = ""
    oauth_verifier: str = ""
    denied: str = ""
    oauth_problem: str = ""
    state: str = ""
    code: str = ""
    error: str = ""


class Course(Protocol):
    """A sign-in: `began` is when it was last started, `path` where its token is saved."""

    path: Path
    began: float

    @property
    def sign_in(self) -> Served:
        """The settings that both flows share."""

    def begin(self) -> str | SignInFailure:
        """Return the URL to send the browser to, or what went wrong."""

    def finish(self, back: Return) -> Token | Grant | SignInFailure:
        """Finish the sign-in and save its token, or return what went wrong."""

    def kept(self) -> str:
        """Return who is signed in, "" if unknown; raise ConfigError if the file is invalid."""


T = TypeVar("T")

PENDING_S = 600.0


class Pending(Generic[T]):
    """At most one pending value; a new one replaces it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[str, T, float] | None = None

    def put(self, name: str, value: T, now: float) -> None:
        """Make `value` pending under `name`."""
        with self._lock:
            self._held = name, value, now

    def take(self, name: str) -> tuple[T, float] | None:
        """Remove and return the value of `name` and when it was put; None for an unknown name."""
        with self._lock:
            if self._held is None or not name:
                return None
            mine, value, since = self._held
            if not hmac.compare_digest(name.encode(), mine.encode()):
                return None
            self._held = None
            return value, since
