"""A process that simulates a network, as seen from the one that starts it.

A pipe connects the two; when its other end closes, for whatever reason, the simulation ends.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

import msgspec

from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from types import TracebackType

T = TypeVar("T")
Process = subprocess.Popen[bytes]

STARTS_WITHIN_S: Final = 60
ENDS_WITHIN_S: Final = 5


class SimulatorProcess:
    """A running simulator; use it in a `with` statement."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def stop(self) -> None:
        """End the process; harmless if called twice."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def started(module: str, script: object, cue: type[T], sorry: str) -> tuple[Process, T]:
    """Start a module as a simulator, send it its script, and wait until it is ready.

    Raises ConfigError with the sentence `sorry` if it doesn't start.
    """
    process = subprocess.Popen(  # noqa: S603 - a module of this package
        [sys.executable, "-m", module, "--staged"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    too_late = threading.Timer(STARTS_WITHIN_S, process.kill)
    too_late.start()
    try:
        return process, msgspec.json.decode(answered(process, script), type=cue)
    except (OSError, msgspec.MsgspecError) as error:
        process.kill()
        process.communicate()
        raise ConfigError(sorry) from error
    finally:
        too_late.cancel()


def answered(process: Process, said: object) -> bytes:
    """Send a line to a simulator and return its response line."""
    if process.stdin is None or process.stdout is None:
        raise OSError("a process without pipes")
    process.stdin.write(msgspec.json.encode(said) + b"\n")
    process.stdin.flush()
    return process.stdout.readline()
