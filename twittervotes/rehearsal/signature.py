"""Authentication: OAuth 1.0a signatures and app-only bearers, verified without a client library.

Written from RFC 5849, so that a bug in the signing library can't go unnoticed here. Credentials
never leave this module.
"""

from __future__ import annotations

import base64
import hmac
import re
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote

from twittervotes.rehearsal.answer import RejectedRequestError

if TYPE_CHECKING:
    from twittervotes.rehearsal.settings import Credentials

CLOCKS_APART_S = 300
_PAIR = re.compile(r'([A-Za-z_]+)="([^"]*)"')
_NEEDED = frozenset(
    f"oauth_{name}"
    for name in ("consumer_key", "token", "nonce", "timestamp", "signature", "signature_method")
)


class Porter:
    """Admits clients with one of the rehearsal's credentials."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._lock = threading.Lock()
        self._nonces: OrderedDict[tuple[str, str], float] = OrderedDict()

    def admit(self, method: str, url: str, query: str, header: str, now_s: float) -> str:
        """Return a name for the credential, or raise RejectedRequestError.

        `url` is without its query; `query` is as received.
        """
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "bearer":
            if not _same(rest.strip(), self._credentials.bearer):
                raise RejectedRequestError(401, 89, "Invalid or expired token.", "bad_signatures")
            return "app"
        if scheme.lower() != "oauth":
            raise RejectedRequestError(400, 215, "Bad Authentication data.", "bad_signatures")
        oauth = _oauth(rest)
        self._check_time(oauth["oauth_timestamp"], now_s)
        self._check_signature(method, url, query, oauth)
        self._check_nonce(oauth["oauth_timestamp"], oauth["oauth_nonce"], now_s)
        return "user"

    def _check_time(self, timestamp: str, now_s: float) -> None:
        if not re.fullmatch(r"[0-9]{1,12}", timestamp) or (
            abs(int(timestamp) - now_s) > CLOCKS_APART_S
        ):
            raise RejectedRequestError(401, 135, "Timestamp out of bounds.", "bad_times")

    def _check_signature(self, method: str, url: str, query: str, oauth: dict[str, str]) -> None:
        mine = self._credentials
        if oauth["oauth_token"] != mine.oauth_token:
            raise RejectedRequestError(401, 89, "Invalid or expired token.", "bad_signatures")
        expected = signature(
            base_string(method, url, query, oauth), mine.consumer_secret, mine.oauth_token_secret
        )
        if (
            oauth["oauth_consumer_key"] != mine.consumer_key
            or oauth["oauth_signature_method"] != "HMAC-SHA1"
            or oauth.get("oauth_version", "1.0") != "1.0"
            or not _same(oauth["oauth_signature"], expected)
        ):
            raise RejectedRequestError(401, 32, "Could not authenticate you.", "bad_signatures")

    def _check_nonce(self, timestamp: str, nonce: str, now_s: float) -> None:
        with self._lock:
            while self._nonces:
                _, seen_s = next(iter(self._nonces.items()))
                if now_s - seen_s <= 2 * CLOCKS_APART_S:
                    break
                self._nonces.popitem(last=False)
            if (timestamp, nonce) in self._nonces or not nonce:
                raise RejectedRequestError(401, 32, "Could not authenticate you.", "replays")
            self._nonces[timestamp, nonce] = now_s


def base_string(method: str, url: str, query: str, oauth: dict[str, str]) -> str:
    """Return the signature base string (RFC 5849, 3.4.1); a signature in `oauth` is ignored."""
    pairs = parse_qsl(query, keep_blank_values=True)
    pairs += [(name, value) for name, value in oauth.items() if name != "oauth_signature"]
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    params = "&".join(f"{name}={value}" for name, value in encoded)
    return f"{method.upper()}&{_encoded(url)}&{_encoded(params)}"


def signature(base: str, consumer_secret: str, token_secret: str) -> str:
    """Return the HMAC-SHA1 signature of a base string (RFC 5849, 3.4.2)."""
    key = f"{_encoded(consumer_secret)}&{_encoded(token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), "sha1")).decode()


def _oauth(header: str) -> dict[str, str]:
    pairs = [(name, unquote(value)) for name, value in _PAIR.findall(header) if name != "realm"]
    oauth = dict(pairs)
    if len(oauth) != len(pairs) or not oauth.keys() >= _NEEDED:
        raise RejectedRequestError(400, 215, "Bad Authentication data.", "bad_signatures")
    return oauth


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
