"""The ballot box as the counting program sees it: a child process that it starts and restarts.

The count never waits for the box. A thread sends it the state of the vote, and restarts it if it
has died; everything it acknowledged is in its file.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

from twittervotes.ballots.setup import BoxReady, BoxSetup
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from twittervotes.ballots.notice import VoteNotice

log = logging.getLogger(__name__)

EVERY_S: Final = 0.25
STARTS_WITHIN_S: Final = 60.0
ENDS_WITHIN_S: Final = 10.0
AGAIN_AFTER_S: Final = (0.0, 1.0, 5.0, 15.0)  # delays before the box is restarted
Process = subprocess.Popen[bytes]


class BoxProcess:
    """A running box; it listens on `port` on this machine."""

    def __init__(self, setup: BoxSetup) -> None:
        """Start the box, and wait until it listens. Raises ConfigError."""
        self._setup = setup
        self._notice = setup.notice
        self._ended = threading.Event()
        self._process, self.port = _started(setup)
        self._thread = threading.Thread(target=self._run, name="ballot box", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """The ID of the serving process."""
        return self._process.pid

    def tell(self, notice: VoteNotice) -> None:
        """Send the box the state of the vote soon; may be called from any thread."""
        self._notice = notice

    def close(self) -> None:
        """End the box after its current write."""
        self._ended.set()
        self._thread.join(ENDS_WITHIN_S)
        _end(self._process)

    def _run(self) -> None:
        said = self._setup.notice
        tries = 0
        while not self._ended.wait(EVERY_S):
            if self._process.poll() is not None:
                log.warning("The ballot box has ended unexpectedly; starting it again.")
                if self._ended.wait(AGAIN_AFTER_S[min(tries, len(AGAIN_AFTER_S) - 1)]):
                    return
                tries, said = tries + 1, self._notice
                self._restart(said)
            elif said != self._notice:
                said = self._notice
                self._write(said)
        if said != self._notice:
            self._write(self._notice)

    def _restart(self, notice: VoteNotice) -> None:
        _end(self._process)
        setup = msgspec.structs.replace(self._setup, port=self.port, notice=notice)
        try:
            self._process, _ = _started(setup)
        except ConfigError as error:
            log.warning("The ballot box can't be started again yet: %s", error)

    def _write(self, notice: VoteNotice) -> None:
        with contextlib.suppress(OSError):  # it has died, which is noticed next
            _pipe(self._process.stdin).write(msgspec.json.encode(notice) + b"\n")
            _pipe(self._process.stdin).flush()


def _started(setup: BoxSetup) -> tuple[Process, int]:
    """Start a box, and return its process and its port. Raises ConfigError."""
    process = subprocess.Popen(
        [sys.executable, "-m", "twittervotes.ballots"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        start_new_session=True,  # Ctrl-C must reach only the counting program, which ends the box
    )
    too_late = threading.Timer(STARTS_WITHIN_S, process.kill)
    too_late.start()
    try:
        _pipe(process.stdin).write(msgspec.json.encode(setup) + b"\n")
        _pipe(process.stdin).flush()
        ready = msgspec.json.decode(_pipe(process.stdout).readline(), type=BoxReady)
    except (OSError, msgspec.MsgspecError):
        ready = BoxReady(0, "The ballot page did not start; see the log.")
    finally:
        too_late.cancel()
    if ready.trouble:
        _end(process)
        raise ConfigError(ready.trouble)
    return process, ready.port


def _end(process: Process) -> None:
    with contextlib.suppress(OSError):
        _pipe(process.stdin).close()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _pipe(process.stdout).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("a process without pipes")
    return pipe
