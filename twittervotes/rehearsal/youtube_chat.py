"""A simulated YouTube Data API on loopback: one video with a live chat, and its traps.

Nothing happens by itself: a test decides what is written and what fails. Tokens are times, pages
overlap by one message, and a request earlier than the last response allowed is refused.
https://developers.google.com/youtube/v3/live/docs/liveChatMessages/list
"""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
HISTORY = 75
JSON = dict[str, object]


def iso(at_ms: int, digits: int = 6, *, zulu: bool = False) -> str:
    """Format a time as the API does, with so many digits and either form of the zone."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}"[: 20 + digits] + (
        "Z" if zulu else "+00:00"
    )


def refusal(reason: str, code: int = 403) -> tuple[int, bytes]:
    """Return a response that gives a reason."""
    error = {"domain": "youtube.x", "reason": reason, "message": "No."}
    body = {"error": {"code": code, "message": "No.", "errors": [error]}}
    return code, json.dumps(body).encode()


@dataclass
class YouTubeChat:
    """A video's chat; use it in a `with` statement. `refusals` replace the next responses."""

    video: str = "abcdefghijk"
    key: str = "a-key"
    interval_ms: int = 0
    units: int = 10_000
    chat: str = "chat-1"
    items: list[JSON] = field(default_factory=list)
    refusals: list[tuple[int, bytes]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    is_over: bool = False
    spent: int = 0
    _asked_at: float = 0.0
    _told_ms: int = 0  # how long the last answer asked to wait
    _number: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> YouTubeChat:
        simulated = self

        class ApiHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = simulated.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing: requests are stored."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), ApiHandler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        """The address of the API."""
        if self._server is None:
            raise RuntimeError("The chat isn't running.")
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    # --- what people do ---------------------------------------------------------------------------

    def write(self, author: str, text: str, at_ms: int | None = None, **more: object) -> str:
        """Write a message as `author`; return its ID."""
        details = {"textMessageDetails": {"messageText": text}, "displayMessage": text}
        return self.put("textMessageEvent", author, at_ms, **{**details, **more})

    def put(
        self, kind: str, author: str = "UCmod", at_ms: int | None = None, **more: object
    ) -> str:
        """Add an item of any kind; return its ID."""
        with self._lock:
            self._number += 1
            at_ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
            digits, zulu = (6, 5, 3)[self._number % 3], self._number % 2 == 0
            snippet = {
                "type": kind,
                "liveChatId": self.chat,
                "authorChannelId": author,
                "publishedAt": iso(at_ms, digits, zulu=zulu),
                "hasDisplayContent": True,
                **more,
            }
            item: JSON = {
                "kind": "youtube#liveChatMessage",
                "id": f"LCC.{self._number}",
                "snippet": snippet,
            }
            if self._number % 4:
                item["authorDetails"] = {"channelId": author, "displayName": "Someone"}
            self.items.append(item)
            return str(item["id"])

    def again(self, key: str, text: str) -> None:
        """Deliver a message once more, with another text."""
        old = next(item for item in self.items if item["id"] == key)
        snippet = old["snippet"]
        said = {"textMessageDetails": {"messageText": text}}
        if isinstance(snippet, dict):
            self.items.append({**old, "snippet": {**snippet, **said}})

    # --- what is answered -------------------------------------------------------------------------

    def answer(self, target: str) -> tuple[int, bytes]:
        """Return the status and the body of a response."""
        path, asked = urlsplit(target).path, parse_qs(urlsplit(target).query)
        with self._lock:
            self.requests.append(path.rpartition("/")[2])
            cost = 1 if path.endswith("/videos") else 5
            if self.spent + cost > self.units:
                return refusal("quotaExceeded")
            self.spent += cost
            if asked.get("key") != [self.key]:
                return refusal("keyInvalid", 400)
            if self.refusals:
                return self.refusals.pop(0)
            if path.endswith("/videos"):
                return self._of_videos(asked.get("id", [""])[0])
            return self._of_messages(asked)

    def _of_videos(self, video: str) -> tuple[int, bytes]:
        details = {} if self.is_over else {"activeLiveChatId": self.chat}
        items = [{"liveStreamingDetails": details}] if video == self.video else []
        return 200, json.dumps({"items": items}).encode()

    def _of_messages(self, asked: dict[str, list[str]]) -> tuple[int, bytes]:
        if asked.get("liveChatId") != [self.chat]:
            return refusal("liveChatNotFound", 404)
        now = time.monotonic()
        if now - self._asked_at < self._told_ms / 1000 - 0.05:
            return refusal("rateLimitExceeded")
        self._asked_at, self._told_ms = now, self.interval_ms
        begin = max(0, len(self.items) - HISTORY)
        if "pageToken" in asked:
            try:
                begin = max(0, int(base64.b64decode(asked["pageToken"][0])) - 1)
            except ValueError:
                return refusal("pageTokenInvalid", 400)
        items = self.items[begin:]
        body: JSON = {
            "kind": "youtube#liveChatMessageListResponse",
            "nextPageToken": base64.b64encode(str(len(self.items)).encode()).decode(),
            "pollingIntervalMillis": self.interval_ms,
            "pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)},
            "items": items,
        }
        if self.is_over:
            body["offlineAt"] = iso(time.time_ns() // 1_000_000)
        return 200, json.dumps(body).encode()
