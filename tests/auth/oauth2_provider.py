"""A network to sign in to: Authlib's OAuth 2.0 server on loopback, behaving like X.

It requires PKCE with S256 and an exactly registered redirect URI, and issues codes that expire
after 30 seconds and refresh tokens that are good once. Codes used twice are refused.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, Response, redirect, request
from oauth_provider import CONSENT, Canned, _Quiet
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "the-client-id", "the-client-secret"
AUTHORIZE, TOKEN, ME = "/i/oauth2/authorize", "/2/oauth2/token", "/2/users/me"
CODE_LIVES_S = 30


@dataclass
class Client(ClientMixin):
    """An app registered at the network; a public one has no secret."""

    secret: str = ""
    callbacks: list[str] = field(default_factory=list)

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self.callbacks[0]

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.callbacks

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(self.secret) and client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == ("client_secret_basic" if self.secret else "none")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


@dataclass
class Code:
    code: str
    redirect_uri: str
    scope: str
    code_challenge: str
    code_challenge_method: str
    given_at: float

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class Provider2:
    """The network's state; `url` is its address."""

    def __init__(self) -> None:
        self.url = ""
        self.client = Client()
        self.codes: dict[str, Code] = {}
        self.tokens: list[dict[str, Any]] = []
        self.canned: dict[str, Canned] = {}
        self.heard: list[tuple[str, str, str, dict[str, str]]] = []
        self.lasting = True
        self.clock_is_ahead_s = 0.0

    def secrets(self) -> set[str]:
        """All secrets that must never appear on a page, in a log or in a URL of ours."""
        tokens = {value for token in self.tokens for key, value in token.items() if "_token" in key}
        return tokens | {self.client.secret or CLIENT_SECRET}

    def flask(self) -> Flask:
        app = Flask("provider2")
        app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
        app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"authorization_code": 7200}
        server = AuthorizationServer(
            app,
            query_client=lambda key: self.client if key == CLIENT_ID else None,
            save_token=lambda token, _: self.tokens.append(token),
        )
        server.register_grant(_code_grant(self), [_S256(required=True)])

        @app.before_request
        def hear() -> Response | None:
            head = request.headers.get("Authorization", "")
            self.heard.append((request.method, request.url, head, request.form.to_dict()))
            canned = self.canned.get(request.path)
            return Response(canned.body, canned.status, canned.headers) if canned else None

        @app.get(AUTHORIZE)
        def authorize() -> Any:
            try:
                server.get_consent_grant(end_user="ada")
            except OAuth2Error as error:
                return Response(str(error.error), 400)
            return CONSENT.format(token=request.args["state"])

        @app.post(AUTHORIZE)
        def answer() -> Any:
            grant = server.get_consent_grant(end_user="ada")
            if request.form["answer"] == "no":
                state = request.args["state"]
                return redirect(f"{grant.redirect_uri}?error=access_denied&state={state}")
            return server.create_authorization_response(grant_user="ada", grant=grant)

        @app.post(TOKEN)
        def token() -> Any:
            response = server.create_token_response()
            if self.lasting or response.status_code != 200:
                return response
            return {key: value for key, value in response.json.items() if key != "refresh_token"}

        @app.get(ME)
        def me() -> Any:
            bearers = {f"Bearer {token['access_token']}" for token in self.tokens}
            if request.headers.get("Authorization") not in bearers:
                return Response('{"title":"Unauthorized","status":401}', 401)
            return {"data": {"id": "123", "name": "Ada", "username": "ada"}}

        return app


class _S256(CodeChallenge):
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - its name and type there


def _code_grant(provider: Provider2) -> Any:
    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "none"]  # noqa: RUF012

        def save_authorization_code(self, code: str, request: Any) -> None:
            asked = request.payload.data
            provider.codes[code] = Code(
                code,
                request.payload.redirect_uri,
                request.payload.scope,
                asked["code_challenge"],
                asked["code_challenge_method"],
                time.time(),
            )

        def query_authorization_code(self, code: str, client: Any) -> Code | None:
            found = provider.codes.get(code)
            now = time.time() + provider.clock_is_ahead_s
            return found if found and now - found.given_at < CODE_LIVES_S else None

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> str:
            return "ada"

    return CodeGrant


@contextmanager
def running2() -> Iterator[Provider2]:
    """Run the network for a while."""
    provider = Provider2()
    server = make_server("127.0.0.1", 0, provider.flask(), threaded=True, request_handler=_Quiet)
    provider.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
