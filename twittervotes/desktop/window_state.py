"""What the window remembers from one run to the next: its place, its theme, how large it is drawn.

Nothing depends on it: a file that is missing, damaged or made by a stranger gives the usual window.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from twittervotes.core import atomic_file
from twittervotes.core.config.view import THEMES

log = logging.getLogger(__name__)

MOST_BYTES = 4096
FARTHEST = 100_000  # pixels; no screen is as large
ZOOMS = (0.5, 0.67, 0.75, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
GEOMETRY = re.compile(r"([0-9]{1,6})x([0-9]{1,6})\+(-?[0-9]{1,6})\+(-?[0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Place:
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
    """How the window was left; what is not known is empty."""

    theme: str = ""
    zoom: float = 1.0
    place: Place | None = None
    maximized: bool = False


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
    )


def keep(path: Path, remembered: Remembered) -> None:
    """Write `remembered` so that the file is whole or as it was; a window works without it too."""
    text = json.dumps(asdict(remembered))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_file.write(path, text.encode())
    except OSError as error:
        log.info("The window's place is not remembered: %s", error)


def read_place(geometry: str) -> Place | None:
    """Return the place that Tk writes as '1280x800+40+30'."""
    found = GEOMETRY.fullmatch(geometry)
    if not found:
        return None
    width, height, left, top = map(int, found.groups())
    return Place(left, top, width, height)


def on_screen(wanted: Place, screen: Place) -> Place:
    """Return `wanted`, moved and shrunk until all of it is on `screen`."""
    width, height = min(wanted.width, screen.width), min(wanted.height, screen.height)
    return Place(
        left=min(max(wanted.left, screen.left), screen.left + screen.width - width),
        top=min(max(wanted.top, screen.top), screen.top + screen.height - height),
        width=width,
        height=height,
    )


def zoomed(zoom: float, steps: int) -> float:
    """Return the zoom that is so many steps larger, or smaller by a negative number."""
    now = min(range(len(ZOOMS)), key=lambda i: abs(ZOOMS[i] - zoom))
    return ZOOMS[min(max(now + steps, 0), len(ZOOMS) - 1)]


def _place(said: object) -> Place | None:
    if not isinstance(said, dict):
        return None
    numbers = [said.get(name) for name in ("left", "top", "width", "height")]
    whole = [n for n in numbers if type(n) is int and abs(n) <= FARTHEST]
    if len(whole) < len(numbers):
        return None
    place = Place(*whole)
    return place if place.width > 0 and place.height > 0 else None
