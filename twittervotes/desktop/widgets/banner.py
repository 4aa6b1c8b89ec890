"""A sentence above a page that nobody can overlook: what went wrong, and what to do."""

from __future__ import annotations

import tkinter as tk

from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import TEXT

MARGIN, PAD, ABOVE = 28, 16, 20


class Banner(tk.Canvas):
    """It is there only while it has something to tell."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        colours = look.colours
        super().__init__(
            parent, background=colours.background, highlightthickness=0, borderwidth=0, height=1
        )
        self._look = look
        self._box = Box(self, look, fill=colours.live, outside=colours.background)
        self._text = Text(self, look, anchor="nw", tags=("trouble",))
        self.told = ""
        self.bind("<Configure>", lambda _: self._draw())

    def tell(self, trouble: str, below: tk.Misc) -> None:
        """Show `trouble` above the widget `below`; "" takes the banner away."""
        if trouble == self.told:
            return
        self.told = trouble
        if trouble:
            self.pack(fill="x", before=below)
            self._draw()
        else:
            self.pack_forget()

    def _draw(self) -> None:
        look, width = self._look, self.winfo_width()
        if width < 2:
            return
        left, right, top = look.px(MARGIN), width - look.px(MARGIN), look.px(ABOVE)
        pad = look.px(PAD)
        height = self._text.wrap(
            self.told,
            (left + pad, top + look.px(11)),
            look.sizes.font("bold", TEXT),
            look.colours.on_strong,
            width=right - left - 2 * pad,
        )
        end = top + height + look.px(22)
        self._box.place(Area(left, top, right, end))
        self.configure(height=end)
