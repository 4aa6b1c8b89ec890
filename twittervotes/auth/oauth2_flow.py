"""The sign-in by OAuth 2.0 with PKCE: begin, wait for the callback, finish once.

Holds the one pending state with its verifier. A callback must match it and is good for a single
try. A code expires after 30 seconds, so it is exchanged at once. Knows nothing of Flask;
thread-safe. https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
"""

from __future__ import annotations

import logging
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.auth import errors, oauth2_requests, oauth2_token
from twittervotes.auth.errors import SignInFailure
from twittervotes.auth.flow import MOST_CHARACTERS, PENDING_S, Pending, Return
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twittervotes.auth.oauth2_token import Grant
    from twittervotes.auth.settings import CodeSignIn

log = logging.getLogger(__name__)

VERIFIER_BYTES = 64  # gives 86 characters; 43 to 128 are allowed
STATE_BYTES = 32


class CodeFlow:
    """A sign-in; `began` is when it was last started, by `clock`."""

    def __init__(
        self, sign_in: CodeSignIn, path: Path, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.sign_in = sign_in
        self.path = path
        self.began = clock()
        self._clock = clock
        self._pending: Pending[str] = Pending()

    def begin(self) -> str | SignInFailure:
        """Return the URL to send the browser to; no request is needed for it."""
        self.began = self._clock()
        state, verifier = secrets.token_urlsafe(STATE_BYTES), secrets.token_urlsafe(VERIFIER_BYTES)
        self._pending.put(state, verifier, self._clock())
        return oauth2_requests.authorize_url(self.sign_in, state, oauth2_token.challenge(verifier))

    def finish(self, back: Return) -> Grant | SignInFailure:
        """Finish the pending sign-in and save its grant, or return what went wrong."""
        pending = self._pending.take(back.state)
        if pending is None:
            return self._told(errors.NOT_PENDING)
        verifier, since = pending
        if self._clock() - since > PENDING_S:
            return self._told(errors.EXPIRED)
        if back.error == "access_denied":
            return self._told(errors.DENIED)
        if back.error:
            return self._told(errors.refused_authorization(self.sign_in, back.error))
        if not 0 < len(back.code) <= MOST_CHARACTERS:
            return self._told(errors.NOT_PENDING)
        granted = oauth2_requests.exchanged(self.sign_in, back.code, verifier)
        if isinstance(granted, SignInFailure):
            return self._told(granted)
        granted = replace(granted, screen_name=oauth2_requests.screen_name(self.sign_in, granted))
        try:
            oauth2_token.write(self.path, granted)
        except ConfigError as error:
            return self._told(errors.unsaved(str(error)))
        return granted

    def kept(self) -> str:
        """Return the name of the signed-in account, "" if unknown; raise ConfigError if invalid."""
        return oauth2_token.read(self.path).screen_name

    def _told(self, what: SignInFailure) -> SignInFailure:
        log.warning("%s: %s", what.title, what.message)
        return what
