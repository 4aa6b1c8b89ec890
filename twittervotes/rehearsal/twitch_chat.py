"""A simulated Twitch chat on loopback: a WebSocket server that speaks its IRC, with its traps.

Nothing happens by itself: a test or a rehearsal decides what is written and what fails. Lines are
split into frames anywhere, even inside a character; tags come in any order, some empty or unknown.
https://dev.twitch.tv/docs/chat/irc/
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Protocol

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
ROOM = "71092938"
PADDING = ("", " \u034f", " \U000e0000", "\u2800", "  ")
PING_S = 5.0

logging.getLogger("websockets.server").setLevel(logging.CRITICAL)  # it breaks things on purpose


def escaped(value: str) -> str:
    """Return a tag's value, escaped for a line."""
    for sign, meant in (("\\", "\\\\"), (";", "\\:"), (" ", "\\s"), ("\r", "\\r"), ("\n", "\\n")):
        value = value.replace(sign, meant)
    return value


@dataclass
class ChatWritten:
    """A message as the chat stores it."""

    id: str
    user: str
    text: str
    at_ms: int
    removed: bool = False


class ChatListener(Protocol):
    """Another way of reading the same chat."""

    def wrote(self, message: ChatWritten) -> None:
        """Deliver a message."""

    def deleted(self, message: ChatWritten) -> None:
        """Deliver the deletion of a message."""

    def banned(self, user: str, at_ms: int) -> None:
        """Deliver the removal of all messages of a user."""


@dataclass
class TwitchChat:
    """One channel's chat; use it in a `with`. Messages that weren't removed are in `log`."""

    channel: str = "somechannel"
    seed: int = 1
    frame_bytes: int = 0  # frames of random sizes up to this; 0: one line each
    log: list[ChatWritten] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)  # IDs written while nobody was connected
    heard: list[str] = field(default_factory=list)  # lines from clients
    signed_on: int = 0
    joined: int = 0
    answers_pings: bool = True
    also: list[ChatListener] = field(default_factory=list)
    refuses: str = ""  # the msg-id of a NOTICE that refuses to join
    _clients: list[ServerConnection] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _server: Server | None = None
    _rng: Random = field(init=False)

    def __post_init__(self) -> None:
        self._rng = Random(self.seed)  # noqa: S311 - a play, no secret

    def __enter__(self) -> TwitchChat:
        taken = socket.create_server((LOOPBACK, 0))
        self._server = serve(self._serve, sock=taken, compression=None, ping_interval=None)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        if self._server is not None:
            self._server.shutdown()

    @property
    def url(self) -> str:
        """The address of the chat."""
        if self._server is None:
            raise RuntimeError("The chat isn't running.")
        return f"ws://{LOOPBACK}:{self._server.socket.getsockname()[1]}"

    @property
    def listeners(self) -> int:
        """How many connections have joined."""
        with self._lock:
            return len(self._clients)

    # --- what people do ---------------------------------------------------------------------------

    def write(self, user: str, text: str, at_ms: int | None = None, **tags: str) -> ChatWritten:
        """Write a message as a user; `tags` replace the default ones."""
        at_ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
        message = ChatWritten(str(uuid.UUID(int=self._rng.getrandbits(128))), user, text, at_ms)
        with self._lock:
            self.log.append(message)
            if not self._clients:
                self.missed.append(message.id)
            self.send(self.privmsg(message, **tags))
            for each in self.also:
                each.wrote(message)
        return message

    def privmsg(self, message: ChatWritten, command: str = "PRIVMSG", **tags: str) -> str:
        """Return the line of a message."""
        values = {
            "id": message.id,
            "user-id": message.user,
            "tmi-sent-ts": str(message.at_ms),
            "room-id": ROOM,
            "display-name": f"User {message.user}; x",
            "badges": "",
            "emotes": "",
            "new-tag": "",
            **{name.replace("_", "-"): value for name, value in tags.items()},
        }
        pairs = [f"{name}={escaped(value)}" for name, value in values.items()]
        self._rng.shuffle(pairs)
        login = f"user{message.user}"
        sender = "tmi.twitch.tv" if command == "USERNOTICE" else f"{login}!{login}@{login}.tmi"
        return f"@{';'.join(pairs)} :{sender} {command} #{self.channel} :{message.text}"

    def padded(self, text: str) -> str:
        """Return a text as a client alters it to repeat a message."""
        return text + self._rng.choice(PADDING)

    def delete(self, message: ChatWritten) -> None:
        """Delete a message, as a moderator."""
        message.removed = True
        tags = f"login=someone;room-id=;target-msg-id={message.id};tmi-sent-ts={message.at_ms}"
        self.send(f"@{tags} :tmi.twitch.tv CLEARMSG #{self.channel} :{message.text}")
        for each in self.also:
            each.deleted(message)

    def ban(self, user: str, at_ms: int | None = None) -> None:
        """Ban a user, as a moderator; their messages so far are gone."""
        at_ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
        with self._lock:
            for message in self.log:
                message.removed |= message.user == user and message.at_ms < at_ms
            tags = f"room-id={ROOM};target-user-id={user};tmi-sent-ts={at_ms}"
            self.send(f"@{tags} :tmi.twitch.tv CLEARCHAT #{self.channel} :user{user}")
            for each in self.also:
                each.banned(user, at_ms)

    def clear(self) -> None:
        """Clear the chat's screen; no message is gone."""
        self.send(f"@room-id={ROOM};tmi-sent-ts=1 :tmi.twitch.tv CLEARCHAT #{self.channel}")

    # --- what goes wrong --------------------------------------------------------------------------

    def cut(self) -> None:
        """Drop all connections without notice."""
        with self._lock:
            clients, self._clients = self._clients, []
        for client in clients:
            with contextlib.suppress(OSError):
                client.socket.shutdown(socket.SHUT_RDWR)

    def reconnect(self) -> None:
        """Tell all clients that their connection will be closed."""
        self.send(":tmi.twitch.tv RECONNECT")

    def drop_first(self) -> None:
        """Close the connection that joined first."""
        with self._lock:
            first = self._clients.pop(0)
        first.close()

    def send(self, line: str) -> None:
        """Send a line to all clients that have joined."""
        data = f"{line}\r\n".encode()
        with self._lock:
            for client in list(self._clients):
                with contextlib.suppress(ConnectionClosed):
                    for piece in self._pieces(data):
                        client.send(piece, text=True)

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        while data:
            size = self._rng.randint(1, self.frame_bytes) if self.frame_bytes else len(data)
            yield data[:size]
            data = data[size:]

    def _serve(self, client: ServerConnection) -> None:
        nick = "?"
        try:
            for message in client:
                text = message if isinstance(message, str) else message.decode()
                for line in text.splitlines():
                    self.heard.append(line)
                    command, _, rest = line.partition(" ")
                    if command == "NICK":
                        nick = rest
                        self._greet(client, nick)
                    elif command == "CAP":
                        client.send(f":tmi.twitch.tv CAP * ACK {rest.partition(' ')[2]}\r\n")
                    elif command == "JOIN":
                        self._join(client, nick, rest)
                    elif command == "PING" and self.answers_pings:
                        client.send(f":tmi.twitch.tv PONG tmi.twitch.tv {rest}\r\n")
        except (ConnectionClosed, OSError):
            pass
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._clients.remove(client)

    def _greet(self, client: ServerConnection, nick: str) -> None:
        self.signed_on += 1
        for code in ("001", "002", "003", "004", "375", "372", "376"):
            client.send(f":tmi.twitch.tv {code} {nick} :Welcome\r\n")
        client.send("PING :tmi.twitch.tv\r\n")

    def _join(self, client: ServerConnection, nick: str, channel: str) -> None:
        if self.refuses:
            client.send(f"@msg-id={self.refuses} :tmi.twitch.tv NOTICE {channel} :No.\r\n")
            return
        if channel != f"#{self.channel}":
            return  # a channel that doesn't exist never answers
        sender = f"{nick}!{nick}@{nick}.tmi.twitch.tv"
        with self._lock:
            client.send(
                f":{sender} JOIN {channel}\r\n:{nick}.tmi.twitch.tv 366 {nick} {channel} :x\r\n"
            )
            state = f"emote-only=0;followers-only=-1;r9k=0;room-id={ROOM};slow=0;subs-only=0"
            client.send(f"@{state} :tmi.twitch.tv ROOMSTATE {channel}\r\n")
            self._clients.append(client)
            self.joined += 1
