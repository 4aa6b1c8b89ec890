"""A panel of the right-hand column: a heading, and below it what its subclass writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.items import Anchor, Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import TEXT

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Iterator

    from twittervotes.desktop.vote.frame import Moment

PAD, HEAD = 16, 36


class Panel(ABC):
    """Texts below a heading; the panel is as high as they are."""

    heading = ""

    def __init__(self, canvas: tk.Canvas, look: Look) -> None:
        self.canvas = canvas
        self.look = look
        self._box = Box(
            canvas,
            look,
            fill=look.colours.panel,
            outside=look.colours.background,
            tags=("ground",),
        )
        self._heading = Text(canvas, look, anchor="nw")
        self._made: dict[Anchor, list[Text]] = {}
        self._fresh: dict[Anchor, Iterator[Text]] = {}
        self.top = self.height = 0

    def show(self, moment: Moment, left: int, top: int, width: int) -> int:
        """Draw the panel with its top left corner there; return its bottom."""
        look = self.look
        pad = look.px(PAD)
        font = look.sizes.font("bold", TEXT)
        place = (left + pad, top + look.px(11))
        self._heading.show(self.heading, place, font, look.colours.ink)
        self._fresh = {anchor: iter(texts) for anchor, texts in self._made.items()}
        below = look.px(HEAD if self.heading else 12)
        end = self.write(moment, Area(left + pad, top + below, left + width - pad, top))
        for texts in self._fresh.values():
            for text in texts:
                text.hide()
        bottom = end + look.px(12)
        self.top, self.height = top, bottom - top
        self._box.place(Area(left, top, left + width, bottom))
        return bottom

    def clear(self) -> None:
        """Show nothing."""
        self._box.hide()
        for texts in self._made.values():
            for text in texts:
                text.hide()

    @abstractmethod
    def write(self, moment: Moment, area: Area) -> int:
        """Write into `area` (its height is not given) and return the bottom of the last line."""

    def text(self, anchor: Anchor) -> Text:
        """Return the next text that is unused in this picture."""
        fresh = next(self._fresh.setdefault(anchor, iter(())), None)
        if fresh is None:
            fresh = Text(self.canvas, self.look, anchor=anchor)
            self._made.setdefault(anchor, []).append(fresh)
        return fresh
