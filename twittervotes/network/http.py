"""One bounded HTTP request: one deadline, a size limit, no redirects, TLS verified.

A process reuses its connections. Cookies and .netrc files are not used. The environment's proxy is
used only for https beyond this machine, so keys reach nobody but their addressee. A failure to get
a response raises NetworkError with a sentence; an HTTP error status isn't an error here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlencode, urlsplit

import msgspec
from requests.utils import (
    DEFAULT_CA_BUNDLE_PATH,
    get_auth_from_url,
    get_environ_proxies,
    select_proxy,
)
from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    LocationValueError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ProxySchemeUnknown,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import make_headers

from twittervotes.network import deadline
from twittervotes.network.address import is_loopback

CONNECT_S, READ_S, WHOLE_S = 5.0, 15.0, 30.0
MOST_BYTES = 32 * 1024 * 1024
CHUNK = 512 * 1024  # read at once at most; a page of search results fits into it
AGENT = "twittervotes (+https://github.com/twittervotes/twittervotes)"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
HEADERS = {"User-Agent": AGENT, "Accept": "*/*", **make_headers(accept_encoding=True)}

_managers: dict[str, PoolManager] = {}  # by proxy; they hold the connections
_ahead_ms: int | None = None  # how far the clock of the last server is ahead of ours


class NetworkError(Exception):
    """No complete response was received; `str()` of it is a sentence."""


class SlowError(NetworkError):
    """The response didn't arrive or finish in time."""


class UntrustedError(NetworkError):
    """The server's certificate could not be verified."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response. Header names are in lower case.

    `ahead_ms` is how far the server's clock was ahead of ours when it began to respond.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    ahead_ms: int | None = None

    def date_ms(self) -> int | None:
        """The server's time of day, if it reports one."""
        try:
            return int(parsedate_to_datetime(self.headers["date"]).timestamp() * 1000)
        except (KeyError, ValueError, TypeError, OverflowError):
            return None

    def number(self, header: str) -> int | None:
        """Return a header's value as an integer, or None if it isn't one."""
        text = self.headers.get(header, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


class TooLongError(NetworkError):
    """The response is too long; `response` is what was read of it."""

    def __init__(self, sentence: str, response: Response) -> None:
        super().__init__(sentence)
        self.response = response


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of an exchange: its total time in seconds, and the length of the body."""

    within_s: float
    most_bytes: int


def get(
    url: str,
    *,
    auth: str = "",
    bounds: Bounds | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """GET `url`, whose query is already encoded; `auth` is the Authorization header.

    Raises NetworkError.
    """
    return _asked("GET", url, auth, bounds, headers=headers)


def post(
    url: str,
    *,
    auth: str = "",
    form: Mapping[str, str] | None = None,
    json: Mapping[str, object] | None = None,
    bounds: Bounds | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """POST a form, or JSON, or nothing to `url`. Raises NetworkError."""
    if form is not None:
        return _asked("POST", url, auth, bounds, urlencode(form).encode(), FORM, headers)
    if json is not None:
        return _asked("POST", url, auth, bounds, msgspec.json.encode(json), JSON, headers)
    return _asked("POST", url, auth, bounds, headers=headers)


def hang_up() -> None:
    """Close the open connections."""
    for manager in _managers.values():
        manager.clear()
    _managers.clear()


def _asked(
    method: str,
    url: str,
    auth: str,
    bounds: Bounds | None,
    body: bytes | None = None,
    content_type: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    bounds = bounds or Bounds(WHOLE_S, MOST_BYTES)
    headers = {**HEADERS, **(headers or {})}
    if auth:
        headers["Authorization"] = auth
    if content_type:
        headers["Content-Type"] = content_type
    answer: BaseHTTPResponse | None = None
    with deadline.within(bounds.within_s):
        try:
            answer = _begun(method, urlsplit(url), body, headers)
            return _read(url, answer, bounds.most_bytes)
        except HTTPError as error:
            if isinstance(error, SSLError) and answer is None:
                sentence = f"The certificate of {_host(url)} could not be verified."
                raise UntrustedError(sentence) from error
            if deadline.is_over():
                sentence = f"{_host(url)} took over {bounds.within_s:.0f} s to answer."
                raise SlowError(sentence) from error
            raise _trouble(url, error, is_begun=answer is not None) from error
        finally:
            if answer is not None:
                answer.close()  # closes the connection only if the response was not read completely
                answer.release_conn()


def _begun(
    method: str, url: SplitResult, body: bytes | None, headers: Mapping[str, str]
) -> BaseHTTPResponse:
    """Send a request; return the response once its headers are read."""
    try:
        pool = _manager(url).connection_from_host(url.hostname, url.port, url.scheme)
        return pool.urlopen(
            method,
            f"{url.path or '/'}?{url.query}" if url.query else url.path or "/",
            body,
            headers,
            retries=False,
            redirect=False,
            timeout=Timeout(connect=CONNECT_S, read=READ_S),
            preload_content=False,
        )
    except HTTPError:
        raise
    except ValueError:  # its message would show what was sent
        sentence = (
            f"{url.hostname} can't be queried: its address or a key contains an invalid character."
        )
        raise NetworkError(sentence) from None


def _read(url: str, answer: BaseHTTPResponse, most_bytes: int) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.itermerged()}
    ahead_ms = _note_time(Response(answer.status, headers, b""))  # the body takes a while
    parts: list[bytes] = []
    size = 0
    is_packed = "content-encoding" in headers
    # `read1` returns what is there; `read` would wait for a whole chunk
    while part := answer.read1(CHUNK, decode_content=is_packed):
        parts.append(part)
        size += len(part)
        if size > most_bytes:
            response = Response(answer.status, headers, b"".join(parts), ahead_ms)
            raise TooLongError(f"The answer of {_host(url)} was too long.", response)
    return Response(answer.status, headers, b"".join(parts), ahead_ms)


def _trouble(url: str, error: HTTPError, *, is_begun: bool) -> NetworkError:
    """Return the error for a request that failed before its deadline."""
    host = _host(url)
    match error:
        case NewConnectionError():  # before the next case, which is its base class
            return NetworkError(f"Can't connect to {host}.")
        case ConnectTimeoutError():
            return SlowError(f"{host} did not answer within {CONNECT_S:.0f} s.")
        case ReadTimeoutError():
            return SlowError(f"{host} did not answer within {READ_S:.0f} s.")
        case ProxySchemeUnknown():
            return NetworkError("The proxy that https_proxy names is of a kind we cannot use.")
        case ProxyError() | LocationParseError() if _proxy(urlsplit(url)):
            return NetworkError(f"Can't connect to {host} through the proxy set in https_proxy.")
        case LocationValueError():  # after the case of its subclass
            return NetworkError("The address has no valid host. Write it as https://HOST/PATH.")
        case ProtocolError() if not is_begun:
            return NetworkError(f"Can't connect to {host}.")
    return NetworkError(f"The answer of {host} was cut off.")


def _manager(url: SplitResult) -> PoolManager:
    proxy = _proxy(url)
    if proxy not in _managers:
        manager = PoolManager(16)
        if proxy:
            user = ":".join(get_auth_from_url(proxy))
            headers = make_headers(proxy_basic_auth=user) if user != ":" else None
            manager = ProxyManager(proxy, 16, proxy_headers=headers)
        authorities = _authorities()
        is_folder = os.path.isdir(authorities)  # noqa: PTH112 - Path.is_dir raises in a locked folder
        trusted = "ca_cert_dir" if is_folder else "ca_certs"
        manager.connection_pool_kw |= {"cert_reqs": "CERT_REQUIRED", trusted: authorities}
        deadline.bind(manager)
        _managers[proxy] = manager
    return _managers[proxy]


def _proxy(url: SplitResult) -> str:
    """Return the environment's proxy for `url`, "" if the proxy could read what is sent."""
    if url.scheme != "https" or is_loopback(url.hostname):
        return ""
    text = url.geturl()
    proxy = select_proxy(text, get_environ_proxies(text, no_proxy=None)) or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def ahead_ms() -> int | None:
    """Return how far the clock of the last server is ahead of ours, None if unknown."""
    return _ahead_ms


def _note_time(response: Response) -> int | None:
    global _ahead_ms
    date_ms = response.date_ms()
    is_old = response.headers.get("age", "0") != "0"  # from a cache, with an old date
    _ahead_ms = None if date_ms is None or is_old else date_ms - time.time_ns() // 1_000_000
    return _ahead_ms


def _authorities() -> str:
    """Return the file or folder of trusted authorities, which the environment may set."""
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return named or DEFAULT_CA_BUNDLE_PATH


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the server"
