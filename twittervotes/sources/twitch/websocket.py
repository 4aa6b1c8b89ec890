"""Open a WebSocket to Twitch, and say in a sentence why that failed."""

from __future__ import annotations

import logging
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from twittervotes.network.address import is_loopback
from twittervotes.network.http import AGENT

if TYPE_CHECKING:
    import contextlib

OPEN_S: Final = 10.0
MOST_WAITING: Final = 50_000  # frames; with a full queue we stop reading
LARGEST: Final = 1 << 20  # bytes of a frame

for _name in ("websockets.client", "websockets.server"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # at DEBUG they log every frame


class ChatError(Exception):
    """The chat can't be read; `str()` of it is a sentence. `is_final`: trying again won't help."""

    def __init__(self, sentence: str, advice: str = "", *, is_final: bool = False) -> None:
        super().__init__(sentence)
        self.advice = advice
        self.is_final = is_final


def opened(url: str, stack: contextlib.ExitStack) -> ClientConnection:
    """Return an open connection, which `stack` closes. Raises ChatError."""
    parts = urlsplit(url)
    try:
        opening = connect(
            url,
            compression=None,
            user_agent_header=AGENT,
            proxy=None if is_loopback(parts.hostname) else True,
            open_timeout=OPEN_S,
            close_timeout=0.2,
            ping_interval=None,  # IRC has its own pings; EventSub wants none from us
            max_size=LARGEST,
            max_queue=MOST_WAITING,
        )
        return stack.enter_context(opening)
    except ssl.SSLCertVerificationError as error:
        raise ChatError("The certificate of Twitch's chat could not be verified.") from error
    except TimeoutError as error:
        raise ChatError(f"Twitch's chat didn't answer within {OPEN_S:.0f} s.") from error
    except InvalidStatus as error:
        raise ChatError(f"Twitch's chat answered {error.response.status_code}.") from error
    except (OSError, EOFError) as error:
        raise ChatError(f"Can't connect to {parts.netloc}.") from error
    except (WebSocketException, ValueError) as error:
        raise ChatError("What answers as Twitch's chat isn't a WebSocket.") from error
