"""The two requests of an OAuth 1.0a sign-in: for a request token, and for an access token.

Each is one signed POST with the HTTP client of the sources. Failures are returned as a
`SignInFailure`, never raised. Knows nothing of pages and files.
https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from twittervotes.auth import errors
from twittervotes.auth.errors import ErrorAnswer, SignInFailure
from twittervotes.auth.oauth1_token import Token
from twittervotes.core.contest.posts import is_clean

if TYPE_CHECKING:  # the HTTP client imports slowly, and `--help` doesn't need it
    from collections.abc import Callable

    from twittervotes.auth.settings import Served, SignIn
    from twittervotes.network.http import Bounds, Response

_MOST_BYTES = 16 * 1024
_MOST_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class RequestToken:
    """What identifies one pending sign-in at the network; its repr shows nothing of it."""

    token: str = field(repr=False)
    secret: str = field(repr=False)


def request_token(sign_in: SignIn) -> RequestToken | SignInFailure:
    """Request a token with which to begin a sign-in (the first leg)."""
    url = sign_in.request_token_url
    answer = _posted(sign_in, url, _signed(sign_in, url, callback_uri=sign_in.callback_url))
    if isinstance(answer, ErrorAnswer):
        return errors.refused_request_token(sign_in, answer)
    if isinstance(answer, SignInFailure):
        return answer
    values = _values(answer)
    if values is None:
        return errors.strange_answer(sign_in, "request_token_url")
    if values.get("oauth_callback_confirmed") != "true":
        return errors.unconfirmed(sign_in)
    return RequestToken(values["oauth_token"], values["oauth_token_secret"])


def authorize_url(sign_in: SignIn, token: RequestToken) -> str:
    """Return the page where the user consents (the second leg); it has only the request token."""
    parts = urlsplit(sign_in.authorize_url)
    query = urlencode([*parse_qsl(parts.query), ("oauth_token", token.token)])
    return urlunsplit(parts._replace(query=query))


def access_token(sign_in: SignIn, token: RequestToken, verifier: str) -> Token | SignInFailure:
    """Exchange the user's consent for an access token (the third leg)."""
    url = sign_in.access_token_url
    signed = _signed(
        sign_in,
        url,
        resource_owner_key=token.token,
        resource_owner_secret=token.secret,
        verifier=verifier,
    )
    answer = _posted(sign_in, url, signed)
    if isinstance(answer, ErrorAnswer):
        return errors.refused_access_token(sign_in, answer)
    if isinstance(answer, SignInFailure):
        return answer
    values = _values(answer)
    if values is None:
        return errors.strange_answer(sign_in, "access_token_url")
    return Token(
        values["oauth_token"],
        values["oauth_token_secret"],
        values.get("user_id", ""),
        values.get("screen_name", ""),
        values.get("x_auth_expires", "0"),
    )


def _signed(
    sign_in: SignIn,
    url: str,
    *,
    callback_uri: str | None = None,
    resource_owner_key: str | None = None,
    resource_owner_secret: str | None = None,
    verifier: str | None = None,
) -> str:
    """Return the Authorization header of a POST without a body.

    Polling signs each page with `oauth1_signature`, which takes a fifth of the time; here the
    library is fast enough.
    """
    from requests import Request
    from requests_oauthlib import OAuth1

    for library in ("oauthlib", "requests_oauthlib"):
        logging.getLogger(library).setLevel(logging.WARNING)  # at DEBUG they log tokens
    auth = OAuth1(
        sign_in.consumer_key,
        client_secret=sign_in.consumer_secret,
        callback_uri=callback_uri,
        resource_owner_key=resource_owner_key,
        resource_owner_secret=resource_owner_secret,
        verifier=verifier,
    )
    header = Request("POST", url, auth=auth).prepare().headers["Authorization"]
    return header.decode() if isinstance(header, bytes) else header


def _posted(sign_in: SignIn, url: str, auth: str) -> bytes | ErrorAnswer | SignInFailure:
    from twittervotes.network import http

    return answered(sign_in, lambda bounds: http.post(url, auth=auth, bounds=bounds))


def answered(
    served: Served, ask: Callable[[Bounds], Response]
) -> bytes | ErrorAnswer | SignInFailure:
    """Make one request; return the body of a success, an error response, or what went wrong."""
    from twittervotes.network import http

    network = served.network
    try:
        answer = ask(http.Bounds(served.timeout, _MOST_BYTES))
    except http.TooLongError as error:
        answer = error.response
    except http.UntrustedError:
        return errors.untrusted(network)
    except http.SlowError:
        return errors.slow(network)
    except http.NetworkError:
        return errors.away(network)
    if answer.status == 200:
        return answer.body
    ahead_s = None if answer.ahead_ms is None else -answer.ahead_ms / 1000
    return ErrorAnswer(answer.status, answer.body.decode(errors="replace"), ahead_s)


def _values(body: bytes) -> dict[str, str] | None:
    """Return the values of a token response, or None if it isn't one.

    The Content-Type doesn't help: X sends its tokens as text/html.
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
