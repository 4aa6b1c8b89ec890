"""Smooth lines, full or dashed, as one picture: Tk on X11 draws lines with ragged edges.

Pure apart from its memory: points in, picture out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw

Point = tuple[float, float]
LARGE = 250_000


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through `points`, `width` pixels wide; `dash` alternates pixels drawn and left out."""

    points: tuple[Point, ...]
    colour: str
    width: float
    dash: tuple[float, ...] = ()


def drawn(size: tuple[int, int], strokes: Sequence[Stroke]) -> Image.Image:
    """Draw `strokes`, the first on top; clear elsewhere."""
    finer = 2 if size[0] * size[1] > LARGE else 3
    large = Image.new("RGBA", (size[0] * finer, size[1] * finer))
    draw = ImageDraw.Draw(large)
    for stroke in reversed(strokes):
        for part in dashes(stroke.points, stroke.dash):
            points = [(x * finer, y * finer) for x, y in part]
            draw.line(points, fill=stroke.colour, width=round(stroke.width * finer), joint="curve")
    return large.reduce(finer)


def dashes(points: Sequence[Point], dash: Sequence[float]) -> Iterator[list[Point]]:
    """Cut a line into the parts that `dash` leaves of it; the pattern goes on round corners."""
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
