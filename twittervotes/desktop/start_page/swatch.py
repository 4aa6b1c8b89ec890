"""A choice's letter on its colour, and the colours it may have instead."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from typing import TYPE_CHECKING

from PIL.ImageTk import PhotoImage

from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.pictures import read, rounded
from twittervotes.desktop.canvas.sizes import TEXT, TINY
from twittervotes.desktop.canvas.theme_colours import mark

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE, RING, ARROW = 32, 3, 18
WIDE, HIGH = 44, 28
RADIUS = 6


class Pressable(tk.Canvas):
    """A small picture that mouse, Return or Space presses; a ring shows the focus."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        size: tuple[int, int],
        ground: str,
        press: Callable[[], None],
        more: int = 0,
    ) -> None:
        """Create it in this size; `more` is the width beside the ringed part."""
        width, height = (side + 2 * look.px(RING) for side in size)
        super().__init__(
            parent,
            background=ground,
            highlightthickness=0,
            borderwidth=0,
            width=width + more,
            height=height,
            takefocus=1,
            cursor="hand2",
        )
        self._area = Area(0, 0, width, height)
        self._edge = Box(self, look, fill=look.colours.ink, outside=ground, radius=RADIUS + RING)
        self._gap = Box(self, look, fill=ground, outside=look.colours.ink, radius=RADIUS + 1)
        self.press = press
        self.is_picked = False
        self.bind("<ButtonRelease-1>", lambda _: self.press())
        for key in ("<space>", "<Return>", "<KP_Enter>"):
            self.bind(key, self._keyed)
        for event in ("<FocusIn>", "<FocusOut>"):
            self.bind(event, lambda _: self.ring())

    def ring(self) -> None:
        """Show or hide the ring."""
        area, line = self._area, 2
        if self.is_picked or self.focus_get() is self:
            self._edge.place(area)
            inner = Area(line, line, area.right - line, area.bottom - line)
            self._gap.place(inner)
        else:
            self._edge.hide()
            self._gap.hide()

    def _keyed(self, _event: tk.Event[tk.Misc]) -> str:
        self.press()
        return "break"


class LetterBadge(Pressable):
    """The choice's letter or picture, with an arrow that says it opens its colours."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        index: int,
        wish: str,
        press: Callable[[], None],
        *,
        picture: str = "",
    ) -> None:
        ground, ring, side = look.colours.panel, look.px(RING), look.px(SIDE)
        super().__init__(parent, look, (side, side), ground, press, look.px(ARROW))
        found = mark(index, look.colours, wish)
        Box(self, look, fill=found.colour, outside=ground, radius=RADIUS).place(
            Area(ring, ring, ring + side, ring + side)
        )
        middle = ring + side // 2
        self._photo = self._small(picture, side, ground) if picture else None
        if self._photo:
            self.create_image(ring, ring, anchor="nw", image=self._photo, tags=("picture",))
        letter = "" if self._photo else found.letter
        font = look.sizes.font("bold", TEXT + 1)
        Text(self, look, anchor="center", tags=("letter",)).show(
            letter, (middle, middle), font, found.on_colour
        )
        font = look.sizes.font("text", TINY)
        place = (2 * ring + side + look.px(7), middle)
        Text(self, look, anchor="center").show("▾", place, font, look.colours.dim)
        self.ring()

    def _small(self, path: str, side: int, ground: str) -> PhotoImage | None:
        found = read(Path(path))
        if isinstance(found, str):
            return None
        return PhotoImage(rounded(found, side, side // 6, ground, 1.0), master=self)


class Swatch(Pressable):
    """A colour in the choice's own pattern."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        index: int,
        wish: str,
        press: Callable[[], None],
        *,
        is_picked: bool,
    ) -> None:
        ground, ring = look.colours.button, look.px(RING)
        size = (look.px(WIDE), look.px(HIGH))
        super().__init__(parent, look, size, ground, press)
        self.is_picked = is_picked
        strip = look.images.kept_strip(mark(index, look.colours, wish), *size, look.sizes.scale)
        self.create_image(ring, ring, anchor="nw", image=strip)
        corners = look.images.corners(look.px(RADIUS), ground)
        right, bottom = ring + size[0], ring + size[1]
        places = ((ring, ring), (right, ring), (right, bottom), (ring, bottom))
        for image, place, anchor in zip(corners, places, ("nw", "ne", "se", "sw"), strict=True):
            self.create_image(*place, anchor=anchor, image=image)
        self.ring()
