"""The `web:` section of the configuration, and the URL that voters open."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from twittervotes.core.file_name import data_folder
from twittervotes.network.address import is_loopback, url_of

NAME: Final = re.compile(r"(https?://)?[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/?")
BOX: Final = re.compile(
    r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?"
)
KEYS: Final = "ballots.key"  # in the data folder


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The `web:` section of the configuration."""

    level: Literal["open", "code"] = "open"  # who may vote: any browser, or holders of a code
    host: str = "127.0.0.1"
    port: int = 8080
    name: str = ""  # the address that voters type, if a proxy with TLS is in front
    boxes: tuple[str, ...] = ()  # further boxes, with the same keys
    behind: tuple[str, ...] = ()  # the proxies in front
    keys: str = ""  # the file with the secret of the boxes

    def __post_init__(self) -> None:
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            if self.host != "localhost":
                raise ValueError(
                    "host must be an address of this machine: 127.0.0.1, or 0.0.0.0 for all."
                ) from None
        if not 0 <= self.port <= 65535:
            raise ValueError("port must be from 0 to 65535.")
        if self.name and not NAME.fullmatch(self.name):
            raise ValueError("name must be a host name such as votes.example.org.")
        for box in self.boxes:
            if not BOX.fullmatch(box.rstrip("/")):
                raise ValueError(
                    "boxes must be addresses such as https://box2.example.org,"
                    " or http://127.0.0.1:8081 on this machine."
                )

    @property
    def key_file(self) -> Path:
        """The file with the secret."""
        return Path(self.keys).expanduser() if self.keys else data_folder() / KEYS

    @property
    def is_local(self) -> bool:
        """Whether only this machine can open the page."""
        return is_loopback(self.host)


def voters_address(settings: WebSettings) -> str:
    """Return the URL that voters open, without a trailing slash."""
    if settings.name:
        name = settings.name.rstrip("/")
        return name if "://" in name else f"https://{name}"
    return url_of(settings.host, settings.port)


def hosts(settings: WebSettings) -> tuple[str, ...]:
    """Return the host names under which voters reach the page."""
    host = urlsplit(voters_address(settings)).hostname if settings.name else None
    return (host,) if host else ()


def reach(settings: WebSettings, opening: str = "set web.host to 0.0.0.0") -> str:
    """Say in a sentence who can open the page, and what opens it to the network."""
    if settings.name:
        return "Voters reach it under that name, through the proxy in front."
    if settings.is_local:
        return f"Only this machine can open it; {opening} for phones in your network."
    return "It is open to your network, without encryption."
