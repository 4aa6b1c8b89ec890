"""One scale for everything that has a size: fonts, gaps, lines.

At 96 dpi a size is that many pixels; on other screens, or if the operator zooms, all grow alike.
Fonts and text widths are cached.
"""

from __future__ import annotations

from tkinter.font import Font, families
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas import fonts
from twittervotes.desktop.canvas.bidi import visual

if TYPE_CHECKING:
    import tkinter as tk

PERCENT, NAME, TITLE, TEXT, SMALL, TINY = 34, 25, 25, 15, 13, 12
ELLIPSIS = "…"
JOINERS = "\u200d\ufe0e\ufe0f"
SANS = (fonts.FAMILY, "Segoe UI", "Helvetica Neue", "DejaVu Sans", "Noto Sans", "Liberation Sans")
MONO = ("Cascadia Mono", "Menlo", "DejaVu Sans Mono", "Noto Sans Mono", "Liberation Mono")
REMEMBERED = 4096


def screen_scale(root: tk.Misc) -> float:
    """Return how many pixels of this screen one pixel at 96 dpi is, in steps of an eighth."""
    return max(0.75, round(root.winfo_fpixels("1i") / 96 * 8) / 8)


class Sizes:
    """Pixels and fonts of one screen."""

    def __init__(self, root: tk.Misc, scale: float) -> None:
        self.scale = scale
        self._root = root
        self._fonts: dict[tuple[str, int], Font] = {}
        self._widths: dict[tuple[str, str], int] = {}
        self._descents: dict[str, int] = {}
        fonts.load()
        there = set(families(root))
        fallback = str(Font(root=root, name="TkDefaultFont", exists=True).actual("family"))
        sans = next((name for name in SANS if name in there), fallback)
        mono = next((name for name in MONO if name in there), fallback)
        self._orders = root.tk.call("tk", "windowingsystem") == "x11"
        self._families = {
            "text": sans,
            "bold": sans,
            "link": sans,
            "mono": mono,
        }

    def px(self, size: float) -> int:
        """Return `size` in pixels of this screen."""
        return round(size * self.scale)

    def font(self, style: str, size: float) -> Font:
        """Return the font of a style ("text", "bold", "mono", "link") in `size`."""
        pixels = self.px(size)
        if (style, pixels) not in self._fonts:
            self._fonts[style, pixels] = Font(
                root=self._root,
                family=self._families[style],
                size=-pixels,
                weight="bold" if style in {"bold", "link"} else "normal",
                underline=style == "link",
            )
        return self._fonts[style, pixels]

    def width(self, font: Font, text: str) -> int:
        """Return the width of `text` in pixels."""
        text = self.ordered(text)
        known = self._widths.get((font.name, text))
        if known is None:
            if len(self._widths) > REMEMBERED:
                self._widths.clear()
            known = self._widths[font.name, text] = font.measure(text)
        return known

    def ordered(self, text: str) -> str:
        """Return `text` with its characters in the order that this platform's Tk needs."""
        return visual(text) if self._orders else text

    def below(self, font: Font) -> int:
        """Return the descent of a line of text in pixels."""
        if font.name not in self._descents:
            self._descents[font.name] = int(font.metrics("descent"))
        return self._descents[font.name]

    def fitted(self, font: Font, text: str, width: int) -> str:
        """Return `text`, shortened with an ellipsis to at most `width` pixels."""
        if self.width(font, text) <= width:
            return text
        fits, too_long = 0, len(text)
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            if font.measure(self.ordered(text[:middle] + ELLIPSIS)) <= width:
                fits = middle
            else:
                too_long = middle
        kept = text[:fits].rstrip().rstrip(JOINERS)
        return kept + ELLIPSIS if kept else ""
