"""The choices as they will be drawn: a letter on its colour, and the hashtag beside it."""

from __future__ import annotations

import tkinter as tk

from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import SMALL, TINY
from twittervotes.desktop.canvas.theme_colours import mark

BADGE, LINE, BETWEEN, MOST = 20, 30, 20, 50


class Chips(tk.Canvas):
    """A picture of the hashtags, on as many lines as they need."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        super().__init__(
            parent,
            background=look.colours.panel,
            highlightthickness=0,
            borderwidth=0,
            width=1,
            height=1,
        )
        self._look = look
        self._tags: tuple[str, ...] = ()
        self._made: list[tuple[Box, Text, Text]] = []
        self.bind("<Configure>", lambda _: self._draw())

    def show(self, tags: tuple[str, ...]) -> None:
        """Draw these hashtags."""
        if tags[:MOST] != self._tags:
            self._tags = tags[:MOST]
            self._draw()

    def _draw(self) -> None:
        look, sizes = self._look, self._look.sizes
        width = self.winfo_width()
        font, bold = sizes.font("text", SMALL), sizes.font("bold", TINY)
        badge, line = look.px(BADGE), look.px(LINE)
        x = y = 0
        for i, tag in enumerate(self._tags):
            box, letter, name = self._chip(i)
            words = sizes.fitted(font, f"#{tag}", max(1, width - badge - look.px(16)))
            wide = badge + look.px(8) + sizes.width(font, words)
            if x and x + wide > width:
                x, y = 0, y + line
            middle = y + line // 2
            area = Area(x, middle - badge // 2, x + badge, middle - badge // 2 + badge)
            box.place(area)
            look_of = mark(i, look.colours)
            place = ((area.left + area.right) // 2, middle)
            letter.show(look_of.letter, place, bold, look_of.on_colour)
            name.show(words, (x + badge + look.px(8), middle), font, look.colours.ink)
            x += wide + look.px(BETWEEN)
        for box, letter, name in self._made[len(self._tags) :]:
            box.hide()
            letter.hide()
            name.hide()
        self.configure(height=y + line if self._tags else 1)

    def _chip(self, i: int) -> tuple[Box, Text, Text]:
        look = self._look
        while i >= len(self._made):
            colour = mark(len(self._made), look.colours).colour
            box = Box(self, look, fill=colour, outside=look.colours.panel, radius=4)
            self._made.append((box, Text(self, look, anchor="center"), Text(self, look)))
        return self._made[i]
