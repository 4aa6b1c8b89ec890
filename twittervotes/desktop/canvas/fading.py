"""Fade everything on a Canvas, which has no transparency: colours are mixed with what is behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL.ImageTk import PhotoImage

from twittervotes.presentation.marks import mix

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from PIL import Image

FILLED = ("text", "rectangle")
LEVELS = 8  # of an image's opacity, because each needs a picture


class FadingImage:
    """A picture on a Canvas with an opacity; it has none until one is set."""

    def __init__(self, canvas: tk.Canvas, item: int) -> None:
        self._canvas, self._item = canvas, item
        self._picture: Image.Image | None = None
        self._photo: PhotoImage | None = None
        self._level = 1.0

    @property
    def width(self) -> int:
        """The width, 0 without a picture."""
        return self._picture.width if self._picture else 0

    def set(self, picture: Image.Image | None) -> None:
        """Show this picture, or none."""
        self._picture = picture
        self._draw()

    def fade(self, level: float) -> None:
        """Set the opacity, from 0 to 1."""
        level = round(level * LEVELS) / LEVELS
        if level != self._level:
            self._level = level
            self._draw()

    def _draw(self) -> None:
        if self._picture is None:
            self._canvas.itemconfigure(self._item, state="hidden")
            return
        shown = self._picture.convert("RGBA")
        shown.putalpha(shown.getchannel("A").point(lambda alpha: alpha * self._level))
        self._photo = PhotoImage(shown, master=self._canvas)
        self._canvas.itemconfigure(self._item, image=str(self._photo), state="normal")


class Veil:
    """Fades the texts and rectangles of a Canvas, whatever else draws on it meanwhile.

    An item keeps its colour of its own: it is known as long as nothing else changes it, and it
    returns when the opacity is 1 again.
    """

    def __init__(self, canvas: tk.Canvas, ground_of: Callable[[int], str | None]) -> None:
        """Prepare; `ground_of` returns the colour behind an item, None if it must not fade."""
        self._canvas, self._ground_of = canvas, ground_of
        self._mixed: dict[int, tuple[str, str]] = {}  # an item's own colour, and the mixed one

    def set(self, level: float) -> None:
        """Set the opacity of all items, from 0 to 1."""
        if level >= 1 and not self._mixed:
            return
        for item in self._canvas.find_all():
            if str(self._canvas.type(item)) not in FILLED:
                continue
            ground = self._ground_of(item)
            shown = str(self._canvas.tk.call(str(self._canvas), "itemcget", item, "-fill"))
            if ground is None or not shown:
                continue
            own, mixed = self._mixed.get(item, (shown, shown))
            own = own if shown == mixed else shown
            mixed = own if level >= 1 else mix(ground, own, level)
            self._mixed[item] = (own, mixed)
            if mixed != shown:
                self._canvas.itemconfigure(item, fill=mixed)
        if level >= 1:
            self._mixed.clear()
