"""A simulated EventSub for a simulated Twitch chat: its API and its WebSocket, with their traps.

What is written in the chat is delivered by IRC and here, under the same IDs. Nothing goes wrong by
itself. https://dev.twitch.tv/docs/eventsub/handling-websocket-events/
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from twittervotes.rehearsal.twitch_chat import LOOPBACK, ROOM, ChatWritten, TwitchChat

JSON = dict[str, object]
SCOPES = ["user:read:chat"]
MESSAGE = "channel.chat.message"
DELETED = "channel.chat.message_delete"
CLEARED = "channel.chat.clear_user_messages"
EMOTE = "Kappa"


def iso(at_ms: int) -> str:
    """Format a time as EventSub does, with nine digits."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}298Z"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Session:
    """One session: its connection and its subscriptions."""

    id: str
    client: ServerConnection
    kinds: set[str] = field(default_factory=set)


@dataclass
class TwitchEventSub:
    """EventSub beside `chat`; use it in a `with`, inside that of the chat."""

    chat: TwitchChat
    token: str = "a-user-token-of-twitch"  # noqa: S105 - of a play
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    keepalive_s: float = 10
    sends_keepalives: bool = True
    delay_ms: int = 0  # from a message to its notification
    refuses: int = 0  # the status of the next answers about subscriptions
    asked: list[str] = field(default_factory=list)  # requests to the API
    subscribed: list[str] = field(default_factory=list)
    sent_by_clients: list[str] = field(default_factory=list)
    closed_with: list[int] = field(default_factory=list)  # by clients
    welcomed: int = 0
    _sessions: list[Session] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _over: threading.Event = field(default_factory=threading.Event)
    _door: Server | None = None
    _api: ThreadingHTTPServer | None = None

    def __enter__(self) -> TwitchEventSub:
        taken = socket.create_server((LOOPBACK, 0))
        self._door = serve(self._serve, sock=taken, compression=None, ping_interval=None)
        threading.Thread(target=self._door.serve_forever, daemon=True).start()
        self._api = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        threading.Thread(target=self._keep_alive, daemon=True).start()
        self.chat.also.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.chat.also.remove(self)
        self.cut()
        if self._door is not None and self._api is not None:
            self._door.shutdown()
            self._api.shutdown()
            self._api.server_close()

    @property
    def url(self) -> str:
        """The address of the WebSocket."""
        if self._door is None:
            raise RuntimeError("EventSub isn't running.")
        return f"ws://{LOOPBACK}:{self._door.socket.getsockname()[1]}/ws"

    @property
    def api_url(self) -> str:
        if self._api is None:
            raise RuntimeError("EventSub isn't running.")
        return f"http://{LOOPBACK}:{self._api.server_address[1]}"

    @property
    def listeners(self) -> int:
        """How many connections receive messages."""
        with self._lock:
            return sum(MESSAGE in each.kinds for each in self._sessions)

    # --- what happens in the chat -----------------------------------------------------------------

    def wrote(self, message: ChatWritten, **more: object) -> None:
        """Deliver a message."""
        self.notify(MESSAGE, self.event(message, **more), message.at_ms + self.delay_ms)

    def event(self, message: ChatWritten, **more: object) -> JSON:
        """Return the event of a message."""
        parts = message.text.split(" ")
        said = [
            {"type": "emote" if part == EMOTE else "text", "text": part + " " * (at < len(parts))}
            for at, part in enumerate(parts, 1)
        ]
        for each in said:
            if each["type"] == "emote":
                each["text"] = EMOTE
        fragments = said if "".join(each["text"] for each in said) == message.text else []
        return {
            "broadcaster_user_id": ROOM,
            "chatter_user_id": message.user,
            "chatter_user_name": f"User {message.user}",
            "message_id": message.id,
            "message": {"text": message.text, "fragments": fragments},
            "message_type": "text",
            "reply": None,
            "source_broadcaster_user_id": None,
            "source_message_id": None,
            **more,
        }

    def deleted(self, message: ChatWritten) -> None:
        """Deliver the deletion of a message."""
        event: JSON = {"target_user_id": message.user, "message_id": message.id}
        self.notify(DELETED, {"broadcaster_user_id": ROOM, **event})

    def banned(self, user: str, at_ms: int) -> None:
        """Deliver the removal of all messages of a user."""
        self.notify(CLEARED, {"broadcaster_user_id": ROOM, "target_user_id": user}, at_ms)

    # --- what is sent, and what goes wrong --------------------------------------------------------

    def notify(self, kind: str, event: JSON, at_ms: int | None = None, number: str = "") -> str:
        """Send a notification to all who have subscribed; return its ID."""
        number = number or str(uuid.uuid4())
        payload: JSON = {"subscription": {"type": kind, "status": "enabled"}, "event": event}
        more = {"subscription_type": kind, "subscription_version": "1"}
        with self._lock:
            for each in self._sessions:
                if kind in each.kinds:
                    self._send(each.client, "notification", payload, at_ms, number, **more)
        return number

    def cut(self) -> None:
        """Drop all connections without notice."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for each in sessions:
            with contextlib.suppress(OSError):
                each.client.socket.shutdown(socket.SHUT_RDWR)

    def close(self, code: int) -> None:
        """Close all connections with a code, such as 4003."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for each in sessions:
            each.client.close(code)

    def move(self, url: str = "") -> None:
        """Tell all clients to continue their sessions on another connection."""
        with self._lock:
            for each in self._sessions:
                place = url or f"{self.url}?moved={each.id}"
                session: JSON = {"id": each.id, "status": "reconnecting", "reconnect_url": place}
                self._send(each.client, "session_reconnect", {"session": session})

    def revoke(self) -> None:
        """End all subscriptions, because the token was withdrawn."""
        with self._lock:
            for each in self._sessions:
                ended: JSON = {"type": MESSAGE, "status": "authorization_revoked"}
                self._send(each.client, "revocation", {"subscription": ended})

    def _send(
        self,
        client: ServerConnection,
        kind: str,
        payload: JSON,
        at_ms: int | None = None,
        number: str = "",
        **more: object,
    ) -> None:
        metadata = {
            "message_id": number or str(uuid.uuid4()),
            "message_type": kind,
            "message_timestamp": iso(now_ms() if at_ms is None else at_ms),
            **more,
        }
        with contextlib.suppress(ConnectionClosed):
            client.send(json.dumps({"metadata": metadata, "payload": payload}))

    def _serve(self, client: ServerConnection) -> None:
        asked = parse_qs(urlsplit(client.request.path if client.request else "").query)
        moved = asked.get("moved", [""])[0]
        with self._lock:
            before = next((each for each in self._sessions if each.id == moved), None)
            if moved and before is None:
                client.close(4007)
                return
            kinds = set(before.kinds) if before else set()
            session = Session(moved or str(uuid.uuid4()), client, kinds)
            if before:
                before.kinds.clear()
            self._sessions.append(session)
            self.welcomed += 1
            said: JSON = {
                "id": session.id,
                "status": "connected",
                "keepalive_timeout_seconds": self.keepalive_s,
                "reconnect_url": None,
            }
            self._send(client, "session_welcome", {"session": said})
        try:
            for message in client:
                self.sent_by_clients.append(str(message))
        except (ConnectionClosed, OSError):
            pass
        if client.close_code is not None:
            self.closed_with.append(client.close_code)
        with self._lock, contextlib.suppress(ValueError):
            self._sessions.remove(session)

    def _keep_alive(self) -> None:
        while not self._over.wait(self.keepalive_s):
            if self.sends_keepalives:
                with self._lock:
                    for each in self._sessions:
                        self._send(each.client, "session_keepalive", {})

    # --- the API ----------------------------------------------------------------------------------

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        simulated = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(simulated.read(self.path, dict(self.headers)))

            def do_POST(self) -> None:
                size = int(self.headers.get("content-length", 0))
                said = json.loads(self.rfile.read(size))
                self._answer(simulated.subscribe(dict(self.headers), said))

            def _answer(self, answer: tuple[int, JSON]) -> None:
                status, body = answer[0], json.dumps(answer[1]).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        return Handler

    def read(self, target: str, headers: dict[str, str]) -> tuple[int, JSON]:
        """Answer whose a token is, or which user has a login."""
        parts = urlsplit(target)
        self.asked.append(parts.path)
        if parts.path == "/oauth2/validate":
            if headers.get("Authorization") != f"OAuth {self.token}":
                return 401, {"status": 401, "message": "invalid access token"}
            who: JSON = {"client_id": "a-client", "login": "reader", "user_id": "99"}
            return 200, {**who, "scopes": self.scopes, "expires_in": 5_000}
        if not self._is_known(headers):
            return 401, {"status": 401, "message": "Invalid OAuth token"}
        login = parse_qs(parts.query).get("login", [""])[0]
        found = [{"id": ROOM, "login": login}] if login == self.chat.channel else []
        return 200, {"data": found}

    def subscribe(self, headers: dict[str, str], said: JSON) -> tuple[int, JSON]:
        """Subscribe a session to a type of events."""
        self.asked.append("/helix/eventsub/subscriptions")
        if self.refuses:
            return self.refuses, {"status": self.refuses}
        condition, transport, kind = said["condition"], said["transport"], str(said["type"])
        wanted = {"broadcaster_user_id": ROOM, "user_id": "99"}
        if not self._is_known(headers) or condition != wanted or not isinstance(transport, dict):
            return 401, {"status": 401}
        with self._lock:
            for each in self._sessions:
                if each.id == transport["session_id"]:
                    each.kinds.add(kind)
                    self.subscribed.append(kind)
                    return 202, {"data": [{"type": kind, "status": "enabled"}]}
        return 400, {"status": 400, "message": "session does not exist"}

    def _is_known(self, headers: dict[str, str]) -> bool:
        token, client = headers.get("Authorization"), headers.get("Client-Id")
        return (token, client) == (f"Bearer {self.token}", "a-client")
