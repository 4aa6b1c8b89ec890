"""What the window remembers between runs, and where it and display mode go on the screens.

Nothing depends on it: if the file is missing, damaged or a stranger's, the default window opens.

Tk knows one primary screen and the rectangle around all screens. On Windows, anything outside the
primary screen is another one. X11 only reports the whole: a screen at least three times as wide as
high is taken for two side by side. On a Mac, and wherever no second screen is known, display mode
uses the window's screen.
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
FARTHEST = 100_000  # pixels; larger than any screen
FRAME = 100  # pixels; larger than any title bar
ZOOMS = (0.5, 0.67, 0.75, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
GEOMETRY = re.compile(r"([0-9]{1,6})x([0-9]{1,6})\+(-?[0-9]{1,6})\+(-?[0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class WindowGeometry:
    """The place and size of a window or a screen."""

    left: int
    top: int
    width: int
    height: int

    @property
    def geometry(self) -> str:
        """The geometry in Tk's format."""
        return f"{self.width}x{self.height}+{self.left}+{self.top}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """How the window was left; unknown values are empty.

    If the window manager chose the `place`, only its size is known and `is_placed` is false.
    """

    theme: str = ""
    zoom: float = 1.0
    place: WindowGeometry | None = None
    maximized: bool = False
    is_placed: bool = True
    name: str = ""
    export_folder: str = ""


def state_file() -> Path:
    """Return the path of the window's state: in the user's state folder."""
    return platformdirs.user_state_path("twittervotes", appauthor=False) / "window.json"


def recalled(path: Path) -> Remembered:
    """Return what is saved in `path`, as far as it is valid."""
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
    """Save `remembered` atomically; the window works without it too."""
    text = json.dumps(asdict(remembered))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_file.write(path, text.encode())
    except OSError as error:
        log.info("The window's position can't be saved: %s", error)


def read_place(geometry: str) -> WindowGeometry | None:
    """Parse Tk's geometry, such as '1280x800+40+30'."""
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
    """Return whether Tk knows the place of a window whose content begins at `left` and `top`.

    On X11, Tk reports +0+0 for a window that nobody has moved, wherever the window manager put it.
    """
    is_beside = max(abs(left - place.left), abs(top - place.top)) > FRAME
    return not ((place.left, place.top) == (0, 0) and is_beside)


def zoomed(zoom: float, steps: int) -> float:
    """Return the zoom so many steps larger, or smaller for a negative number."""
    now = min(range(len(ZOOMS)), key=lambda i: abs(ZOOMS[i] - zoom))
    return ZOOMS[min(max(now + steps, 0), len(ZOOMS) - 1)]


def _line(said: object, most: int) -> str:
    """Return a line of text that a user may have typed, "" for anything else."""
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
    """Return the screen without the point `middle` (across), or else the only one."""
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
    """Return the screen for the display of `window`."""
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
BARS = 88  # a title bar, the menu bar and the desktop's panel


class Seat:
    """The place of one window; `memory` is the file that saves it, or None."""

    def __init__(self, memory: Path | None) -> None:
        self._memory = memory
        self.remembered = recalled(memory) if memory else Remembered()

    def take(self, root: tk.Tk, px: Callable[[float], int]) -> None:
        """Put the window where it was, but completely on the screen."""
        screen = _screen(root)
        if (place := self.remembered.place) and self.remembered.is_placed:
            root.geometry(on_screen(place, screen).geometry)
        elif place:
            root.geometry(f"{min(place.width, screen.width)}x{min(place.height, screen.height)}")
        else:
            width = min(px(WIDTH), screen.width)
            height = min(px(HEIGHT), screen.height - px(BARS))
            root.geometry(f"{width}x{height}")
        self.limit(root, px)
        if self.remembered.maximized:
            _maximize(root)

    def limit(self, root: tk.Tk, px: Callable[[float], int]) -> None:
        """Set the minimum size of the window."""
        root.minsize(px(LEAST_WIDTH), px(LEAST_HEIGHT))

    def largest(self, root: tk.Tk) -> float:
        """Return the scale at which the smallest window fills the screen."""
        screen = _screen(root)
        return min(screen.width / LEAST_WIDTH, screen.height / LEAST_HEIGHT)

    def keep(self, name: str, export_folder: str) -> None:
        """Save the operator's name, and the folder for exports."""
        self.remembered = replace(self.remembered, name=name, export_folder=export_folder)

    def leave(self, root: tk.Tk) -> None:
        """Save the window's state; call it before the window is destroyed."""
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
    """Return the rectangle around all screens."""
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
