"""One bar on its track, in the colour and pattern of its choice.

The whole length is drawn once; a cover in the track's colour hides the rest. Growing moves the
cover, so a frame takes three moves and no new picture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.items import Area, Look
from twittervotes.presentation.marks import Mark, mix

if TYPE_CHECKING:
    import tkinter as tk

    from PIL.ImageTk import PhotoImage

RADIUS, HEIGHT = 4, 20
STEPS = 8


class Bar:
    """A bar; its length is a share from 0 to 1."""

    def __init__(self, canvas: tk.Canvas, look: Look, mark: Mark, tag: str) -> None:
        self._canvas = canvas
        self._look = look
        self._mark = mark
        self._level = 1.0
        self._tag = tag
        self._area = Area(0, 0, 0, 0)
        self._end = -1
        self._radius = 0
        self._photo: PhotoImage | None = None
        self._strip = canvas.create_image(0, 0, anchor="nw", tags=(tag, f"{tag}-strip"))
        self._cover = canvas.create_rectangle(
            0, 0, 0, 0, fill=look.colours.track, width=0, tags=(tag, f"{tag}-cover")
        )
        self._caps = [canvas.create_image(0, 0, anchor=at, tags=(tag,)) for at in ("ne", "se")]
        self._corners = [
            canvas.create_image(0, 0, anchor=at, tags=(tag,)) for at in ("nw", "ne", "se", "sw")
        ]

    def place(self, area: Area) -> None:
        """Move to this area; call `grow` next."""
        if area == self._area:
            return
        if (area.width, area.height) != (self._area.width, self._area.height):
            self._paint(area)
        radius = max(self._look.px(RADIUS), round(RADIUS * self._pattern_scale(area)))
        self._round(min(radius, area.height // 3))
        self._area = area
        self._end = -1
        left, top, right, bottom = area.left, area.top, area.right, area.bottom
        self._canvas.coords(self._strip, left, top)
        places = ((left, top), (right, top), (right, bottom), (left, bottom))
        for corner, place in zip(self._corners, places, strict=True):
            self._canvas.coords(corner, *place)

    def grow(self, share: float) -> None:
        """Fill `share` of the track; a choice with any vote always has a visible bar."""
        length = round(self._area.width * min(1.0, max(0.0, share)))
        if share > 0:
            length = max(length, self._look.px(2))
        end = self._area.left + length
        if end == self._end:
            return
        self._end = end
        top, right, bottom = self._area.top, self._area.right, self._area.bottom
        self._canvas.coords(self._cover, end, top, right, bottom)
        is_round = length >= 2 * self._radius
        for cap, y in zip(self._caps, (top, bottom), strict=True):
            self._canvas.coords(cap, end, y)
            self._canvas.itemconfigure(cap, state="normal" if is_round else "hidden")

    def fade(self, level: float) -> None:
        """Fade to this opacity (0 to 1), in steps, because each step needs a picture."""
        level = round(level * STEPS) / STEPS
        if level == self._level:
            return
        if not level or not self._level:
            self._canvas.itemconfigure(self._tag, state="normal" if level else "hidden")
        self._level, self._end = level, -1
        if level and self._photo:
            self._paint(self._area)
            track = self._tone(self._look.colours.track)
            self._canvas.itemconfigure(self._cover, fill=track)
            caps = self._look.images.corners(self._radius, track)[1:3]
            for cap, picture in zip(self._caps, caps, strict=True):
                self._canvas.itemconfigure(cap, image=picture)

    def _paint(self, area: Area) -> None:
        """Draw the whole length, in the colours of the current opacity."""
        mark = replace(
            self._mark,
            colour=self._tone(self._mark.colour),
            second=self._tone(self._mark.second),
        )
        scale = max(self._look.sizes.scale, self._pattern_scale(area))
        self._photo = self._look.images.strip(mark, area.width, area.height, scale)
        self._canvas.itemconfigure(self._strip, image=str(self._photo))

    def _tone(self, colour: str) -> str:
        return mix(self._look.colours.panel, colour, self._level)

    def _pattern_scale(self, area: Area) -> float:
        """Return the scale of the pattern relative to a normal bar's."""
        return area.height / HEIGHT

    def _round(self, radius: int) -> None:
        """Round the corners of track and bar; a flat bar has smaller ones."""
        if radius == self._radius:
            return
        self._radius = radius
        images, colours = self._look.images, self._look.colours
        pictures = (
            *images.corners(radius, self._tone(colours.track))[1:3],
            *images.corners(radius, colours.panel),
        )
        for item, picture in zip((*self._caps, *self._corners), pictures, strict=True):
            self._canvas.itemconfigure(item, image=picture)
