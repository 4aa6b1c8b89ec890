"""A check box with a word: mouse, Space or Return toggles it."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.images import Plate
from twittervotes.desktop.canvas.items import Look, Text
from twittervotes.desktop.canvas.sizes import SMALL, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

HEIGHT, BOX, RING, INDENT = 26, 20, 2, 32


class Tick(tk.Canvas):
    """A box that is `on` or not; `turned` is called with the new state."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        word: str,
        *,
        on: bool,
        turned: Callable[[bool], None],
    ) -> None:
        super().__init__(
            parent,
            background=look.colours.panel,
            highlightthickness=0,
            borderwidth=0,
            width=1,
            height=look.px(HEIGHT),
            takefocus=1,
            cursor="hand2",
        )
        self._look = look
        self._turned = turned
        self.on = on
        self._box = self.create_image(0, 0, anchor="w")
        self._mark = Text(self, look, anchor="center")
        text = Text(self, look, tags=("word",))
        bold = look.sizes.font("bold", TEXT)
        middle = look.px(HEIGHT) // 2
        text.show(word, (look.px(INDENT), middle), bold, look.colours.ink)
        self.bind("<ButtonRelease-1>", lambda _: self.turn())
        for key in ("<space>", "<Return>", "<KP_Enter>"):
            self.bind(key, self._keyed)
        for event in ("<FocusIn>", "<FocusOut>"):
            self.bind(event, lambda _: self._draw())
        self._draw()

    def turn(self) -> None:
        """Toggle it."""
        self.on = not self.on
        self._draw()
        self._turned(self.on)

    def _keyed(self, _event: tk.Event[tk.Misc]) -> str:
        self.turn()
        return "break"

    def _draw(self) -> None:
        look, colours = self._look, self._look.colours
        face = colours.action if self.on else colours.track
        edge = colours.action if self.on else colours.border
        ring = colours.ink if self.focus_get() is self else ""
        outer = look.px(RING)
        style = Plate(face, edge, max(1, look.px(1)), look.px(5), ring, outer)
        size = look.px(BOX) + 2 * outer
        middle = look.px(HEIGHT) // 2
        self.coords(self._box, 0, middle)
        self.itemconfigure(self._box, image=look.images.plate((size, size), style))
        mark = "✓" if self.on else ""
        font = look.sizes.font("bold", SMALL)
        self._mark.show(mark, (size // 2, middle), font, colours.on_strong)
