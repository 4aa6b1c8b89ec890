"""What distinguishes choices in every view: a letter, a hue, a pattern and a dash. Pure.

Colours are adjusted as far as necessary to reach the contrast READABLE on their backgrounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_uppercase

READABLE = 4.5
HUES = (
    "#4c9be8",
    "#f0a030",
    "#3fb68b",
    "#d06fb0",
    "#e2d04a",
    "#8e7cf0",
    "#e4765c",
    "#5fc7d6",
)
ON_LIGHT = (
    "#2467b8",
    "#a35a00",
    "#187a55",
    "#a8407f",
    "#7a6a00",
    "#6550d0",
    "#b8432a",
    "#12788a",
)  # the same hues on light backgrounds
PATTERNS = ("plain", "stripes", "dots", "hatch", "posts", "falling", "checks", "lines")
DASHES: tuple[tuple[int, ...], ...] = (
    (),
    (7, 3),
    (2, 3),
    (9, 3, 2, 3),
    (12, 4),
    (4, 4),
    (9, 3, 2, 3, 2, 3),
    (1, 2),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A choice's letter, its colour with a second one for the pattern, the pattern and the dash."""

    letter: str
    colour: str
    second: str
    on_colour: str
    pattern: str
    dash: tuple[int, ...]


def mark(index: int, grounds: tuple[str, ...], second: tuple[str, float], wish: str = "") -> Mark:
    """Return the mark of the choice at `index`.

    Args:
        index: The place of the choice in the operator's order.
        grounds: The backgrounds it is drawn on.
        second: The colour that the pattern's colour is mixed with, and how much (0 to 1).
        wish: A colour that the operator chose; anything that isn't one is ignored.
    """
    wished = wish if re.fullmatch(r"#[0-9a-fA-F]{6}", wish) else HUES[index % len(HUES)]
    if wished in HUES and contrast(grounds[0], "#000000") > contrast(grounds[0], "#ffffff"):
        wished = ON_LIGHT[HUES.index(wished)]
    colour = readable(wished, *grounds)
    step = index + index // len(HUES)
    return Mark(
        letter=letter(index),
        colour=colour,
        second=mix(colour, *second),
        on_colour=max(("#14171c", "#ffffff"), key=lambda ink: contrast(ink, colour)),
        pattern=PATTERNS[step % len(PATTERNS)],
        dash=DASHES[step % len(DASHES)],
    )


def letter(index: int) -> str:
    """Return the letters of a choice, like the columns of a spreadsheet: A to Z, then AA, AB."""
    before, last = divmod(index, len(ascii_uppercase))
    return (letter(before - 1) if before else "") + ascii_uppercase[last]


def mix(first: str, second: str, share: float) -> str:
    """Return `first` mixed with `share` (0 to 1) of `second`."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as defined by WCAG 2, 1 to 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def readable(colour: str, *grounds: str) -> str:
    """Return `colour`, changed no more than necessary to be readable on each of `grounds`."""
    away = "#000000" if _luminance(grounds[0]) > 0.18 else "#ffffff"
    for step in range(101):
        moved = mix(colour, away, step / 100)
        if all(contrast(moved, ground) >= READABLE for ground in grounds):
            return moved
    return away


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
