"""Where the window stands on the screen, as it was left the last time."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from twittervotes.desktop.window_state import (
    Place,
    Remembered,
    keep,
    on_screen,
    read_place,
    recalled,
)

WIDTH, HEIGHT, LEAST_WIDTH, LEAST_HEIGHT = 1280, 800, 720, 480


class Seat:
    """The place of one window; `memory` is the file that remembers it, None for none."""

    def __init__(self, memory: Path | None) -> None:
        self._memory = memory
        self.remembered = recalled(memory) if memory else Remembered()

    def take(self, root: tk.Tk, px: Callable[[float], int]) -> None:
        """Put the window where it was, but wholly on the screen."""
        screen = _screen(root)
        if self.remembered.place:
            root.geometry(on_screen(self.remembered.place, screen).geometry)
        else:
            width, height = min(px(WIDTH), screen.width), min(px(HEIGHT), screen.height)
            root.geometry(f"{width}x{height}")
        self.limit(root, px)
        if self.remembered.maximized:
            _maximize(root)

    def limit(self, root: tk.Tk, px: Callable[[float], int]) -> None:
        """Tell how small the window may be made."""
        root.minsize(px(LEAST_WIDTH), px(LEAST_HEIGHT))

    def largest(self, root: tk.Tk) -> float:
        """Return the scale at which the smallest window is as large as the screen."""
        screen = _screen(root)
        return min(screen.width / LEAST_WIDTH, screen.height / LEAST_HEIGHT)

    def leave(self, root: tk.Tk) -> None:
        """Remember how the window stands; call it before the window is gone."""
        if self._memory is None:
            return
        maximized = _is_maximized(root)
        if not maximized and not root.attributes("-fullscreen"):
            place = read_place(root.geometry())
            self.remembered = replace(self.remembered, place=place or self.remembered.place)
        keep(self._memory, replace(self.remembered, maximized=maximized))


def _screen(root: tk.Tk) -> Place:
    """Return all screens together."""
    return Place(
        root.winfo_vrootx(),
        root.winfo_vrooty(),
        root.winfo_vrootwidth(),
        root.winfo_vrootheight(),
    )


def _maximize(root: tk.Tk) -> None:
    if root.tk.call("tk", "windowingsystem") == "x11":
        root.attributes("-zoomed", True)
    else:
        root.state("zoomed")


def _is_maximized(root: tk.Tk) -> bool:
    if root.tk.call("tk", "windowingsystem") == "x11":
        return bool(root.attributes("-zoomed"))
    return root.state() == "zoomed"
