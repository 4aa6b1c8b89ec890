"""What the pages need of a sign-in, whichever way it goes: begun, finished once, who it is for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from twittervotes.auth.errors import Trouble
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
    def sign_in(self) -> Served: ...

    def begin(self) -> str | Trouble:
        """Return where to send the browser, or what went wrong."""

    def finish(self, back: Return) -> Token | Grant | Trouble:
        """Finish the sign-in and save its token, or tell what went wrong."""

    def kept(self) -> str:
        """Return who is signed in ("" where that is not known); raises ConfigError."""
