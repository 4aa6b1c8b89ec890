"""Credentials for X: a token of the app, or one of the three ways to sign in.

A credential is a picklable value that signs requests and says whether to retry after a 401. What a
worker learns or fetches stays in the worker. Messages never contain any part of a credential.
https://docs.x.com/fundamentals/authentication/overview
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from twittervotes.auth import oauth1_signature, oauth2_token
from twittervotes.auth.oauth1_signature import OAuth1Keys
from twittervotes.core.contest.posts import Remedy
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from twittervotes.auth.oauth2_token import Grant
    from twittervotes.network.http import Response

EARLY_MS = 60_000  # how long before it expires a token is refreshed
CLOCKS_APART_S = 60
SIGN_IN = f"Sign in again: {oauth2_token.SIGN_IN}"

_app_tokens: dict[str, str] = {}  # tokens that a worker has fetched with an app's keys
_clock_offset_s = 0  # what a worker has learned about the network's clock


class SigningRefusedError(Exception):
    """No request can be signed: the remedy, what happened, and the advice."""

    def __init__(self, remedy: Remedy, message: str, advice: str) -> None:
        super().__init__(remedy, message, advice)
        self.remedy, self.message, self.advice = remedy, message, advice


class Credential(Protocol):
    """Signs requests; both methods may raise SigningRefusedError and NetworkError."""

    def auth(self, url: str) -> str:
        """Return the Authorization header for a GET of `url`."""

    def renew(self, refusal: Response) -> bool:
        """React to a 401; return whether to retry."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """The app's token, from its page at X."""

    token: str = field(repr=False)

    def auth(self, _: str) -> str:
        """Return the Authorization header of any request."""
        return f"Bearer {self.token}"

    def renew(self, _: Response) -> bool:
        """Return False: there is no other token."""
        return False


@dataclass(frozen=True, slots=True)
class AppKeys:
    """The app's two keys, with which it fetches its own token."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    url: str

    def auth(self, _: str) -> str:
        """Return the Authorization header of any request."""
        if self.key not in _app_tokens:
            _app_tokens[self.key] = self._fetched()
        return f"Bearer {_app_tokens[self.key]}"

    def renew(self, _: Response) -> bool:
        """Forget the token, so that the next request fetches one."""
        return _app_tokens.pop(self.key, None) is not None

    def _fetched(self) -> str:
        from twittervotes.network import http

        form = {"grant_type": "client_credentials"}
        answer = http.post(self.url, form=form, auth=oauth2_token.basic(self.key, self.secret))
        if answer.status in (400, 401, 403):
            advice = "Compare consumer_key and consumer_secret, under x, with your app's page at X."
            raise SigningRefusedError(Remedy.STOP, "X rejected the keys of the app.", advice)
        return _granted(answer).access_token


@dataclass(frozen=True, slots=True)
class User:
    """An account that signed in by OAuth 1.0a."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    token: str = field(repr=False)
    token_secret: str = field(repr=False)

    def auth(self, url: str) -> str:
        """Return the Authorization header for a GET of `url`."""
        keys = OAuth1Keys(self.consumer_key, self.consumer_secret, self.token, self.token_secret)
        at_s = int(time.time()) + _clock_offset_s
        return oauth1_signature.authorization("GET", url, keys, at_s=at_s)

    def renew(self, refusal: Response) -> bool:
        """Learn the network's clock: v2 doesn't say whether that was the reason."""
        global _clock_offset_s
        date_ms = refusal.date_ms()
        if date_ms is None:
            return False
        offset_s = round(date_ms / 1000 - time.time())
        is_news = abs(offset_s - _clock_offset_s) > CLOCKS_APART_S
        if is_news:
            _clock_offset_s = offset_s
        return is_news


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account that signed in by OAuth 2.0; its tokens expire, and one process refreshes them.

    `client_secret` is "" for a public client.
    """

    path: Path
    url: str
    client_id: str = field(repr=False)
    client_secret: str = field(default="", repr=False)

    def auth(self, _: str) -> str:
        """Return the Authorization header of any request."""
        held = _kept(self.path)
        if held.refresh_token and held.expires_ms - _now_ms() < EARLY_MS:
            held = self._renewed(held)
        return f"Bearer {held.access_token}"

    def renew(self, _: Response) -> bool:
        """Refresh the token."""
        self._renewed(_kept(self.path))
        return True

    def _renewed(self, stale: Grant) -> Grant:
        try:
            return oauth2_token.renewed(self.path, stale, self._fetched)
        except TimeoutError:
            message = "Another program is still renewing the sign-in."
            advice = f"If this continues, end the program that holds {self.path}.lock."
            raise SigningRefusedError(Remedy.RETRY, message, advice) from None
        except ConfigError as error:
            raise SigningRefusedError(Remedy.STOP, str(error), SIGN_IN) from None

    def _fetched(self, old: Grant) -> Grant:
        from twittervotes.network import http

        if not old.refresh_token:
            raise SigningRefusedError(Remedy.STOP, "The sign-in has expired.", SIGN_IN)
        form = {"grant_type": "refresh_token", "refresh_token": old.refresh_token}
        auth = ""
        if self.client_secret:
            auth = oauth2_token.basic(self.client_id, self.client_secret)
        else:
            form["client_id"] = self.client_id
        answer = http.post(self.url, form=form, auth=auth)
        if answer.status in (400, 401, 403):
            message = "X refused to renew the sign-in: it was already used, or revoked."
            raise SigningRefusedError(Remedy.STOP, message, SIGN_IN)
        return _granted(answer, old.refresh_token)


def _granted(answer: Response, refresh_token: str = "") -> Grant:
    if answer.status == 429:
        raise SigningRefusedError(
            Remedy.WAIT, "X refuses more tokens for now: too many requests.", ""
        )
    if answer.status != 200:
        message = f"X answered {answer.status} to a token request."
        raise SigningRefusedError(
            Remedy.RETRY, message, "If this continues, check api_url, under x."
        )
    try:
        return oauth2_token.granted(answer.body, _now_ms(), refresh_token)
    except ValueError:
        message = "X's answer contains no token."
        raise SigningRefusedError(
            Remedy.RETRY, message, "If this continues, check api_url, under x."
        ) from None


def _kept(path: Path) -> Grant:
    try:
        return oauth2_token.read(path)
    except ConfigError as error:
        raise SigningRefusedError(Remedy.STOP, str(error), SIGN_IN) from None


def _now_ms() -> int:
    return int(time.time() * 1000)
