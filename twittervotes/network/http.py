"""One bounded HTTP request: one deadline, a size limit, no redirects, TLS verified.

A process keeps one session and with it its connections. Neither cookies nor a .netrc file are
used, and a proxy of the environment only for https beyond this machine: keys go to whom they are
for. What goes wrong on the way becomes a NetworkError with a sentence; a status code is not an
error here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, ReadTimeoutError

from twittervotes.network import deadline
from twittervotes.network.address import is_loopback
from twittervotes.network.deadline import BoundAdapter

CONNECT_S, READ_S, WHOLE_S = 5.0, 15.0, 30.0
MOST_BYTES = 32 * 1024 * 1024
CHUNK = 64 * 1024
AGENT = "twittervotes (+https://github.com/twittervotes/twittervotes)"

_session: requests.Session | None = None
_ahead_ms: int | None = None  # how far the clock of the server asked last is ahead of ours


@dataclass(frozen=True, slots=True)
class Authorization(AuthBase):
    """Signs a request by a header that is known beforehand; no redirect ever takes it elsewhere."""

    header: str = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self.header
        return request


class NetworkError(Exception):
    """No whole answer came; `str()` of it is a sentence."""


class SlowError(NetworkError):
    """The answer did not come, or did not end, in time."""


class UntrustedError(NetworkError):
    """The server could not show that it is the one it should be."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. Header names are in lower case.

    `ahead_ms` is how far the server's clock was ahead of ours when it began to answer.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    ahead_ms: int | None = None

    def date_ms(self) -> int | None:
        """Return the server's time of day, where it tells one."""
        try:
            return int(parsedate_to_datetime(self.headers["date"]).timestamp() * 1000)
        except (KeyError, ValueError, TypeError, OverflowError):
            return None

    def number(self, header: str) -> int | None:
        """Return a header that holds a whole number, None where it does not."""
        text = self.headers.get(header, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


class TooLongError(NetworkError):
    """The answer is longer than it may be; `response` is what was read of it."""

    def __init__(self, sentence: str, response: Response) -> None:
        super().__init__(sentence)
        self.response = response


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long an exchange may take as a whole, in seconds, and how long its body may be."""

    within_s: float
    most_bytes: int


def get(url: str, *, auth: AuthBase | None = None, bounds: Bounds | None = None) -> Response:
    """Get `url`, whose query is already encoded. Raises NetworkError."""
    return _asked("GET", url, auth, bounds)


def post(
    url: str,
    *,
    auth: AuthBase | None = None,
    form: Mapping[str, str] | None = None,
    json: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
) -> Response:
    """Post a form, or JSON, or nothing to `url`. Raises NetworkError."""
    return _asked("POST", url, auth, bounds, form, json)


def _asked(
    method: str,
    url: str,
    auth: AuthBase | None,
    bounds: Bounds | None,
    form: Mapping[str, str] | None = None,
    json: Mapping[str, str] | None = None,
) -> Response:
    bounds = bounds or Bounds(WHOLE_S, MOST_BYTES)
    with deadline.within(bounds.within_s):
        try:
            return _answered(method, url, auth, bounds.most_bytes, form, json)
        except requests.exceptions.SSLError as error:
            sentence = f"The certificate of {_host(url)} could not be verified."
            raise UntrustedError(sentence) from error
        except (requests.exceptions.RequestException, HTTPError) as error:
            if deadline.is_over():
                sentence = f"{_host(url)} took over {bounds.within_s:.0f} s to answer."
                raise SlowError(sentence) from error
            raise _trouble(url, error) from error


def _answered(
    method: str,
    url: str,
    auth: AuthBase | None,
    most_bytes: int,
    form: Mapping[str, str] | None,
    json: Mapping[str, str] | None,
) -> Response:
    with _shared().request(
        method,
        url,
        data=form,
        json=json,
        auth=auth,
        timeout=(CONNECT_S, READ_S),
        stream=True,
        allow_redirects=False,
        proxies=_proxies(url),
    ) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        ahead_ms = _note_time(Response(answer.status_code, headers, b""))  # a body takes its time
        parts: list[bytes] = []
        size = 0
        # `read1` returns what there is: `read` would wait for a whole chunk
        while part := answer.raw.read1(CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > most_bytes:
                response = Response(answer.status_code, headers, b"".join(parts), ahead_ms)
                raise TooLongError(f"The answer of {_host(url)} was too long.", response)
        return Response(answer.status_code, headers, b"".join(parts), ahead_ms)


def _trouble(url: str, error: Exception) -> NetworkError:
    """Return what to say of a request that failed before its deadline."""
    host = _host(url)
    match error:
        case requests.exceptions.ConnectTimeout():
            return SlowError(f"{host} did not take the call within {CONNECT_S:.0f} s.")
        case requests.exceptions.Timeout() | ReadTimeoutError():
            return SlowError(f"{host} did not answer within {READ_S:.0f} s.")
        case requests.exceptions.ProxyError() | requests.exceptions.InvalidProxyURL():
            return NetworkError(f"{host} cannot be reached by the proxy that https_proxy names.")
        case requests.exceptions.InvalidSchema():
            return NetworkError("The proxy that https_proxy names is of a kind we cannot use.")
        case requests.exceptions.ConnectionError():
            return NetworkError(f"{host} cannot be reached, or hung up.")
    return NetworkError(f"The answer of {host} was cut off.")


def _proxies(url: str) -> dict[str, str]:
    """Return the proxies of the environment for `url`: none where they could read what is sent."""
    parts = urlsplit(url)
    if parts.scheme != "https" or is_loopback(parts.hostname):
        return {}
    return get_environ_proxies(url, no_proxy=None)


def ahead_ms() -> int | None:
    """Return how far the clock of the server asked last is ahead of ours, None where unknown."""
    return _ahead_ms


def _note_time(response: Response) -> int | None:
    global _ahead_ms
    date_ms = response.date_ms()
    is_old = response.headers.get("age", "0") != "0"  # it comes from a cache, with its old date
    _ahead_ms = None if date_ms is None or is_old else date_ms - time.time_ns() // 1_000_000
    return _ahead_ms


def _shared() -> requests.Session:
    global _session
    if _session is None:
        _session = requests.Session()
        _session.headers["User-Agent"] = AGENT
        _session.trust_env = False
        _session.verify = _authorities() or True
        _session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            _session.mount(scheme, BoundAdapter(pool_connections=16, max_retries=0))
    return _session


def _authorities() -> str:
    """Return the file of authorities to trust that the environment names, "" for the usual ones."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE", "")


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the server"
