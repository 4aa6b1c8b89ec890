"""The two requests of an OAuth 1.0a sign-in: for a request token, and for an access token.

One signed POST each, never redirected, its answer bounded in time and length. What goes wrong is
a `Trouble`, never an exception. Knows nothing of pages and files.
https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from twittervotes.core.model import is_clean
from twittervotes.core.tokens import Token
from twittervotes.web import trouble
from twittervotes.web.sign_in import Served, SignIn, is_loopback
from twittervotes.web.trouble import Refusal, Trouble

if TYPE_CHECKING:  # requests and oauthlib take 0.3 s to import, and `--help` needs neither
    from requests import Response, Session
    from requests_oauthlib import OAuth1Session

_MOST_BYTES = 16 * 1024
_MOST_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class RequestToken:
    """What the network gave us to recognise one sign-in by; its repr shows none of it."""

    token: str = field(repr=False)
    secret: str = field(repr=False)


def request_token(sign_in: SignIn) -> RequestToken | Trouble:
    """Ask the network to begin a sign-in (the first leg)."""
    url = sign_in.request_token_url
    session = _session(sign_in, url, callback_uri=sign_in.callback_url)
    answer = post(session, url, sign_in)
    if isinstance(answer, Refusal):
        return trouble.refused_request_token(sign_in, answer)
    if isinstance(answer, Trouble):
        return answer
    values = _values(answer)
    if values is None:
        return trouble.strange_answer(sign_in, "request_token_url")
    if values.get("oauth_callback_confirmed") != "true":
        return trouble.unconfirmed(sign_in)
    return RequestToken(values["oauth_token"], values["oauth_token_secret"])


def authorize_url(sign_in: SignIn, token: RequestToken) -> str:
    """Tell where the person says yes (the second leg); it carries the request token alone."""
    parts = urlsplit(sign_in.authorize_url)
    query = urlencode([*parse_qsl(parts.query), ("oauth_token", token.token)])
    return urlunsplit(parts._replace(query=query))


def access_token(sign_in: SignIn, token: RequestToken, verifier: str) -> Token | Trouble:
    """Change the permission a person gave into an access token (the third leg)."""
    url = sign_in.access_token_url
    session = _session(
        sign_in,
        url,
        resource_owner_key=token.token,
        resource_owner_secret=token.secret,
        verifier=verifier,
    )
    answer = post(session, url, sign_in)
    if isinstance(answer, Refusal):
        return trouble.refused_access_token(sign_in, answer)
    if isinstance(answer, Trouble):
        return answer
    values = _values(answer)
    if values is None:
        return trouble.strange_answer(sign_in, "access_token_url")
    return Token(
        values["oauth_token"],
        values["oauth_token_secret"],
        values.get("user_id", ""),
        values.get("screen_name", ""),
        values.get("x_auth_expires", "0"),
    )


def _session(
    sign_in: SignIn,
    url: str,
    *,
    callback_uri: str | None = None,
    resource_owner_key: str | None = None,
    resource_owner_secret: str | None = None,
    verifier: str | None = None,
) -> OAuth1Session:
    from requests_oauthlib import OAuth1Session

    for library in ("oauthlib", "requests_oauthlib"):
        logging.getLogger(library).setLevel(logging.WARNING)  # at DEBUG they write tokens
    session = OAuth1Session(
        sign_in.consumer_key,
        client_secret=sign_in.consumer_secret,
        callback_uri=callback_uri,
        resource_owner_key=resource_owner_key,
        resource_owner_secret=resource_owner_secret,
        verifier=verifier,
    )
    # The proxy of the environment is for the world outside, never for this machine.
    session.trust_env = not is_loopback(urlsplit(url).hostname or "")
    return session


def post(
    session: Session, url: str, sign_in: Served, form: Mapping[str, str] | None = None
) -> bytes | Refusal | Trouble:
    """Send one request; return the body of a success, a refusal, or what went wrong."""
    import requests

    network = sign_in.network
    ends = time.monotonic() + sign_in.timeout
    try:
        with (
            session,
            session.post(
                url,
                data=form,
                timeout=(sign_in.timeout, sign_in.timeout),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            body = _body(response, ends)
            if body is None:
                return trouble.slow(network)
            if response.status_code == 200:
                return body
            return Refusal(response.status_code, body.decode(errors="replace"), _ahead(response))
    except requests.exceptions.SSLError:
        return trouble.untrusted(network)
    except requests.exceptions.Timeout:
        return trouble.slow(network)
    except requests.exceptions.RequestException:
        return trouble.away(network)


def _body(response: Response, ends: float) -> bytes | None:
    """Return the body, one byte more than we read of one too long, None where it does not end."""
    from requests.exceptions import ConnectionError as Silence  # what it makes of a read timeout

    body = bytearray()
    try:
        # Byte by byte, because a longer piece from a server that drips would outlast any timeout.
        for piece in response.iter_content(1):
            body += piece
            if len(body) > _MOST_BYTES:
                break
            if time.monotonic() > ends:
                return None
    except Silence:
        return None
    return bytes(body)


def _values(body: bytes) -> dict[str, str] | None:
    """Return the values of an answer that holds a token, None where it holds none.

    The Content-Type is no help: X sends its tokens as text/html.
    """
    if len(body) > _MOST_BYTES:
        return None
    try:
        pairs = parse_qsl(body.decode().strip(), strict_parsing=True, max_num_fields=20)
    except ValueError:
        return None
    values = dict(pairs)
    if len(values) != len(pairs) or not is_clean(values.values()):
        return None
    if not values.get("oauth_token") or not values.get("oauth_token_secret"):
        return None
    if any(len(value) > _MOST_CHARACTERS for value in values.values()):
        return None
    return values


def _ahead(response: Response) -> float | None:
    """Tell how many seconds our clock is ahead of the one that answered."""
    try:
        theirs = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return (datetime.now(theirs.tzinfo) - theirs).total_seconds() if theirs.tzinfo else None
