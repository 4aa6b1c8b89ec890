"""Texts and boxes on a Canvas, which touch it only on a change.

An item is made once and then moved, changed or hidden. It remembers what it shows, so showing the
same again costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from twittervotes.desktop.canvas.images import Images, Plate
from twittervotes.desktop.canvas.sizes import Sizes
from twittervotes.desktop.canvas.theme_colours import Palette

if TYPE_CHECKING:
    import tkinter as tk
    from tkinter.font import Font

Anchor = Literal["w", "e", "nw", "ne", "sw", "se", "center"]
RADIUS = 12


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that determines the window's look."""

    colours: Palette
    sizes: Sizes
    images: Images

    def px(self, size: float) -> int:
        """Return a size in pixels of this screen."""
        return self.sizes.px(size)


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a Canvas."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """The width."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """The height."""
        return self.bottom - self.top


class Text:
    """A text on a Canvas."""

    def __init__(
        self, canvas: tk.Canvas, look: Look, *, anchor: Anchor = "w", tags: tuple[str, ...] = ()
    ) -> None:
        self._canvas = canvas
        self._sizes = look.sizes
        self.item = canvas.create_text(0, 0, anchor=anchor, state="hidden", tags=tags)
        self._place = (0, 0)
        self._shown: tuple[str, str, str, int] | None = None

    def show(self, text: str, place: tuple[int, int], font: Font, colour: str) -> int:
        """Show `text` at `place`; return its width."""
        self._set(text, place, font, colour, 0)
        return self._sizes.width(font, text)

    def fit(self, text: str, place: tuple[int, int], font: Font, colour: str, *, width: int) -> int:
        """Show `text`, shortened to `width`; return its width."""
        return self.show(self._sizes.fitted(font, text, width), place, font, colour)

    def wrap(
        self, text: str, place: tuple[int, int], font: Font, colour: str, *, width: int
    ) -> int:
        """Show `text` on as many lines as it needs (anchor "nw"); return their height."""
        self._set(text, place, font, colour, max(1, width))
        if not text:
            return 0
        _, top, _, bottom = self._canvas.bbox(self.item)
        return bottom - top

    def hide(self) -> None:
        """Hide the text."""
        if self._shown is not None:
            self._shown = None
            self._canvas.itemconfigure(self.item, state="hidden")

    def _set(self, text: str, place: tuple[int, int], font: Font, colour: str, width: int) -> None:
        if not text:
            self.hide()
            return
        if place != self._place:
            self._place = place
            self._canvas.coords(self.item, *place)
        shown = (text, font.name, colour, width)
        if shown != self._shown:
            self._canvas.itemconfigure(
                self.item,
                text=self._sizes.ordered(text),
                font=font,
                fill=colour,
                width=width,
                state="normal",
            )
            self._shown = shown


class Box:
    """A rectangle with round corners, on a uniform background."""

    def __init__(
        self,
        canvas: tk.Canvas,
        look: Look,
        *,
        fill: str,
        outside: str,
        radius: int = RADIUS,
        tags: tuple[str, ...] = (),
    ) -> None:
        self._canvas = canvas
        self._images = look.images
        self._area: Area | None = None
        self._fill = fill
        self._outside = outside
        self._radius = look.px(radius)
        self.item = canvas.create_rectangle(
            0, 0, 0, 0, fill=fill, width=0, state="hidden", tags=tags
        )
        self._corners = [
            canvas.create_image(0, 0, image=image, anchor=anchor, state="hidden", tags=tags)
            for image, anchor in zip(
                look.images.corners(self._radius, outside), ("nw", "ne", "se", "sw"), strict=True
            )
        ]

    def place(self, area: Area) -> None:
        """Show the box there."""
        if area == self._area:
            return
        if self._area is None:
            self._state("normal")
        self._area = area
        left, top, right, bottom = area.left, area.top, area.right, area.bottom
        self._canvas.coords(self.item, left, top, right, bottom)
        places = ((left, top), (right, top), (right, bottom), (left, bottom))
        for corner, place in zip(self._corners, places, strict=True):
            self._canvas.coords(corner, *place)

    def round(self, radius: int) -> None:
        """Round the corners with this radius."""
        if radius != self._radius:
            self._radius = radius
            self._draw_corners()

    def stand_on(self, outside: str) -> None:
        """Change the background's colour."""
        if outside != self._outside:
            self._outside = outside
            self._draw_corners()

    def _draw_corners(self) -> None:
        images = self._images.corners(self._radius, self._outside)
        for corner, image in zip(self._corners, images, strict=True):
            self._canvas.itemconfigure(corner, image=image)

    def fill(self, colour: str) -> None:
        """Change the fill colour."""
        if colour != self._fill:
            self._fill = colour
            self._canvas.itemconfigure(self.item, fill=colour)

    def hide(self) -> None:
        """Hide the box."""
        if self._area is not None:
            self._area = None
            self._state("hidden")

    def _state(self, state: Literal["normal", "hidden"]) -> None:
        for item in (self.item, *self._corners):
            self._canvas.itemconfigure(item, state=state)


class FieldFrame:
    """A field's frame: a face with an edge and round corners, on a uniform background."""

    def __init__(self, canvas: tk.Canvas, look: Look, *, face: str, ground: str) -> None:
        self._canvas, self._look = canvas, look
        self._face, self._ground = face, ground
        self._shown: tuple[Area, str] | None = None
        self._outer, self._inner = (
            canvas.create_rectangle(0, 0, 0, 0, width=0, fill=face) for _ in range(2)
        )
        self._corners = [
            canvas.create_image(0, 0, anchor=anchor) for anchor in ("nw", "ne", "se", "sw")
        ]

    def show(self, area: Area, edge: str, line: int, radius: int) -> None:
        """Show it there, with an edge of this colour and width."""
        if (area, edge) == self._shown:
            return
        self._shown = (area, edge)
        canvas, (left, top) = self._canvas, (area.left, area.top)
        right, bottom = area.right, area.bottom
        canvas.coords(self._outer, left, top, right, bottom)
        canvas.itemconfigure(self._outer, fill=edge)
        canvas.coords(self._inner, left + line, top + line, right - line, bottom - line)
        images = self._look.images.framed(self._ground, Plate(self._face, edge, line, radius))
        places = ((left, top), (right, top), (right, bottom), (left, bottom))
        for corner, place, image in zip(self._corners, places, images, strict=True):
            canvas.coords(corner, *place)
            canvas.itemconfigure(corner, image=image)
