"""The session of one Bluesky account: created with its app password, saved, refreshed; in a worker.

A service allows few sessions per day, so one is saved in a file that only its owner can read, and
refreshed as long as possible. The file's content is validated like a stranger's, and its secrets
are neither logged nor shown. https://docs.bsky.app/docs/api/com-atproto-server-create-session
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
import platformdirs

from twittervotes.core import atomic_file
from twittervotes.network import http

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.network.http import Response

log = logging.getLogger(__name__)

CREATE: Final = "/xrpc/com.atproto.server.createSession"
REFRESH: Final = "/xrpc/com.atproto.server.refreshSession"
MOST_BYTES: Final = 16 * 1024


class _Tokens(msgspec.Struct):
    access: str = msgspec.field(name="accessJwt")
    refresh: str = msgspec.field(name="refreshJwt")


class SessionRefusedError(Exception):
    """The service refused to create or refresh a session; its response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass(slots=True)
class BlueskySession:
    """The session of `identifier` at `service`; `is_new` until it has been used."""

    service: str
    identifier: str
    password: str = field(repr=False)
    is_new: bool = False
    _tokens: _Tokens | None = field(default=None, repr=False)

    def auth(self) -> str:
        """Return the Authorization header of a request.

        Raises NetworkError or SessionRefusedError.
        """
        self._tokens = self._tokens or self._kept()
        if self._tokens is None:
            asked = {"identifier": self.identifier, "password": self.password}
            self._tokens = self._accepted(http.post(self.service + CREATE, json=asked))
            self.is_new = True
        return _bearer(self._tokens.access)

    def renew(self) -> None:
        """Replace an expired token; if that fails, create a new session."""
        if self._tokens is None:
            return
        response = http.post(self.service + REFRESH, auth=_bearer(self._tokens.refresh))
        if response.status in (400, 401):
            self._tokens = None
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
        else:
            self._tokens = self._accepted(response)

    @property
    def path(self) -> Path:
        """The file of this account at this service."""
        whom = hashlib.sha256(f"{self.service} {self.identifier}".encode()).hexdigest()[:16]
        return platformdirs.user_state_path("twittervotes") / f"bluesky-{whom}.json"

    def _accepted(self, response: Response) -> _Tokens:
        if response.status != 200:
            raise SessionRefusedError(response)
        tokens = _read(response.body)
        if tokens is None:
            raise SessionRefusedError(response)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            atomic_file.write(self.path, msgspec.json.encode(tokens), private=True)
        except OSError as error:
            log.warning("The session can't be saved in %s (%s).", self.path, error.strerror)
        return tokens

    def _kept(self) -> _Tokens | None:
        try:
            with self.path.open("rb") as file:
                return _read(file.read(MOST_BYTES + 1))
        except OSError:
            return None


def _bearer(token: str) -> str:
    return f"Bearer {token}"


def _read(content: bytes) -> _Tokens | None:
    """Return the tokens in a response or a file, None if there are no valid ones."""
    try:
        tokens = msgspec.json.decode(content, type=_Tokens)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    both = tokens.access + tokens.refresh
    is_plain = both.isascii() and both.isprintable() and " " not in both
    return tokens if tokens.access and tokens.refresh and is_plain else None
