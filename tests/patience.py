"""How long a test waits for what must come: until it is there, on a machine however busy.

The bound is a net for what hangs and says nothing of how fast anything is. A test that needs no
more than a moment takes no more than a moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 120.0


def until(
    holds: Callable[[], object],
    *,
    meanwhile: Callable[[], object] = lambda: None,
    told: Callable[[], object] = lambda: "it never came",
) -> None:
    """Wait until something holds; do `meanwhile` between two looks, and tell `told` if in vain."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, told()
        meanwhile()
        time.sleep(0.002)
