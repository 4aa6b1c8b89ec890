"""Addresses: which are of this machine, which secrets may be sent to, and listening on one."""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import TYPE_CHECKING, Final

from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

BACKLOG: Final = 4096


def is_loopback(host: str | None) -> bool:
    """Tell whether `host` can only be this machine."""
    if not host:
        return False
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe(parts: SplitResult) -> bool:
    """Tell whether nobody in between can read what is sent: by TLS, or within this machine."""
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def listening_on(host: str, port: int, who: str) -> socket.socket:
    """Return a socket that listens; raises ConfigError with a sentence about `who`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once, without waiting for more, on sockets that are said to be TCP's alone.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        words = error.strerror or str(error)
        raise ConfigError(f"{who} can't listen on {host} port {port}: {words}.") from None
    return listening
