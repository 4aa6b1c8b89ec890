"""The two legs of an OAuth 2.0 sign-in: where the person says yes, and the code for a grant.

What goes wrong is a `Trouble`, never an exception. Knows nothing of pages and files.
https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from twittervotes.core import grant
from twittervotes.core.grant import Grant
from twittervotes.web import legs, trouble
from twittervotes.web.code_sign_in import SCOPE, CodeSignIn
from twittervotes.web.sign_in import is_loopback
from twittervotes.web.trouble import Refusal, Trouble

if TYPE_CHECKING:  # requests takes 0.3 s to import, and `--help` does without
    from requests import PreparedRequest


def authorize_url(sign_in: CodeSignIn, state: str, challenge: str) -> str:
    """Tell where the person says yes; it carries neither secret nor verifier."""
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


def exchanged(sign_in: CodeSignIn, code: str, verifier: str) -> Grant | Trouble:
    """Change the code that a browser brought back into a grant."""
    import requests

    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": sign_in.callback_url,
        "code_verifier": verifier,
    }
    session = requests.Session()
    session.auth = _no_netrc
    # The proxy of the environment is for the world outside, never for this machine.
    session.trust_env = not is_loopback(urlsplit(sign_in.token_url).hostname or "")
    if sign_in.client_secret:
        header = grant.basic(sign_in.client_id, sign_in.client_secret)
        session.headers["Authorization"] = header
    else:
        form["client_id"] = sign_in.client_id
    answer = legs.post(session, sign_in.token_url, sign_in, form)
    if isinstance(answer, Refusal):
        return trouble.refused_code(sign_in, answer)
    if isinstance(answer, Trouble):
        return answer
    try:
        granted = grant.granted(answer, int(time.time() * 1000))
    except ValueError:
        return trouble.strange_answer(sign_in, "api_url")
    return granted if granted.refresh_token else trouble.not_for_long(sign_in)


def _no_netrc(request: PreparedRequest) -> PreparedRequest:
    """Leave a request as it is: without this, a .netrc would put another header in its place."""
    return request
