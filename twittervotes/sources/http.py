"""One bounded HTTP request, for the sources: timeouts, a size limit, no redirects, TLS verified.

Runs in worker processes only, each of which keeps one session and with it its connections. What
goes wrong on the way becomes a NetworkError with a sentence; a status code is not an error here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError

CONNECT_S, READ_S, WHOLE_S = 5.0, 15.0, 30.0
MOST_BYTES = 32 * 1024 * 1024
CHUNK = 64 * 1024
AGENT = "twittervotes (+https://github.com/twittervotes/twittervotes)"

_session: requests.Session | None = None
_ahead_ms: int | None = None  # how far the clock of the server asked last is ahead of ours


class NetworkError(Exception):
    """No whole answer came; `str()` of it is a sentence."""


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


def get(url: str, *, auth: AuthBase | None = None) -> Response:
    """Get `url`, whose query is already encoded. Raises NetworkError."""
    return _asked("GET", url, auth)


def post(
    url: str,
    *,
    auth: AuthBase | None = None,
    form: Mapping[str, str] | None = None,
    json: Mapping[str, str] | None = None,
) -> Response:
    """Post a form, or JSON, or nothing to `url`. Raises NetworkError."""
    return _asked("POST", url, auth, form, json)


def _asked(
    method: str,
    url: str,
    auth: AuthBase | None,
    form: Mapping[str, str] | None = None,
    json: Mapping[str, str] | None = None,
) -> Response:
    deadline = time.monotonic() + WHOLE_S
    try:
        with _shared().request(
            method,
            url,
            data=form,
            json=json,
            auth=auth,
            timeout=(CONNECT_S, READ_S),
            stream=True,
            allow_redirects=False,
        ) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            _note_time(Response(answer.status_code, headers, b""))  # a body may take its time
            return Response(answer.status_code, headers, _body(answer, deadline), _ahead_ms)
    except requests.exceptions.SSLError as error:
        raise NetworkError(f"The certificate of {_host(url)} could not be verified.") from error
    except requests.exceptions.ConnectTimeout as error:
        raise NetworkError(
            f"{_host(url)} did not take the call within {CONNECT_S:.0f} s."
        ) from error
    except (requests.exceptions.Timeout, ReadTimeoutError) as error:
        raise NetworkError(f"{_host(url)} did not answer within {READ_S:.0f} s.") from error
    except requests.exceptions.ConnectionError as error:
        raise NetworkError(f"{_host(url)} cannot be reached, or hung up.") from error
    except (requests.exceptions.RequestException, HTTPError) as error:
        raise NetworkError(f"The answer of {_host(url)} was cut off.") from error


def ahead_ms() -> int | None:
    """Return how far the clock of the server asked last is ahead of ours, None where unknown."""
    return _ahead_ms


def _note_time(response: Response) -> None:
    global _ahead_ms
    date_ms = response.date_ms()
    is_old = response.headers.get("age", "0") != "0"  # it comes from a cache, with its old date
    _ahead_ms = None if date_ms is None or is_old else date_ms - time.time_ns() // 1_000_000


def _body(answer: requests.Response, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    # `read1` returns what there is: `read` would wait for a whole chunk, however slowly it drips
    while part := answer.raw.read1(CHUNK, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise NetworkError(f"The answer of {_host(answer.url)} was too long.")
        if time.monotonic() > deadline:
            raise NetworkError(f"{_host(answer.url)} took over {WHOLE_S:.0f} s to answer.")
    return b"".join(parts)


def _shared() -> requests.Session:
    global _session
    if _session is None:
        _session = requests.Session()
        _session.headers["User-Agent"] = AGENT
        _session.trust_env = True
        for scheme in ("https://", "http://"):
            _session.mount(scheme, HTTPAdapter(pool_connections=16, max_retries=0))
    return _session


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the server"
