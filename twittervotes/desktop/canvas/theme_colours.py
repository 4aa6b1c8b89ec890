"""The colours of the window's two themes. Pure: knows nothing of Tk.

Every colour for text or bars has a contrast of at least 4.5 on its background, in the dark and in
the light theme; a test computes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from twittervotes.presentation import marks
from twittervotes.presentation.marks import Mark, readable


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, by their purpose."""

    theme: str
    background: str
    panel: str
    track: str
    line: str
    border: str
    ink: str
    dim: str
    faint: str
    button: str
    good: str
    waiting: str
    danger: str
    watermark: str
    grid: str
    alarm: str
    link: str
    live: str = "#c62a2f"
    action: str = "#2f6fd0"
    on_strong: str = "#ffffff"


def palette(theme: str) -> Palette:
    """Return the colours of the "dark" or the "light" theme."""
    return LIGHT if theme == "light" else DARK


def mark(index: int, colours: Palette, wish: str = "") -> Mark:
    """Return the mark of the choice at `index`; `wish` is the operator's colour for it, or ""."""
    away = "#000000" if colours.theme == "dark" else "#ffffff"
    return marks.mark(index, (colours.panel, colours.track), (away, 0.35), wish)


DARK = Palette(
    theme="dark",
    background="#14171c",
    panel="#1b2027",
    track="#0f1216",
    line="#2a313b",
    border="#6c7888",
    ink="#eef1f5",
    dim="#9aa5b4",
    faint="#8592a3",
    button="#262c36",
    good="#46a758",
    waiting="#f5a524",
    danger="#f58f7c",
    watermark="#2f2a1e",
    grid="#242a33",
    alarm="#f5a524",
    link="#7db4f0",
)
LIGHT = Palette(
    theme="light",
    background="#eef1f5",
    panel="#ffffff",
    track="#e9edf2",
    line="#cfd6df",
    border="#8a95a4",
    ink="#14171c",
    dim="#4a5564",
    faint="#5a6675",
    button="#dde3ea",
    good=readable("#46a758", "#ffffff", "#eef1f5", "#efe4cd"),
    waiting=readable("#f5a524", "#ffffff", "#eef1f5", "#efe4cd"),
    danger=readable("#c62a2f", "#ffffff", "#eef1f5"),
    watermark="#efe4cd",
    grid="#e6eaef",
    alarm="#f0dfb8",
    link="#2563c4",
)
