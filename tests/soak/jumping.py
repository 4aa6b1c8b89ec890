"""The real program with a clock that jumps: started in the place of app.py.

The time of day that Python tells to this process, and to its workers, is so many seconds ahead as
a file says, which is looked at each time. Steady clocks are left alone, as a jump leaves them.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from pathlib import Path

VARIABLE = "SOAK_CLOCK"
FORM = struct.Struct("d")


class Jumps:
    """The file: the test sets it, all processes of the program read it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(FORM.pack(0.0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), FORM.size)

    @property
    def ahead_s(self) -> float:
        (ahead_s,) = FORM.unpack(self._map[:])
        return float(ahead_s)

    @ahead_s.setter
    def ahead_s(self, ahead_s: float) -> None:
        self._map[:] = FORM.pack(ahead_s)


def let_time_jump(jumps: Jumps) -> None:
    """Put the time of day ahead wherever this process asks for it."""
    time_s, time_ns = time.time, time.time_ns
    time.time = lambda: time_s() + jumps.ahead_s
    time.time_ns = lambda: time_ns() + int(jumps.ahead_s * 1_000_000_000)


if __name__ in ("__main__", "__mp_main__"):  # every worker process imports this file again
    let_time_jump(Jumps(Path(os.environ[VARIABLE])))

if __name__ == "__main__":
    from twittervotes.app.main import main

    sys.exit(main())
