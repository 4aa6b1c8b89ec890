"""The pages of the sign-in, served by Flask: a button, the callback, and what went wrong.

They contain no secret and load nothing, neither from us nor from elsewhere. They know nothing of
OAuth and files; the flow does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import BadRequest, HTTPException

from twittervotes.auth import errors
from twittervotes.auth.errors import SignInFailure
from twittervotes.auth.flow import Course, Return
from twittervotes.auth.settings import CALLBACK_PATH
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.auth.oauth1_token import Token
    from twittervotes.auth.oauth2_token import Grant


def create_app(flow: Course, delivered: Callable[[Token | Grant], None]) -> Flask:
    """Create the pages; `delivered` is called once a browser has received the page "All set"."""
    app = Flask("twittervotes", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 4096
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    csrf = secrets.token_urlsafe(32)
    style = (Path(app.root_path) / "templates" / "style.css").read_text("utf-8").strip()
    sign_in = flow.sign_in
    headers = _headers(style, sign_in.authorize_url)

    def page(template: str, status: int = 200, **values: object) -> Response:
        text = render_template(
            template, style=style, csrf=csrf, network=sign_in.network, path=flow.path, **values
        )
        return make_response(text, status)

    def sorry(what: SignInFailure, *, again: bool = True) -> Response:
        return page("trouble.html", what.status, trouble=what, again=again)

    @app.before_request
    def refuse_foreign_hosts() -> Response | None:
        # A stranger's host name that resolves to this machine (DNS rebinding) must not reach the
        # pages.
        is_ours = request.environ.get("HTTP_HOST", "").lower() in _hosts(sign_in.authority)
        return None if is_ours else sorry(errors.FOREIGN_HOST, again=False)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(headers)
        return response

    @app.get("/")
    def start() -> Response:
        return page("sign_in.html", present=_present(flow))

    @app.post("/")
    def begin() -> Response:
        if not _is_from_our_page():
            return sorry(errors.FOREIGN_FORM, again=False)
        if not hmac.compare_digest(request.form.get("csrf", "").encode(), csrf.encode()):
            return sorry(errors.STALE_PAGE)
        there = flow.begin()
        if isinstance(there, SignInFailure):
            return sorry(there)
        return Response(status=303, headers={"Location": there})

    @app.get(CALLBACK_PATH)
    def callback() -> Response:
        told = {each.name: request.args.get(each.name, "") for each in fields(Return)}
        token = flow.finish(Return(**told))
        if isinstance(token, SignInFailure):
            return sorry(token)
        response = page("all_set.html", name=token.screen_name)
        response.call_on_close(lambda: delivered(token))
        return response

    @app.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> Response:
        message = "Go back to the sign-in page and start again."
        return sorry(SignInFailure(error.name, message, error.code or 500))

    @app.errorhandler(UnicodeDecodeError)
    def garbled(_: UnicodeDecodeError) -> Response:
        return wrong(BadRequest())  # no browser sends such a URL by itself

    return app


def _is_from_our_page() -> bool:
    """Return whether the browser says that the form was on one of our pages.

    This doesn't stop other programs on this machine, which can claim anything.
    """
    headers, ours = request.headers, f"http://{request.environ['HTTP_HOST'].lower()}"
    if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    if "Origin" in headers:
        return headers["Origin"] == ours
    return headers.get("Referer", "").startswith(f"{ours}/")


def _hosts(authority: str) -> frozenset[str]:
    _, colon, port = authority.rpartition(":")
    port = colon + port if port.isdigit() else ""
    return frozenset({authority, f"localhost{port}"})


def _present(flow: Course) -> str:
    """Say in a sentence what a sign-in would replace; "" if there is nothing."""
    path = flow.path
    if not path.exists():
        return ""
    try:
        name = flow.kept()
    except ConfigError:
        return f"{path} exists but can't be used. Signing in replaces it."
    who = f"as @{name}" if name else "already"
    return f"You are signed in {who}. Signing in again replaces {path}."


def _headers(style: str, authorize_url: str) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    network = urlsplit(authorize_url)
    policy = (
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        # This also applies to redirects: the button leads to the network, and on from there.
        f"form-action 'self' https: {network.scheme}://{network.netloc}",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",  # with "no-referrer" a form's Origin would be "null"
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
