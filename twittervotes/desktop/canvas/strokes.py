"""Smooth lines, full or dashed, as one picture: Tk on X11 draws lines with jagged edges.

The picture is opaque, so it includes what is behind the lines: Tk takes ten times as long to show a
transparent one. Pure apart from its cache: points in, picture out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Point = tuple[float, float]
LARGE = 250_000  # pixels


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through `points`, `width` pixels wide; `dash` alternates drawn and skipped pixels."""

    points: tuple[Point, ...]
    colour: str
    width: float
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Patch:
    """A rectangle of one colour, in whole pixels."""

    left: int
    top: int
    right: int
    bottom: int
    colour: str

    def moved(self, right: int, down: int) -> Patch:
        """Return it moved to the right and down."""
        return Patch(
            self.left + right, self.top + down, self.right + right, self.bottom + down, self.colour
        )


def drawn(
    size: tuple[int, int], ground: str, patches: Sequence[Patch], strokes: Sequence[Stroke]
) -> Image.Image:
    """Draw `patches` on a colour, the last on top, and above them `strokes`, the first on top."""
    finer = 2 if size[0] * size[1] > LARGE else 3
    large = Image.new("RGB", (size[0] * finer, size[1] * finer), ground)
    draw = ImageDraw.Draw(large)
    for patch in patches:
        corners = [patch.left, patch.top, patch.right, patch.bottom]
        left, top, right, bottom = (finer * place for place in corners)
        if left < right and top < bottom:
            draw.rectangle((left, top, right - 1, bottom - 1), fill=patch.colour)
    for stroke in reversed(strokes):
        for part in dashes(stroke.points, stroke.dash):
            points = [(x * finer, y * finer) for x, y in part]
            draw.line(points, fill=stroke.colour, width=round(stroke.width * finer), joint="curve")
    return large.reduce(finer)


def dashes(points: Sequence[Point], dash: Sequence[float]) -> Iterator[list[Point]]:
    """Yield the parts of a line that `dash` leaves; the pattern continues around corners."""
    if not dash:
        yield list(points)
        return
    place, left = 0, dash[0]
    part = [points[0]]
    for (x, y), end in pairwise(points):
        length = math.dist((x, y), end)
        done = 0.0
        while length - done > left:
            done += left
            turn = (x + (end[0] - x) * done / length, y + (end[1] - y) * done / length)
            if place % 2 == 0:
                yield [*part, turn]
            part = [turn]
            place = (place + 1) % len(dash)
            left = dash[place]
        left -= length - done
        part.append(end)
    if place % 2 == 0 and len(part) > 1:
        yield part
