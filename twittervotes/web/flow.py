"""The course of one sign-in: begun, waited for, finished, once.

Holds the one pending request token. Whatever comes back from a browser is checked against it, and
it is good for a single try. Knows nothing of Flask; safe to call from several threads.
"""

from __future__ import annotations

import hmac
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twittervotes.core import tokens
from twittervotes.core.errors import ConfigError
from twittervotes.core.tokens import Token
from twittervotes.web import legs, trouble
from twittervotes.web.sign_in import SignIn
from twittervotes.web.trouble import Trouble

log = logging.getLogger(__name__)

PENDING_S = 600.0
_MOST_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Return:
    """What a browser brings back from the network, as it came."""

    oauth_token: str = ""
    oauth_verifier: str = ""
    denied: str = ""
    oauth_problem: str = ""


@dataclass(frozen=True, slots=True)
class _Pending:
    request: legs.RequestToken
    since: float


class Flow:
    """One program's sign-in; `began` is when a person last started it, by `clock`."""

    def __init__(
        self, sign_in: SignIn, path: Path, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.sign_in = sign_in
        self.path = path
        self.began = clock()
        self._clock = clock
        self._pending: _Pending | None = None
        self._lock = threading.Lock()

    def begin(self) -> str | Trouble:
        """Ask for a request token; return where to send the browser, or what went wrong."""
        self.began = self._clock()
        request = legs.request_token(self.sign_in)
        if isinstance(request, Trouble):
            return self._told(request)
        with self._lock:
            self._pending = _Pending(request, self._clock())
        return legs.authorize_url(self.sign_in, request)

    def finish(self, back: Return) -> Token | Trouble:
        """Finish the pending sign-in and save its token, or tell what went wrong."""
        refused = bool(back.denied or back.oauth_problem)
        pending = self._take(back.denied or back.oauth_token)
        if pending is None:
            return self._told(trouble.NOT_PENDING)
        if self._clock() - pending.since > PENDING_S:
            return self._told(trouble.EXPIRED)
        if refused:
            return self._told(trouble.DENIED)
        if not 0 < len(back.oauth_verifier) <= _MOST_CHARACTERS:
            return self._told(trouble.NOT_PENDING)
        token = legs.access_token(self.sign_in, pending.request, back.oauth_verifier)
        if isinstance(token, Trouble):
            return self._told(token)
        try:
            tokens.write(self.path, token)
        except ConfigError as error:
            return self._told(trouble.unsaved(str(error)))
        return token

    def _take(self, token: str) -> _Pending | None:
        """Return the pending sign-in if `token` is its own, and forget it: it is good for one try.

        A foreign token leaves it pending, or any web page could spoil a sign-in.
        """
        with self._lock:
            pending = self._pending
            if pending is None or not token:
                return None
            if not hmac.compare_digest(token.encode(), pending.request.token.encode()):
                return None
            self._pending = None
            return pending

    def _told(self, what: Trouble) -> Trouble:
        log.warning("%s: %s", what.title, what.message)
        return what
