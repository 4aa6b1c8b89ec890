"""What a board accepts: how many viewers, how long a query, which hosts; pure."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_QUERY = 100  # characters of a search text
LONGEST_LINK = 500
PAGE, LARGEST_PAGE = 24, 100
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(slots=True)
class Viewers:
    """Counts open streams, of which there should be no more than `most`."""

    most: int
    now: int = 0

    def is_full(self) -> bool:
        """Return whether there is no room for another viewer."""
        return self.now >= self.most

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Count one more viewer inside the block."""
        self.now += 1
        try:
            yield
        finally:
            self.now -= 1


def is_slug(text: str) -> bool:
    """Return whether a vote may have this name in URLs."""
    return re.fullmatch("[a-z0-9-]{1,100}", text) is not None


def host_of(header: str) -> str:
    """Return the host in a Host header, without its port; "" if it isn't valid."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]{2,45}\]|[0-9A-Za-z.-]{1,253})(?::[0-9]{1,5})?", header)
    return found[1].strip("[]").rstrip(".").lower() if found else ""


@lru_cache(1024)  # asked with each request
def is_allowed(header: str, names: tuple[str, ...]) -> bool:
    """Return whether a request for this host is for us.

    A numeric address always is: only names can be pointed at us by a stranger's page.
    """
    host = host_of(header)
    if host in LOOPBACK or host in names:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def slug_of(name: str) -> str:
    """Return a name for use in URLs: lower-case letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-")
    return slug or hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
