"""Addresses: whether one is this machine, whether it may receive secrets, listening, own URLs."""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import TYPE_CHECKING, Final

from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

BACKLOG: Final = 4096
EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - only where the operator asks for it
UNROUTED: Final = ("192.0.2.1", 9)  # a documentation address: nothing is sent there


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


def own_address() -> str:
    """Return this machine's address on the network through which it reaches others."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(UNROUTED)
            return str(asking.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def url_of(host: str, port: int) -> str:
    """Return the URL of a server that listens on `host`, as others reach it; no slash at the end.

    If it listens on all addresses, this machine's own one is used.
    """
    host = own_address() if host in EVERYWHERE else host
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}" if port == 80 else f"http://{shown}:{port}"


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
