"""The requests of an OAuth 2.0 sign-in: the consent page, the code for a grant, and the name.

Failures are returned as a `SignInFailure`, never raised. Knows nothing of pages and files.
https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
"""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec

from twittervotes.auth import errors, oauth1_requests, oauth2_token
from twittervotes.auth.errors import ErrorAnswer, SignInFailure
from twittervotes.auth.settings import SCOPE, CodeSignIn

if TYPE_CHECKING:
    from twittervotes.auth.oauth2_token import Grant

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9_]{1,50}")


class _User(msgspec.Struct):
    username: str


class _Me(msgspec.Struct):
    data: _User


def authorize_url(sign_in: CodeSignIn, state: str, challenge: str) -> str:
    """Return the page on which the user consents; it has neither secret nor verifier."""
    parts = urlsplit(sign_in.authorize_url)
    asked = {
        "response_type": "code",
        "client_id": sign_in.client_id,
        "redirect_uri": sign_in.callback_url,
        "scope": SCOPE,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    query = urlencode([*parse_qsl(parts.query), *asked.items()], quote_via=quote)
    return urlunsplit(parts._replace(query=query))


def exchanged(sign_in: CodeSignIn, code: str, verifier: str) -> Grant | SignInFailure:
    """Exchange the code of a callback for a grant."""
    from twittervotes.network import http  # takes 0.3 s, and `--help` doesn't need it

    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": sign_in.callback_url,
        "code_verifier": verifier,
    }
    auth = ""
    if sign_in.client_secret:
        auth = oauth2_token.basic(sign_in.client_id, sign_in.client_secret)
    else:
        form["client_id"] = sign_in.client_id
    answer = oauth1_requests.answered(
        sign_in, lambda bounds: http.post(sign_in.token_url, auth=auth, form=form, bounds=bounds)
    )
    if isinstance(answer, ErrorAnswer):
        return errors.refused_code(sign_in, answer)
    if isinstance(answer, SignInFailure):
        return answer
    try:
        granted = oauth2_token.granted(answer, int(time.time() * 1000))
    except ValueError:
        return errors.strange_answer(sign_in, "api_url")
    return granted if granted.refresh_token else errors.not_for_long(sign_in)


def screen_name(sign_in: CodeSignIn, granted: Grant) -> str:
    """Request the account of a grant; return "" if the network doesn't say."""
    from twittervotes.network import http

    auth = f"Bearer {granted.access_token}"
    answer = oauth1_requests.answered(
        sign_in, lambda bounds: http.get(sign_in.account_url, auth=auth, bounds=bounds)
    )
    if isinstance(answer, bytes):
        try:
            name = msgspec.json.decode(answer, type=_Me).data.username
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            name = ""
        if _NAME.fullmatch(name):
            return name
    log.warning("%s did not say which account signed in.", sign_in.network)
    return ""
