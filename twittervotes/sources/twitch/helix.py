"""What EventSub needs of Twitch's API: whose a token is, a channel's ID, and subscriptions.

Nothing that Twitch answers is repeated in a message, and the token is sent to the configured
addresses only. https://dev.twitch.tv/docs/eventsub/manage-subscriptions/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from twittervotes.network import http
from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.twitch.settings import Access
from twittervotes.sources.twitch.websocket import ChatError

if TYPE_CHECKING:
    from twittervotes.network.http import Response

T = TypeVar("T")

SCOPE: Final = "user:read:chat"
BOUNDS: Final = http.Bounds(10.0, 1 << 20)
NEW_TOKEN: Final = (
    f"Set twitch.token to a user token with the scope {SCOPE}, or remove it to read the chat"
    " without a token."
)
CHECK_CHANNEL: Final = "Check channels in the configuration, under twitch."
DONE: Final = (202, 409)  # 409: there is such a subscription already


class _Token(msgspec.Struct):
    client_id: str
    user_id: str
    scopes: list[str] | None = None


class _User(msgspec.Struct):
    id: str


class _Users(msgspec.Struct):
    data: list[_User]


@dataclass(frozen=True, slots=True)
class ChatReader:
    """The account that reads, and the channel that it reads."""

    access: Access
    client_id: str
    user_id: str
    channel_id: str = ""

    def subscribe(self, kind: str, session: str) -> None:
        """Subscribe to a type of events. Raises ChatError."""
        body = {
            "type": kind,
            "version": "1",
            "condition": {"broadcaster_user_id": self.channel_id, "user_id": self.user_id},
            "transport": {"method": "websocket", "session_id": session},
        }
        url = f"{self.access.api_url}/helix/eventsub/subscriptions"
        try:
            response = http.post(
                url, auth=self._auth(), json=body, bounds=BOUNDS, headers=self._headers()
            )
        except http.NetworkError as error:
            raise ChatError(str(error)) from error
        if response.status == 403:
            words = "Twitch doesn't let this account read the chat."
            raise ChatError(words, NEW_TOKEN, is_final=True)
        if response.status not in DONE:
            raise _refused(response)

    def find(self, login: str) -> str:
        """Return a channel's ID. Raises ChatError."""
        url = f"{self.access.api_url}/helix/users?{urlencode({'login': login})}"
        response = _got(url, self._auth(), self._headers())
        users = _decoded(response, _Users).data
        if not users:
            raise ChatError(f"Twitch has no channel {login}.", CHECK_CHANNEL, is_final=True)
        return users[0].id

    def _auth(self) -> str:
        return f"Bearer {self.access.token}"

    def _headers(self) -> dict[str, str]:
        return {"Client-Id": self.client_id}


def signed_in(access: Access, login: str) -> ChatReader:
    """Return the reader of the channel with this login. Raises ChatError."""
    response = _got(f"{access.id_url}/oauth2/validate", f"OAuth {access.token}")
    said = _decoded(response, _Token)
    if SCOPE not in (said.scopes or ()):
        raise ChatError(f"Twitch's token lacks the scope {SCOPE}.", NEW_TOKEN, is_final=True)
    reader = ChatReader(access, said.client_id, said.user_id)
    return ChatReader(access, said.client_id, said.user_id, reader.find(login))


def _got(url: str, auth: str, headers: dict[str, str] | None = None) -> Response:
    try:
        return http.get(url, auth=auth, bounds=BOUNDS, headers=headers)
    except http.NetworkError as error:
        raise ChatError(str(error)) from error


def _decoded(response: Response, kind: type[T]) -> T:
    if response.status != 200:
        raise _refused(response)
    try:
        return msgspec.json.decode(response.body, type=kind)
    except UNREADABLE as error:
        raise ChatError("Twitch's answer can't be read.") from error


def _refused(response: Response) -> ChatError:
    if response.status == 401:
        return ChatError("Twitch doesn't accept the token.", NEW_TOKEN, is_final=True)
    return ChatError(f"Twitch answered {response.status}.")
