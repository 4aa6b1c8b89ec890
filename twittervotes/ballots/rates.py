"""Rate limits per address; there is never one vote per address.

A whole hall may share one address, so the limits are beyond what a hall does. Addresses are kept
only in memory, and only until their bucket is full again.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

MOST_KEPT: Final = 10_000


@dataclass(slots=True)
class Rate:
    """Allows each address bursts of `burst`, then `each_s` per second."""

    burst: int
    each_s: float
    clock: Callable[[], float]
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def allows(self, address: str, cost: int = 1) -> bool:
        """Return whether an address may proceed, and charge it."""
        place, now = subnet(address), self.clock()
        left, at = self._left.pop(place, (float(self.burst), now))
        left = min(float(self.burst), left + (now - at) * self.each_s)
        is_allowed = left >= cost
        self._left[place] = (left - cost if is_allowed else left, now)
        if len(self._left) > MOST_KEPT:
            self._left.popitem(last=False)
        return is_allowed

    def is_spent(self, address: str) -> bool:
        """Return whether an address may not proceed now, without charging it."""
        return not self.allows(address, cost=0) or self._left[subnet(address)][0] < 1


def subnet(address: str) -> str:
    """Return what counts as one address: for IPv6 the first 64 bits."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:
        return address
