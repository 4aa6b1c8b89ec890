"""Where the display mode stands: the other screen, as far as Tk can tell of one.

Tk knows one primary screen and the rectangle that holds all. On Windows what lies outside of the
primary screen is another one. X11 tells only the whole: what is at least three times as wide as
high is taken for two screens side by side. On a Mac, and wherever nothing tells of a second
screen, it is the screen of the window.
"""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass

TWO_SIDE_BY_SIDE = 3.0


@dataclass(frozen=True, slots=True)
class Screen:
    """A rectangle of the desktop."""

    x: int
    y: int
    width: int
    height: int


def other_screen(middle: int, primary: Screen, whole: Screen) -> Screen:
    """Return the screen that the point `middle` (across) does not lie on, else the only one."""
    if whole.width > primary.width:  # Windows
        left = Screen(whole.x, primary.y, primary.x - whole.x, primary.height)
        end = primary.x + primary.width
        right = Screen(end, primary.y, whole.x + whole.width - end, primary.height)
        is_on_primary = primary.x <= middle < end
        others = [screen for screen in (right, left) if screen.width > 0]
        return others[0] if is_on_primary and others else primary
    if primary.width >= TWO_SIDE_BY_SIDE * primary.height:  # X11
        half = primary.width // 2
        start = half if middle < primary.x + half else 0
        return Screen(primary.x + start, primary.y, half, primary.height)
    return primary


def beside(window: tk.Misc) -> Screen:
    """Return the screen for the display mode of `window`."""
    primary = Screen(0, 0, window.winfo_screenwidth(), window.winfo_screenheight())
    whole = Screen(
        window.winfo_vrootx(),
        window.winfo_vrooty(),
        window.winfo_vrootwidth(),
        window.winfo_vrootheight(),
    )
    middle = window.winfo_rootx() + window.winfo_width() // 2
    return other_screen(middle, primary, whole)
