"""A network to sign in to: Authlib's OAuth 1.0a server on loopback, behaving like X.

It checks every signature, time and nonce. Like X it sends tokens as text/html, knows its apps'
callback URLs, says "denied" for a cancelled sign-in, and reports errors with X's numbers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth1 import AuthorizationServer
from authlib.oauth1 import ClientMixin, TemporaryCredentialMixin
from authlib.oauth1.rfc5849.errors import OAuth1Error
from flask import Flask, Response, redirect, request
from werkzeug.serving import WSGIRequestHandler, make_server

KEY, SECRET = "the-consumer-key", "the-consumer-secret"
REQUEST_TOKEN, ACCESS_TOKEN = "/oauth/request_token", "/oauth/access_token"
CONSENT = """<!doctype html><html lang="en"><title>Consent</title>
<link rel="icon" href="data:,">
<form method="post"><input type="hidden" name="oauth_token" value="{token}">
<button name="answer" value="yes">Allow</button><button name="answer" value="no">Cancel</button>
</form></html>"""


@dataclass
class App(ClientMixin):
    """An app registered at the network."""

    secret: str = SECRET
    callbacks: list[str] = field(default_factory=list)

    def get_client_secret(self) -> str:
        return self.secret

    def get_default_redirect_uri(self) -> str:
        return self.callbacks[0]


@dataclass
class Temporary(TemporaryCredentialMixin):
    token: str
    secret: str
    callback: str
    verifier: str = ""

    def get_client_id(self) -> str:
        return KEY

    def get_redirect_uri(self) -> str:
        return self.callback

    def check_verifier(self, verifier: str) -> bool:
        return bool(self.verifier) and self.verifier == verifier

    def get_oauth_token(self) -> str:
        return self.token

    def get_oauth_token_secret(self) -> str:
        return self.secret


@dataclass
class Canned:
    """A response that replaces the right one."""

    status: int = 200
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)


class _Server(AuthorizationServer):
    def handle_response(self, status_code: int, payload: Any, headers: Any) -> Response:
        response = super().handle_response(status_code, payload, headers)
        if status_code == 200:
            response.content_type = "text/html;charset=utf-8"
        return response


class Provider:
    """The network's state; `url` is its address."""

    def __init__(self) -> None:
        self.url = ""
        self.app = App()
        self.temporary: dict[str, Temporary] = {}
        self.access: dict[str, str] = {}
        self.nonces: set[tuple[str, str]] = set()
        self.canned: dict[str, Canned] = {}
        self.confirmed = "true"
        self.heard: list[tuple[str, str, str, bytes]] = []
        self.clock_is_ahead_s = 0.0

    def secrets(self) -> set[str]:
        """All secrets that must never appear on a page, in a log or in a URL of ours."""
        return {
            self.app.secret,
            *(credential.secret for credential in self.temporary.values()),
            *self.access,
            *self.access.values(),
        }

    def allow(self, token: str) -> str:
        """Approve the sign-in as a user would; return the verifier."""
        self.temporary[token].verifier = f"verifier-of-{token}"
        return self.temporary[token].verifier

    def flask(self) -> Flask:
        app = Flask("provider")
        server = _Server(app, query_client=lambda key: self.app if key == KEY else None)
        server.register_hook("exists_nonce", self._exists_nonce)
        server.register_hook("create_temporary_credential", self._create_temporary)
        server.register_hook("get_temporary_credential", self.temporary.get)
        server.register_hook("delete_temporary_credential", self._used)
        server.register_hook("create_token_credential", self._create_access)
        self._used_tokens: set[str] = set()

        @app.before_request
        def hear() -> Response | None:
            head = request.headers.get("Authorization", "")
            self.heard.append((request.method, request.url, head, request.get_data()))
            canned = self.canned.get(request.path)
            if canned:
                return Response(canned.body, canned.status, canned.headers)
            return None

        @app.post(REQUEST_TOKEN)
        def request_token() -> Response:
            try:
                asked = server.create_oauth1_request(None)
                server.validate_temporary_credentials_request(asked)
            except OAuth1Error as error:
                stale = "timestamp" in str(error.description)
                return _x_error(401, 135 if stale else 32)
            if asked.redirect_uri not in self.app.callbacks:
                return _x_error(403, 415)
            credential = server.create_temporary_credential(asked)
            payload = [
                ("oauth_token", credential.token),
                ("oauth_token_secret", credential.secret),
                ("oauth_callback_confirmed", self.confirmed),
            ]
            return server.handle_response(200, payload, [])

        @app.get("/oauth/authorize")
        def authorize() -> str:
            assert request.args["oauth_token"] in self.temporary
            return CONSENT.format(token=request.args["oauth_token"])

        @app.post("/oauth/authorize")
        def answer() -> Any:
            token = request.form["oauth_token"]
            callback = self.temporary[token].callback
            if request.form["answer"] == "no":
                return redirect(f"{callback}?denied={token}")
            verifier = self.allow(token)
            return redirect(f"{callback}?oauth_token={token}&oauth_verifier={verifier}")

        @app.post(ACCESS_TOKEN)
        def access_token() -> Response:
            try:
                asked = server.create_oauth1_request(None)
                if asked.token in self._used_tokens:
                    return Response(
                        "Error processing your OAuth request: Request token missing", 401
                    )
                server.validate_token_request(asked)
            except OAuth1Error:
                text = "Error processing your OAuth request: Invalid oauth_verifier parameter"
                return Response(text, 401, content_type="text/plain")
            token = server.create_token_credential(asked)
            server.delete_temporary_credential(asked)
            who = [("user_id", "123"), ("screen_name", "ada")]
            return server.handle_response(200, [*token.items(), *who], [])

        return app

    def _exists_nonce(self, nonce: str, timestamp: str, *_: str) -> bool:
        if abs(time.time() + self.clock_is_ahead_s - int(timestamp)) > 300:
            raise OAuth1Error("timestamp out of bounds")
        seen = (nonce, timestamp) in self.nonces
        self.nonces.add((nonce, timestamp))
        return seen

    def _create_temporary(self, token: dict[str, str], key: str, callback: str) -> Temporary:
        credential = Temporary(token["oauth_token"], token["oauth_token_secret"], callback)
        self.temporary[credential.token] = credential
        return credential

    def _create_access(self, token: dict[str, str], _: Temporary) -> dict[str, str]:
        self.access[token["oauth_token"]] = token["oauth_token_secret"]
        return token

    def _used(self, token: str) -> None:
        self._used_tokens.add(token)


def _x_error(status: int, code: int) -> Response:
    body = f'{{"errors":[{{"code":{code},"message":"as X says it"}}]}}'
    return Response(body, status, content_type="application/json; charset=utf-8")


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[Provider]:
    """Run the network for a while."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider.flask(), threaded=True, request_handler=_Quiet)
    provider.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
