"""Wait for conditions in tests, on a machine however busy.

The bound only catches hangs and says nothing about speed. A test that needs only a moment takes
only a moment.
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
    """Wait until something holds; call `meanwhile` between two checks, and `told` on failure."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, told()
        meanwhile()
        time.sleep(0.002)
