"""The sign-in by OAuth 1.0a: begin, wait for the callback, finish once.

Holds the one pending request token. A callback must match it and is good for a single try. Knows
nothing of Flask; thread-safe.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from twittervotes.auth import errors, oauth1_requests, oauth1_token
from twittervotes.auth.errors import SignInFailure
from twittervotes.auth.flow import MOST_CHARACTERS, PENDING_S, Pending, Return
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twittervotes.auth.oauth1_token import Token
    from twittervotes.auth.settings import SignIn

log = logging.getLogger(__name__)


class Flow:
    """A sign-in; `began` is when it was last started, by `clock`."""

    def __init__(
        self, sign_in: SignIn, path: Path, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.sign_in = sign_in
        self.path = path
        self.began = clock()
        self._clock = clock
        self._pending: Pending[oauth1_requests.RequestToken] = Pending()

    def begin(self) -> str | SignInFailure:
        """Get a request token; return the URL to send the browser to, or what went wrong."""
        self.began = self._clock()
        request = oauth1_requests.request_token(self.sign_in)
        if isinstance(request, SignInFailure):
            return self._told(request)
        self._pending.put(request.token, request, self._clock())
        return oauth1_requests.authorize_url(self.sign_in, request)

    def finish(self, back: Return) -> Token | SignInFailure:
        """Finish the pending sign-in and save its token, or return what went wrong."""
        refused = bool(back.denied or back.oauth_problem)
        pending = self._pending.take(back.denied or back.oauth_token)
        if pending is None:
            return self._told(errors.NOT_PENDING)
        request, since = pending
        if self._clock() - since > PENDING_S:
            return self._told(errors.EXPIRED)
        if refused:
            return self._told(errors.DENIED)
        if not 0 < len(back.oauth_verifier) <= MOST_CHARACTERS:
            return self._told(errors.NOT_PENDING)
        token = oauth1_requests.access_token(self.sign_in, request, back.oauth_verifier)
        if isinstance(token, SignInFailure):
            return self._told(token)
        try:
            oauth1_token.write(self.path, token)
        except ConfigError as error:
            return self._told(errors.unsaved(str(error)))
        return token

    def kept(self) -> str:
        """Return the name of the signed-in account; raise ConfigError if the file is invalid."""
        return oauth1_token.read(self.path).screen_name

    def _told(self, what: SignInFailure) -> SignInFailure:
        log.warning("%s: %s", what.title, what.message)
        return what
