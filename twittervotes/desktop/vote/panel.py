"""A panel of the right-hand column: a heading, and below it what its subclass writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.items import Anchor, Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import TINY
from twittervotes.desktop.vote.chart import spaced

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Iterator

    from twittervotes.desktop.vote.frame import Moment

PAD = 18


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

    def show(self, moment: Moment, left: int, top: int, width: int) -> int:
        """Draw the panel with its top left corner there; return its bottom."""
        look = self.look
        pad = look.px(PAD)
        font = look.sizes.font("bold", TINY)
        place = (left + pad, top + look.px(14))
        self._heading.show(spaced(self.heading), place, font, look.colours.faint)
        self._fresh = {anchor: iter(texts) for anchor, texts in self._made.items()}
        end = self.write(moment, Area(left + pad, top + look.px(40), left + width - pad, top))
        for texts in self._fresh.values():
            for text in texts:
                text.hide()
        bottom = end + look.px(14)
        self._box.place(Area(left, top, left + width, bottom))
        return bottom

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
