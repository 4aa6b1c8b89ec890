"""What tells one choice from another on paper: a letter, a colour, a pattern and a dash; pure.

Each colour has a contrast of READABLE or more on the paper and on the track of a bar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_uppercase

READABLE = 4.5
PAPER, TRACK = "#ffffff", "#e9edf2"
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
PATTERNS = ("plain", "stripes", "dots", "hatch", "posts", "falling", "checks", "lines")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 4", "9 3 2 3 2 3", "1 2")


@dataclass(frozen=True, slots=True)
class Mark:
    """A choice's letter, its colour and the lighter one in its pattern, the pattern, the dash."""

    letter: str
    colour: str
    second: str
    pattern: str
    dash: str


def mark(index: int, wish: str = "") -> Mark:
    """Return the mark of the choice at `index`; `wish` is a colour of the operator's, or ""."""
    wished = wish if re.fullmatch("#[0-9a-fA-F]{6}", wish) else HUES[index % len(HUES)]
    colour = readable(wished)
    step = index + index // len(HUES)
    return Mark(
        letter=_letter(index),
        colour=colour,
        second=_mix(colour, PAPER, 0.4),
        pattern=PATTERNS[step % len(PATTERNS)],
        dash=DASHES[step % len(DASHES)],
    )


def readable(colour: str) -> str:
    """Return `colour`, darkened no further than needed to be read on paper and track."""
    darker = (_mix(colour, "#000000", step / 100) for step in range(100))
    return next((it for it in darker if contrast(it, TRACK) >= READABLE), "#000000")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, 1 to 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _mix(first: str, second: str, share: float) -> str:
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    parts = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _letter(index: int) -> str:
    before, last = divmod(index, len(ascii_uppercase))
    return (_letter(before - 1) if before else "") + ascii_uppercase[last]
