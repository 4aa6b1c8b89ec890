"""Small smooth pictures that a Canvas can't draw itself: round corners, dots, patterns.

Tk draws shapes with jagged edges. These are drawn four times as large and scaled down; each is made
once and then only moved.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw
from PIL.ImageTk import PhotoImage

from twittervotes.desktop.canvas.pictures import rounded

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Mapping

    from twittervotes.presentation.marks import Mark

FINER = 4
LEVELS, MOST_BADGES = 16, 256
CLEAR = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Plate:
    """The look of a rectangle: its face, its edge, and the ring around it ("" for none)."""

    face: str
    edge: str
    line: int
    radius: int
    ring: str = ""
    outer: int = 0


class Images:
    """The pictures of one window, cached by their content."""

    def __init__(self, root: tk.Misc) -> None:
        self._root = root
        self._made: dict[tuple[str | int, ...], PhotoImage] = {}
        self._badges: dict[tuple[str | int, ...], PhotoImage] = {}
        self.pictures: Mapping[str, Image.Image] = {}  # of choices, by tag

    def corners(self, radius: int, outside: str) -> tuple[str, str, str, str]:
        """Return the pictures that round a rectangle's corners: nw, ne, se, sw."""
        names = []
        for quarter in range(4):
            key = ("corner", radius, outside, quarter)
            if key not in self._made:
                self._made[key] = self._photo(_corner(radius, outside).rotate(-90 * quarter))
            names.append(str(self._made[key]))
        return names[0], names[1], names[2], names[3]

    def dot(self, size: int, colour: str) -> str:
        """Return a filled circle."""
        key = ("dot", size, colour)
        if key not in self._made:
            self._made[key] = self._photo(_dot(size, colour))
        return str(self._made[key])

    def plate(self, size: tuple[int, int], style: Plate) -> str:
        """Return a rectangle with round corners, an edge and perhaps a ring around it."""
        key = ("plate", *size, *astuple(style))
        if key not in self._made:
            self._made[key] = self._photo(_plate(size, style))
        return str(self._made[key])

    def framed(self, ground: str, style: Plate) -> tuple[str, str, str, str]:
        """Return the four corners of a frame on `ground`: nw, ne, se, sw."""
        key = ("framed", ground, *astuple(style))
        radius = style.radius
        ends = ((0, 0), (radius, 0), (radius, radius), (0, radius))
        if (*key, 0) not in self._made:
            whole = Image.new("RGBA", (2 * radius, 2 * radius), ground)
            whole.alpha_composite(_plate(whole.size, style))
            for n, (x, y) in enumerate(ends):
                self._made[*key, n] = self._photo(whole.crop((x, y, x + radius, y + radius)))
        nw, ne, se, sw = (str(self._made[*key, n]) for n in range(4))
        return nw, ne, se, sw

    def badge(self, tag: str, side: int, radius: int, ground: str, level: float) -> str:
        """Return the picture of a choice as a badge, "" if it has none.

        `level` is how visible it is; what it has been lately is kept.
        """
        if tag not in self.pictures or side < 2:
            return ""
        steps = round(level * LEVELS)
        key = (tag, side, radius, ground, steps)
        if key not in self._badges:
            while len(self._badges) >= MOST_BADGES:
                del self._badges[next(iter(self._badges))]
            badge = rounded(self.pictures[tag], side, radius, ground, steps / LEVELS)
            self._badges[key] = self._photo(badge)
        return str(self._badges[key])

    def strip(self, mark: Mark, width: int, height: int, scale: float) -> PhotoImage:
        """Return a full-length bar in its colour and pattern; the caller must keep a reference."""
        return self._photo(_strip(mark, max(1, width), max(1, height), scale))

    def kept_strip(self, mark: Mark, width: int, height: int, scale: float) -> str:
        """Return a strip that is cached as long as the window exists."""
        key = ("strip", mark.colour, mark.pattern, width, height)
        if key not in self._made:
            self._made[key] = self.strip(mark, width, height, scale)
        return str(self._made[key])

    def _photo(self, image: Image.Image) -> PhotoImage:
        return PhotoImage(image, master=self._root)


def _corner(radius: int, outside: str) -> Image.Image:
    size = max(1, radius) * FINER
    cover = Image.new("L", (size, size), 255)
    ImageDraw.Draw(cover).ellipse((0, 0, 2 * size - 1, 2 * size - 1), fill=0)
    corner = Image.new("RGBA", (size // FINER, size // FINER), outside)
    corner.putalpha(cover.reduce(FINER))
    return corner


def _plate(size: tuple[int, int], style: Plate) -> Image.Image:
    plate = Image.new("RGBA", size, (style.ring or style.edge) + "00")
    if style.ring:
        ring = _rounded(size, 0, style.radius + style.outer)
        ring.paste(0, mask=_rounded(size, style.outer // 2, style.radius + style.outer // 2))
        plate.paste(style.ring, mask=ring)
    plate.paste(style.edge, mask=_rounded(size, style.outer, style.radius))
    inner = _rounded(size, style.outer + style.line, style.radius - style.line)
    plate.paste(style.face, mask=inner)
    return plate


def _rounded(size: tuple[int, int], inset: int, radius: int) -> Image.Image:
    """Return the mask of a rectangle with round corners, inset on all sides."""
    width, height = size
    mask = Image.new("L", (width * FINER, height * FINER), 0)
    ends = (
        inset * FINER,
        inset * FINER,
        (width - inset) * FINER - 1,
        (height - inset) * FINER - 1,
    )
    ImageDraw.Draw(mask).rounded_rectangle(ends, radius=radius * FINER, fill=255)
    return mask.reduce(FINER)


def _dot(size: int, colour: str) -> Image.Image:
    large = Image.new("L", (size * FINER, size * FINER), 0)
    ImageDraw.Draw(large).ellipse((0, 0, size * FINER - 1, size * FINER - 1), fill=255)
    dot = Image.new("RGBA", (size, size), colour)
    dot.putalpha(large.reduce(FINER))
    return dot


def _strip(mark: Mark, width: int, height: int, scale: float) -> Image.Image:
    strip = Image.new("RGB", (width, height), mark.colour)
    if mark.pattern == "plain":
        return strip
    size = max(4, round(min(height / 2, 10 * scale)))
    tile = _tile(
        mark, size if mark.pattern != "stripes" and mark.pattern != "falling" else 2 * size
    )
    row = Image.new("RGB", (width, tile.height))
    for x in range(0, width, tile.width):
        row.paste(tile, (x, 0))
    for y in range(0, height, tile.height):
        strip.paste(row, (0, y))
    return strip


def _tile(mark: Mark, size: int) -> Image.Image:
    """Return one seamless tile of the pattern."""
    full = size * FINER
    tile = Image.new("RGB", (full, full), mark.colour)
    draw = ImageDraw.Draw(tile)
    match mark.pattern:
        case "stripes" | "falling":
            for left in (-full, 0, full):
                leaning = (left, 0, left + full / 2, 0, left + full * 1.5, full, left + full, full)
                draw.polygon(leaning, fill=mark.second)
            if mark.pattern == "stripes":
                tile = tile.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        case "dots":
            centre, radius = full / 2, full * 0.27
            draw.ellipse(
                (centre - radius, centre - radius, centre + radius, centre + radius),
                fill=mark.second,
            )
        case "hatch":
            for ends in ((0, 0, full, full), (0, full, full, 0)):
                draw.line(ends, fill=mark.second, width=round(full * 0.2))
        case "posts":
            draw.rectangle((0, 0, full / 2, full), fill=mark.second)
        case "checks":
            draw.rectangle((0, 0, full / 2 - 1, full / 2 - 1), fill=mark.second)
            draw.rectangle((full / 2, full / 2, full, full), fill=mark.second)
        case _:
            draw.rectangle((0, full * 0.35, full, full * 0.65), fill=mark.second)
    return tile.reduce(FINER)
