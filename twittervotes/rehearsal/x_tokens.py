"""The simulated v2's tokens: of the app, and of a user, with rotation.

A refresh token is good for one use; a used one is refused, and counted. Credentials are returned
only to their owner.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import threading
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from twittervotes.rehearsal.answer import HttpAnswer

if TYPE_CHECKING:
    from twittervotes.rehearsal.settings import Credentials

APP, PERSON = "/oauth2/token", "/2/oauth2/token"


class Tokens:
    """The tokens that the endpoints have issued."""

    def __init__(self, credentials: Credentials, life_s: float) -> None:
        self._credentials = credentials
        self._life_s = life_s
        self._lock = threading.Lock()
        self._refresh = credentials.refresh_token
        self._until_s: dict[str, float] = {}
        self.refreshes = 0
        self.bad_refreshes = 0

    def is_good(self, token: str, now_s: float) -> bool:
        """Return whether a user's access token is valid and has not expired."""
        with self._lock:
            return now_s < self._until_s.get(token, 0)

    def answer(self, path: str, authorization: str, body: bytes, now_s: float) -> HttpAnswer:
        """Answer a request for a token."""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        return self._app(authorization, form) if path == APP else self._person(form, now_s)

    def _app(self, authorization: str, form: dict[str, str]) -> HttpAnswer:
        mine = (self._credentials.consumer_key, self._credentials.consumer_secret)
        if not all(map(_same, _basic(authorization), mine)):
            error = {"code": 99, "message": "Unable to verify your credentials"}
            return _token_response(403, errors=[{**error, "label": "authenticity_token_error"}])
        if form.get("grant_type") != "client_credentials":
            return _token_response(
                403, errors=[{"code": 170, "message": "Missing required parameter"}]
            )
        return _token_response(200, token_type="bearer", access_token=self._credentials.bearer)  # noqa: S106 - a kind of token

    def _person(self, form: dict[str, str], now_s: float) -> HttpAnswer:
        with self._lock:
            good = (
                form.get("grant_type") == "refresh_token"
                and _same(form.get("client_id", ""), self._credentials.client_id)
                and _same(form.get("refresh_token", ""), self._refresh)
            )
            if not good or not self._refresh:
                self.bad_refreshes += 1
                words = "Value passed for the token was invalid."
                return _token_response(400, error="invalid_request", error_description=words)
            self.refreshes += 1
            self._refresh, access = secrets.token_urlsafe(40), secrets.token_urlsafe(40)
            self._until_s[access] = now_s + self._life_s
            return _token_response(
                200,
                token_type="bearer",  # noqa: S106 - its kind
                expires_in=round(self._life_s),
                access_token=access,
                scope="tweet.read users.read offline.access",
                refresh_token=self._refresh,
            )


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, rest = authorization.partition(" ")
    try:
        pair = base64.b64decode(rest, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    key, _, secret = pair.partition(":")
    return unquote(key), unquote(secret)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _token_response(status: int, **values: object) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(values).encode())
