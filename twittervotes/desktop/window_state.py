"""What the window remembers between runs, and where it and the display mode go on the screens.

Nothing depends on the memory: a file that is missing, damaged or made by a stranger gives the usual
window.

Tk knows one primary screen and the rectangle that holds all. On Windows, what lies outside the
primary screen is another one. X11 tells only the whole: a screen at least three times as wide as
high is taken for two side by side. On a Mac, and wherever nothing tells of a second screen, the
display mode goes on the screen of the window.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import platformdirs

from twittervotes.core import atomic_file
from twittervotes.core.config.display import THEMES

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

MOST_BYTES = 4096
FARTHEST = 100_000  # pixels; no screen is as large
FRAME = 100  # pixels; a title bar is lower
ZOOMS = (0.5, 0.67, 0.75, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
GEOMETRY = re.compile(r"([0-9]{1,6})x([0-9]{1,6})\+(-?[0-9]{1,6})\+(-?[0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class WindowGeometry:
    """Where a window or a screen is, and how large."""

    left: int
    top: int
    width: int
    height: int

    @property
    def geometry(self) -> str:
        """The place as Tk writes it."""
        return f"{self.width}x{self.height}+{self.left}+{self.top}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """How the window was left; what is not known is empty.

    Of a `place` that the window manager chose only the size is known: then `is_placed` is false.
    """

    theme: str = ""
    zoom: float = 1.0
    place: WindowGeometry | None = None
    maximized: bool = False
    is_placed: bool = True
    name: str = ""
    export_folder: str = ""


def state_file() -> Path:
    """Return where the window is remembered: in the user's folder for such things."""
    return platformdirs.user_state_path("twittervotes", appauthor=False) / "window.json"


def recalled(path: Path) -> Remembered:
    """Return what `path` remembers, as far as it makes sense."""
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return Remembered()
    if not isinstance(said, dict):
        return Remembered()
    theme, zoom, maximized = said.get("theme"), said.get("zoom"), said.get("maximized")
    return Remembered(
        theme=theme if isinstance(theme, str) and theme in THEMES else "",
        zoom=zoom if isinstance(zoom, float) and zoom in ZOOMS else 1.0,
        place=_place(said.get("place")),
        maximized=maximized is True,
        is_placed=said.get("is_placed") is not False,
        name=_line(said.get("name"), 100),
        export_folder=_line(said.get("export_folder"), 400),
    )


def keep(path: Path, remembered: Remembered) -> None:
    """Write `remembered` so that the file is whole or as it was; a window works without it too."""
    text = json.dumps(asdict(remembered))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_file.write(path, text.encode())
    except OSError as error:
        log.info("The window's position can't be saved: %s", error)


def read_place(geometry: str) -> WindowGeometry | None:
    """Return the place that Tk writes as '1280x800+40+30'."""
    found = GEOMETRY.fullmatch(geometry)
    if not found:
        return None
    width, height, left, top = map(int, found.groups())
    return WindowGeometry(left, top, width, height)


def on_screen(wanted: WindowGeometry, screen: WindowGeometry) -> WindowGeometry:
    """Return `wanted`, moved and shrunk until all of it is on `screen`."""
    width, height = min(wanted.width, screen.width), min(wanted.height, screen.height)
    return WindowGeometry(
        left=min(max(wanted.left, screen.left), screen.left + screen.width - width),
        top=min(max(wanted.top, screen.top), screen.top + screen.height - height),
        width=width,
        height=height,
    )


def is_placed(place: WindowGeometry, left: int, top: int) -> bool:
    """Tell whether Tk knows the place of a window whose content begins at `left` and `top`.

    Of a window that nobody has moved, Tk says +0+0 on X11, wherever the window manager put it.
    """
    is_beside = max(abs(left - place.left), abs(top - place.top)) > FRAME
    return not ((place.left, place.top) == (0, 0) and is_beside)


def zoomed(zoom: float, steps: int) -> float:
    """Return the zoom that is so many steps larger, or smaller by a negative number."""
    now = min(range(len(ZOOMS)), key=lambda i: abs(ZOOMS[i] - zoom))
    return ZOOMS[min(max(now + steps, 0), len(ZOOMS) - 1)]


def _line(said: object, most: int) -> str:
    """Return a line of text that a person may have typed, "" for anything else."""
    is_line = isinstance(said, str) and len(said) <= most and said.isprintable()
    return str(said) if is_line else ""


def _place(said: object) -> WindowGeometry | None:
    if not isinstance(said, dict):
        return None
    numbers = [said.get(name) for name in ("left", "top", "width", "height")]
    whole = [n for n in numbers if type(n) is int and abs(n) <= FARTHEST]
    if len(whole) < len(numbers):
        return None
    place = WindowGeometry(*whole)
    return place if place.width > 0 and place.height > 0 else None


TWO_SIDE_BY_SIDE = 3.0


@dataclass(frozen=True, slots=True)
class Monitor:
    """A rectangle of the desktop."""

    x: int
    y: int
    width: int
    height: int


def other_screen(middle: int, primary: Monitor, whole: Monitor) -> Monitor:
    """Return the screen that the point `middle` (across) does not lie on, else the only one."""
    if whole.width > primary.width:  # Windows
        left = Monitor(whole.x, primary.y, primary.x - whole.x, primary.height)
        end = primary.x + primary.width
        right = Monitor(end, primary.y, whole.x + whole.width - end, primary.height)
        is_on_primary = primary.x <= middle < end
        others = [screen for screen in (right, left) if screen.width > 0]
        return others[0] if is_on_primary and others else primary
    if primary.width >= TWO_SIDE_BY_SIDE * primary.height:  # X11
        half = primary.width // 2
        start = half if middle < primary.x + half else 0
        return Monitor(primary.x + start, primary.y, half, primary.height)
    return primary


def beside(window: tk.Misc) -> Monitor:
    """Return the screen for the display mode of `window`."""
    primary = Monitor(0, 0, window.winfo_screenwidth(), window.winfo_screenheight())
    whole = Monitor(
        window.winfo_vrootx(),
        window.winfo_vrooty(),
        window.winfo_vrootwidth(),
        window.winfo_vrootheight(),
    )
    middle = window.winfo_rootx() + window.winfo_width() // 2
    return other_screen(middle, primary, whole)


WIDTH, HEIGHT, LEAST_WIDTH, LEAST_HEIGHT = 1280, 800, 720, 480


class Seat:
    """The place of one window; `memory` is the file that remembers it, None for none."""

    def __init__(self, memory: Path | None) -> None:
        self._memory = memory
        self.remembered = recalled(memory) if memory else Remembered()

    def take(self, root: tk.Tk, px: Callable[[float], int]) -> None:
        """Put the window where it was, but wholly on the screen."""
        screen = _screen(root)
        if (place := self.remembered.place) and self.remembered.is_placed:
            root.geometry(on_screen(place, screen).geometry)
        elif place:
            root.geometry(f"{min(place.width, screen.width)}x{min(place.height, screen.height)}")
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

    def keep(self, name: str, export_folder: str) -> None:
        """Remember what the operator is called, and where exports go."""
        self.remembered = replace(self.remembered, name=name, export_folder=export_folder)

    def leave(self, root: tk.Tk) -> None:
        """Remember how the window stands; call it before the window is gone."""
        if self._memory is None:
            return
        maximized = _is_maximized(root)
        if not maximized and not root.attributes("-fullscreen"):
            place = read_place(root.geometry())
            if place:
                placed = is_placed(place, root.winfo_rootx(), root.winfo_rooty())
                self.remembered = replace(self.remembered, place=place, is_placed=placed)
        keep(self._memory, replace(self.remembered, maximized=maximized))


def _screen(root: tk.Tk) -> WindowGeometry:
    """Return all screens together."""
    return WindowGeometry(
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
