"""The doctor's checks for a vote with a ballot page: the port, the address, the boxes.

https://www.rfc-editor.org/rfc/rfc1918 lists the addresses that only a local network reaches.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from twittervotes.core.errors import ConfigError
from twittervotes.sources.plugin import Check
from twittervotes.sources.web import keys
from twittervotes.sources.web.settings import WebSettings, reach, voters_address

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN_S: Final = 5.0
MOST_BYTES: Final = 1000


def checks(settings: WebSettings) -> Iterator[Check]:
    """Check whether the page could start here and now, and be reached."""
    yield _port(settings)
    yield Check(True, f"voters will use {voters_address(settings)}. {reach(settings)}")
    if settings.key_file.exists():
        try:
            keys.load(settings.key_file)
        except ConfigError as error:
            yield Check(False, "its secret can't be used.", str(error))
    elif settings.level == "code":
        advice = "Print codes first: twittervotes codes --to codes.pdf"
        yield Check(False, "no codes were made yet.", advice)
    for box in settings.boxes:
        yield _box(box.rstrip("/"))


def _port(settings: WebSettings) -> Check:
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trying.bind((host, settings.port))
    except OSError as error:
        advice = "End what uses it (a board uses 8080 too), or set web.port and web.host."
        return Check(
            False, f"can't listen on {host} port {settings.port}: {error.strerror}.", advice
        )
    return Check(True, f"can listen on {host} port {settings.port}")


def _box(url: str) -> Check:
    from twittervotes.network import http

    try:
        answer = http.get(f"{url}/healthz", bounds=http.Bounds(WITHIN_S, MOST_BYTES))
    except http.NetworkError as error:
        return Check(False, f"the box at {url} is away. {error}", "Start it: twittervotes box")
    if answer.status != 200:
        return Check(False, f"the box at {url} answers {answer.status}.", "Check web.boxes.")
    return Check(True, f"the box at {url} answers")
