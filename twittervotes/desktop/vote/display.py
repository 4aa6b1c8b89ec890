"""Display mode: what the audience sees, on a whole screen.

Question, bars or winner, total, clock and how to vote; nothing for the operator. What it shows is a
deliberate act: only the choices, the results, or nothing.
"""

from __future__ import annotations

import sys
import time
import tkinter as tk
from typing import TYPE_CHECKING

from twittervotes.core.config.display import TRANSPARENT
from twittervotes.desktop.vote.on_air import OnAir, made_stage
from twittervotes.desktop.window_state import beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.desktop.canvas.items import Look
    from twittervotes.desktop.vote.frame import Moment, Showing


class Display:
    """The screen for the audience, open or closed."""

    def __init__(self, root: tk.Tk, showing: Showing) -> None:
        """Create the display; call `wear` before opening it."""
        self._root = root
        self._stage: OnAir | None = None
        self._top: tk.Toplevel | None = None
        self._moment: Moment | None = None
        self._is_dressed_anew = False
        self._showing = showing

    @property
    def is_open(self) -> bool:
        """Whether the display is open."""
        return self._top is not None

    @property
    def canvas(self) -> tk.Canvas | None:
        """The canvas it draws on, None while nothing is shown."""
        return self._stage.canvas if self._stage else None

    def open(self) -> None:
        """Cover the other screen, or this one if there is no other."""
        if self._top is not None:
            return
        place = beside(self._root)
        self._showing.is_displayed = True
        self._top = top = tk.Toplevel(self._root, cursor="none")
        top.title(self._root.title())
        top.geometry(f"{place.width}x{place.height}+{place.x}+{place.y}")
        top.attributes("-fullscreen", True)
        top.protocol("WM_DELETE_WINDOW", self.close)
        self._dress(top)
        top.focus_force()

    def wear(self, look: Look, listen: Callable[[tk.Toplevel], None]) -> None:
        """Continue in this look, without showing the audience what is behind.

        `listen` binds the window's keys on the audience's screen too.
        """
        self._look, self._listen = look, listen
        if self._top is not None and self._stage is not None:
            self._is_dressed_anew = True  # a look must not reveal the result again
            before = self._stage.canvas
            self._dress(self._top)
            before.destroy()

    def close(self) -> None:
        """Uncover the screen."""
        if self._top is not None:
            self._top.destroy()
            self._top = self._stage = None
            self._showing.is_displayed = False
            self._root.focus_force()

    def show(self, moment: Moment, now: float) -> None:
        """Start moving to the numbers of `moment`."""
        self._moment = moment
        if self._stage:
            self._stage.show(moment, now, self._showing)

    def move(self, now: float) -> bool:
        """Draw one frame; return whether another is needed."""
        return self._stage is not None and self._stage.move(now)

    def _dress(self, top: tk.Toplevel) -> None:
        """Create the stage in the colours of the look, and bind its keys."""
        self._stage = made_stage(top, self._look, self._showing)
        ground = str(self._stage.canvas.cget("background"))
        top.configure(background=ground)
        if self._showing.display.background == TRANSPARENT and sys.platform == "win32":
            top.attributes("-transparentcolor", ground)
        self._stage.canvas.bind("<Configure>", lambda event: self._lay(event.width, event.height))
        self._listen(top)

    def _lay(self, width: int, height: int) -> None:
        if self._stage:
            self._stage.lay(width, height)
            if self._moment:
                now = time.monotonic()
                self._stage.show(self._moment, now, self._showing)
                if self._is_dressed_anew:
                    self._stage.settle(now)
            self._is_dressed_anew = False
