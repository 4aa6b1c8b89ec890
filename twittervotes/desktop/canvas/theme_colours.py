"""Colours, patterns and dashes of the window: the one place where they stand.

Pure: knows nothing of Tk. Each colour that carries text or a bar has a contrast of 4.5 or more on
what it is drawn on, in the dark and in the light theme; a test computes it.
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
class Palette:
    """The colours of one theme, by what they are for."""

    theme: str
    background: str
    panel: str
    track: str
    line: str
    ink: str
    dim: str
    faint: str
    button: str
    good: str
    waiting: str
    danger: str
    watermark: str
    grid: str
    live: str = "#c62a2f"
    action: str = "#2f6fd0"
    on_strong: str = "#ffffff"


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells one choice from another: a letter, a colour, a pattern and a dash."""

    letter: str
    colour: str
    second: str
    on_colour: str
    pattern: str
    dash: tuple[int, ...]


def mix(first: str, second: str, share: float) -> str:
    """Return `first` with `share` (0 to 1) of `second` in it."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, 1 to 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def readable(colour: str, *grounds: str) -> str:
    """Return `colour`, moved no further than needed to be read on each of `grounds`."""
    away = "#000000" if _luminance(grounds[0]) > 0.18 else "#ffffff"
    for step in range(101):
        moved = mix(colour, away, step / 100)
        if all(contrast(moved, ground) >= READABLE for ground in grounds):
            return moved
    return away


def palette(theme: str) -> Palette:
    """Return the colours of the "dark" or the "light" theme."""
    return LIGHT if theme == "light" else DARK


def mark(index: int, colours: Palette, wish: str = "") -> Mark:
    """Return the mark of the choice at `index`; `wish` is a colour of the operator's, or ""."""
    wished = wish if re.fullmatch(r"#[0-9a-fA-F]{6}", wish) else HUES[index % len(HUES)]
    colour = readable(wished, colours.panel, colours.track)
    step = index + index // len(HUES)
    return Mark(
        letter=_letter(index),
        colour=colour,
        second=mix(colour, "#000000" if colours.theme == "dark" else "#ffffff", 0.35),
        on_colour=max(("#14171c", "#ffffff"), key=lambda ink: contrast(ink, colour)),
        pattern=PATTERNS[step % len(PATTERNS)],
        dash=DASHES[step % len(DASHES)],
    )


def _letter(index: int) -> str:
    """Return the letters of a choice, as a spreadsheet names its columns: A to Z, AA, AB, …"""
    before, last = divmod(index, len(ascii_uppercase))
    return (_letter(before - 1) if before else "") + ascii_uppercase[last]


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


DARK = Palette(
    theme="dark",
    background="#14171c",
    panel="#1b2027",
    track="#0f1216",
    line="#2a313b",
    ink="#eef1f5",
    dim="#9aa5b4",
    faint="#8592a3",
    button="#262c36",
    good="#46a758",
    waiting="#f5a524",
    danger="#f58f7c",
    watermark="#262523",
    grid="#242a33",
)
LIGHT = Palette(
    theme="light",
    background="#eef1f5",
    panel="#ffffff",
    track="#e9edf2",
    line="#cfd6df",
    ink="#14171c",
    dim="#4a5564",
    faint="#5a6675",
    button="#dde3ea",
    good=readable("#46a758", "#ffffff", "#eef1f5", "#f3ece0"),
    waiting=readable("#f5a524", "#ffffff", "#eef1f5", "#f3ece0"),
    danger=readable("#c62a2f", "#ffffff", "#eef1f5"),
    watermark="#f3ece0",
    grid="#e6eaef",
)
