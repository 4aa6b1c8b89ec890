"""What signs a request to X, for the HTTP client. Imported by workers only, as it brings that."""

from __future__ import annotations

import logging

from requests.auth import AuthBase
from requests_oauthlib import OAuth1

for library in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(library).setLevel(logging.WARNING)  # at DEBUG they write tokens


def signed(
    consumer_key: str, consumer_secret: str, token: str, token_secret: str, *, at_s: int
) -> AuthBase:
    """Return a signature for requests of this second (OAuth 1.0a)."""
    auth: AuthBase = OAuth1(consumer_key, consumer_secret, token, token_secret, timestamp=str(at_s))
    return auth
