"""A choice between a few visible words on one plate: the selected one is lighter, and bold.

Mouse, or Left and Right; what doesn't fit goes on a line below.
"""

from __future__ import annotations

import tkinter as tk
from itertools import zip_longest
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.images import Plate
from twittervotes.desktop.canvas.items import Look, Text
from twittervotes.desktop.canvas.sizes import SMALL
from twittervotes.presentation.marks import mix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HEIGHT, PAD, RING, RADIUS = 31, 12, 2, 9


class Chooser(tk.Canvas):
    """A chooser; `options` are pairs of a value and the words for it."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        options: Sequence[tuple[str, str]],
        value: str,
        chosen: Callable[[str], None],
        ground: str = "",
    ) -> None:
        super().__init__(
            parent,
            background=ground or look.colours.panel,
            highlightthickness=0,
            borderwidth=0,
            takefocus=1,
            cursor="hand2",
        )
        self._look = look
        self._offered = tuple(options)
        self._chosen = chosen
        self.value = value
        self._grounds = [
            self.create_image(0, 0, anchor="nw", state="hidden") for _ in self._offered
        ]
        self._plate = self.create_image(0, 0, anchor="nw", state="hidden")
        self._words = [Text(self, look, tags=(name,)) for name, _ in self._offered]
        self._places: list[tuple[int, int, int]] = []
        self.bind("<Configure>", lambda event: self._lay(event.width))
        self.bind("<ButtonRelease-1>", self._clicked)
        self.bind("<Left>", lambda _: self._step(-1))
        self.bind("<Right>", lambda _: self._step(1))
        for event in ("<FocusIn>", "<FocusOut>"):
            self.bind(event, lambda _: self._draw())
        widest = sum(map(self._width, self._offered))
        self.configure(width=widest, height=self._line)

    @property
    def _line(self) -> int:
        return self._look.px(HEIGHT) + 2 * self._look.px(RING)

    def choose(self, value: str) -> None:
        """Select `value`, as if by hand."""
        if value != self.value and value in dict(self._offered):
            self.value = value
            self._draw()
            self._chosen(value)

    def _width(self, option: tuple[str, str]) -> int:
        font = self._look.sizes.font("bold", SMALL)
        return self._look.sizes.width(font, option[1]) + 2 * self._look.px(PAD + RING)

    def _lay(self, width: int) -> None:
        x = y = 0
        self._places = []
        for option in self._offered:
            wide = self._width(option)
            if x and x + wide > width:
                x, y = 0, y + self._line
            self._places.append((x, y, wide))
            x += wide
        self.configure(height=y + self._line)
        self._draw()

    def _draw(self) -> None:
        look, colours = self._look, self._look.colours
        outer = look.px(RING)
        has_focus = self.focus_get() is self
        self._draw_grounds()
        for (value, words), text, (x, y, wide) in zip(
            self._offered, self._words, self._places, strict=False
        ):
            picked = value == self.value
            font = look.sizes.font("bold" if picked else "text", SMALL)
            left = x + (wide - look.sizes.width(font, words)) // 2
            ink = colours.ink if picked else colours.dim
            text.show(words, (left, y + self._line // 2), font, ink)
            if picked:
                ring = colours.ink if has_focus else ""
                face = mix(colours.button, colours.ink, 0.16)
                style = Plate(face, face, 1, look.px(RADIUS - 2), ring, outer + look.px(1))
                image = look.images.plate((wide, self._line), style)
                self.coords(self._plate, x, y)
                self.itemconfigure(self._plate, image=image, state="normal")

    def _draw_grounds(self) -> None:
        """Draw one plate behind the words of each line."""
        look, face = self._look, self._look.colours.button
        lines: dict[int, int] = {}
        for _, y, wide in self._places:
            lines[y] = lines.get(y, 0) + wide
        style = Plate(face, face, 1, look.px(RADIUS))
        for ground, line in zip_longest(self._grounds, lines.items()):
            if line is None:
                self.itemconfigure(ground, state="hidden")
            else:
                image = look.images.plate((line[1], self._line), style)
                self.coords(ground, 0, line[0])
                self.itemconfigure(ground, image=image, state="normal")

    def _clicked(self, event: tk.Event[tk.Misc]) -> None:
        self.focus_set()
        for (value, _), (x, y, wide) in zip(self._offered, self._places, strict=False):
            if x <= event.x < x + wide and y <= event.y < y + self._line:
                self.choose(value)

    def _step(self, by: int) -> str:
        values = [value for value, _ in self._offered]
        place = values.index(self.value) + by if self.value in values else 0
        self.choose(values[min(max(place, 0), len(values) - 1)])
        return "break"
