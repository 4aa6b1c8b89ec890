"""The simulated service for Bluesky accounts: sessions by app password, and the search.

The search matches words as well as hashtags, pages by an offset that shifts, and sorts by the times
that clients claim. https://docs.bsky.app/docs/api/app-bsky-feed-search-posts
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from simulators.bluesky_course import Course, Life
from simulators.bluesky_record import did, written
from twittervotes.rehearsal.account import Json
from twittervotes.rehearsal.audience import plain
from twittervotes.rehearsal.settings import Fault, RehearsalSettings
from twittervotes.rehearsal.trouble import EARLY_WAIT_S, Troubles

log = logging.getLogger(__name__)

IDENTIFIER, PASSWORD = "rehearsal.example", "abcd-efgh-ijkl-mnop"
SESSIONS_A_WINDOW = 30
Answer = tuple[int, Json]
TROUBLE: dict[Fault, Answer] = {
    Fault.UNAVAILABLE: (503, {"error": "UpstreamFailure", "message": "Upstream Failure"}),
    Fault.INTERNAL: (500, {"error": "InternalServerError", "message": "Internal Server Error"}),
    Fault.TOO_MANY: (429, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}),
    Fault.OTHER_SHAPE: (200, {"feed": []}),
}


class Service:
    """Sign-in and search of the simulated Bluesky; `url` is its address."""

    def __init__(self, course: Course, settings: RehearsalSettings) -> None:
        self.lasts_s = 3600.0  # how long an access token is valid
        self.created = self.refreshed = self.searches = 0
        self._course = course
        self._troubles = Troubles(settings)
        self._limit = settings.limit
        self._window_s = settings.window_s
        self._access: dict[str, float] = {}
        self._refresh: set[str] = set()
        self._taken = (0.0, 0)
        self._early_s = 0.0  # requests before then are refused, although the quota isn't used up
        self._lock = threading.Lock()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("the service is not started")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Listen on loopback."""
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, method: str, target: str, bearer: str, body: bytes) -> Answer:
        """Return status and body of the response to a request."""
        path = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(path.query).items()}
        with self._lock:
            match method, path.path.removeprefix("/xrpc/"):
                case "POST", "com.atproto.server.createSession":
                    return self._create(body)
                case "POST", "com.atproto.server.refreshSession":
                    return self._renew(bearer)
                case "GET", "app.bsky.feed.searchPosts":
                    return self._search(bearer, query)
        return 404, {"error": "MethodNotImplemented", "message": "Method Not Implemented"}

    def fail(self, fault: Fault, times: int = 1) -> None:
        """Make the next searches fail."""
        self._troubles.ask(fault, times)

    def left(self) -> tuple[int, int]:
        """Return what is left of the quota, and when it resets."""
        began, used = self._taken
        if time.time() < self._early_s:
            return 0, int(self._early_s) + 1
        return max(0, self._limit - used), int(began + self._window_s) + 1

    def _create(self, body: bytes) -> Answer:
        if self.created >= SESSIONS_A_WINDOW:
            return 429, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
        self.created += 1
        if json.loads(body) != {"identifier": IDENTIFIER, "password": PASSWORD}:
            words = "Invalid identifier or password"
            return 401, {"error": "AuthenticationRequired", "message": words}
        return self._session()

    def _renew(self, bearer: str) -> Answer:
        if bearer not in self._refresh:
            return 400, {"error": "ExpiredToken", "message": "Token has expired"}
        self.refreshed += 1
        self._refresh.discard(bearer)
        return self._session()

    def _session(self) -> Answer:
        access, refresh = secrets.token_urlsafe(20), secrets.token_urlsafe(20)
        self._access[access] = time.monotonic() + self.lasts_s
        self._refresh.add(refresh)
        tokens: Json = {"accessJwt": access, "refreshJwt": refresh}
        return 200, tokens | {"handle": IDENTIFIER, "did": "did:plc:rehearsal"}

    def _search(self, bearer: str, query: dict[str, str]) -> Answer:
        if bearer not in self._access:
            return 401, {"error": "AuthMissing", "message": "Authentication Required"}
        if self._access[bearer] < time.monotonic():
            return 400, {"error": "ExpiredToken", "message": "Token has expired"}
        began, used = self._taken
        self._taken = (
            (time.time(), 1) if time.time() - began > self._window_s else (began, used + 1)
        )
        if self._taken[1] > self._limit:
            return 429, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
        self.searches += 1
        fault = self._troubles.next()
        if fault is Fault.TOO_MANY:
            self._early_s = time.time() + EARLY_WAIT_S
        if fault in TROUBLE:
            return TROUBLE[fault]
        try:
            return self._page(query)
        except (KeyError, ValueError) as error:
            return 400, {"error": "BadQueryString", "message": str(error)}

    def _page(self, query: dict[str, str]) -> Answer:
        since_ms, until_ms = _ms(query.get("since", "")), _ms(query.get("until", ""))
        limit, offset = int(query.get("limit", 25)), int(query.get("cursor", 0))
        if not 1 <= limit <= 100:
            raise ValueError("limit must be from 1 to 100")
        now_ms = time.time_ns() // 1_000_000
        found = [
            life
            for life in self._course.lives()
            if not life.gone
            and life.indexed_ms <= now_ms
            and (since_ms or 0) <= life.at_ms < (until_ms or 2**60)
            and _finds(query["q"], life)
        ]
        found.sort(key=lambda life: (life.at_ms, life.key), reverse=True)
        page: Json = {"posts": [_view(life) for life in found[offset : offset + limit]]}
        if offset + limit < len(found):
            page["cursor"] = str(offset + limit)
        return 200, page


def _finds(q: str, life: Life) -> bool:
    if q.startswith("#"):
        return plain(q[1:]) in map(plain, life.tags)
    return plain(q) in plain(str(life.record["text"]))


def _view(life: Life) -> Json:
    who = did(life.account)
    return {
        "uri": life.key,
        "cid": "bafyreib2rxk3rw6",
        "author": {"did": who, "handle": f"voter-{life.account:x}.example"},
        "record": life.record,
        "indexedAt": written(life.indexed_ms * 1000),
        "labels": [],
    }


def _ms(text: str) -> int | None:
    return int(datetime.fromisoformat(text).timestamp() * 1000) if text else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: Service) -> None:
        self.service = service
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        if isinstance(sys.exception(), OSError):
            log.debug("A client went away in the middle of an answer.")
        else:
            log.exception("The rehearsed search could not answer a request.")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        self._answer(self.rfile.read(min(int(length), 65_536)))

    def _answer(self, body: bytes) -> None:
        service = self.server.service
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, value = service.answer(self.command, self.path, bearer, body)
        content = json.dumps(value).encode()
        remaining, reset_s = service.left()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("RateLimit-Limit", str(remaining))
        self.send_header("RateLimit-Remaining", str(remaining))
        self.send_header("RateLimit-Reset", str(reset_s))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""
