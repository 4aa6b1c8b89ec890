"""Which addresses secrets may be sent to."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult


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
