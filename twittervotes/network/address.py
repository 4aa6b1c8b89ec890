"""Addresses: whether one is this machine, whether it may receive secrets, listening on one."""

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
    """Return whether `host` can only be this machine."""
    if not host:
        return False
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe(parts: SplitResult) -> bool:
    """Return whether nobody in between can read what is sent: over TLS, or within this machine."""
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def listening_on(host: str, port: int, who: str) -> socket.socket:
    """Return a listening socket; raise ConfigError with a sentence about `who` if that fails."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's algorithm only on sockets created with IPPROTO_TCP.
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
