"""Read keys from a terminal without Return, and restore the terminal at the end.

Ctrl-Z is only noted: the caller clears the picture first and then suspends the program.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType

if sys.platform == "win32":
    import msvcrt

    class TerminalKeys:
        """The keys of this program's console; use it in a `with` statement."""

        def __enter__(self) -> TerminalKeys:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def pressed(self) -> str:
            """Return the characters typed since the last call."""
            signs = ""
            while msvcrt.kbhit():
                sign = msvcrt.getwch()
                if sign in "\x00\xe0":  # an arrow or a function key: a second character says which
                    msvcrt.getwch()
                elif sign == "\x03":
                    signal.raise_signal(signal.SIGINT)
                else:
                    signs += sign
            return signs

        def is_to_sleep(self) -> bool:
            """Return False: this system has no Ctrl-Z."""
            return False

        def sleep(self) -> None:
            """Do nothing."""

else:
    import select
    import termios
    import tty

    class TerminalKeys:
        """The keys of the terminal on stdin, if it is one; use it in a `with` statement."""

        def __init__(self) -> None:
            self._file = sys.__stdin__.fileno() if sys.__stdin__ else -1
            self._is_terminal = self._file >= 0 and os.isatty(self._file)
            self._is_heard = self._is_terminal
            self._wants_sleep = False

        def __enter__(self) -> TerminalKeys:
            if self._is_terminal:
                self._before = termios.tcgetattr(self._file)
                tty.setcbreak(self._file, termios.TCSANOW)
                if threading.current_thread() is threading.main_thread():
                    self._handler = signal.signal(signal.SIGTSTP, self._noted)
            return self

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
        ) -> None:
            if self._is_terminal:
                with suppress(termios.error):  # the terminal may be gone
                    termios.tcsetattr(self._file, termios.TCSANOW, self._before)
                if threading.current_thread() is threading.main_thread():
                    signal.signal(signal.SIGTSTP, self._handler)

        def pressed(self) -> str:
            """Return the characters typed since the last call, without escape sequences."""
            if not self._is_heard or not select.select([self._file], [], [], 0)[0]:
                return ""
            try:
                typed = os.read(self._file, 256).decode(errors="ignore")
            except OSError:  # the terminal is gone
                typed = ""
            self._is_heard = self._is_heard and bool(typed)
            return "" if typed.startswith("\x1b") else typed

        def is_to_sleep(self) -> bool:
            """Return whether Ctrl-Z was pressed."""
            return self._wants_sleep

        def sleep(self) -> None:
            """Restore the terminal, suspend the program, then set the terminal up again."""
            self._wants_sleep = False
            termios.tcsetattr(self._file, termios.TCSANOW, self._before)
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, self._noted)
            tty.setcbreak(self._file, termios.TCSANOW)

        def _noted(self, _number: int, _frame: FrameType | None) -> None:
            self._wants_sleep = True
