"""One bar on its track, in the colour and pattern of its choice.

The whole length is drawn once; a cover in the colour of the track hides what is too much. Growing
is moving the cover, so a frame costs three moves and no new picture.
"""

from __future__ import annotations

import tkinter as tk

from PIL.ImageTk import PhotoImage

from twittervotes.desktop.drawing import Area, Look
from twittervotes.desktop.palette import Mark

RADIUS = 4


class Bar:
    """A bar; its length is a share from 0 to 1."""

    def __init__(self, canvas: tk.Canvas, look: Look, mark: Mark, tag: str) -> None:
        self._canvas = canvas
        self._look = look
        self._mark = mark
        self._area = Area(0, 0, 0, 0)
        self._end = -1
        self._photo: PhotoImage | None = None
        track, panel = look.colours.track, look.colours.panel
        self._radius = look.px(RADIUS)
        self._strip = canvas.create_image(0, 0, anchor="nw", tags=(tag, f"{tag}-strip"))
        self._cover = canvas.create_rectangle(
            0, 0, 0, 0, fill=track, width=0, tags=(tag, f"{tag}-cover")
        )
        _, north_east, south_east, _ = look.images.corners(self._radius, track)
        self._caps = (
            canvas.create_image(0, 0, image=north_east, anchor="ne", tags=tag),
            canvas.create_image(0, 0, image=south_east, anchor="se", tags=tag),
        )
        self._corners = tuple(
            canvas.create_image(0, 0, image=image, anchor=anchor, tags=tag)
            for image, anchor in zip(
                look.images.corners(self._radius, panel), ("nw", "ne", "se", "sw"), strict=True
            )
        )

    def place(self, area: Area) -> None:
        """Stand there; `grow` must follow."""
        if area == self._area:
            return
        if (area.width, area.height) != (self._area.width, self._area.height):
            self._photo = self._look.images.strip(
                self._mark, area.width, area.height, self._look.sizes.scale
            )
            self._canvas.itemconfigure(self._strip, image=str(self._photo))
        self._area = area
        self._end = -1
        left, top, right, bottom = area.left, area.top, area.right, area.bottom
        self._canvas.coords(self._strip, left, top)
        places = ((left, top), (right, top), (right, bottom), (left, bottom))
        for corner, place in zip(self._corners, places, strict=True):
            self._canvas.coords(corner, *place)

    def grow(self, share: float) -> None:
        """Be `share` of the track long; a choice with any vote is never without a bar."""
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
