"""How a vote is shown: the view, the look of the audience's display, the addresses on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

LONGEST_LINK = 300  # characters; a QR code with more can't be scanned from a distance
KEY = "#00b140"  # the green that vision mixers key out
TRANSPARENT = "transparent"

THEMES = ("dark", "light")


class View(StrEnum):
    """The views; `none` only prints the result."""

    WINDOW = "window"
    TEXT = "text"
    NONE = "none"


class Layout(StrEnum):
    """The layouts of the display."""

    FULL = "full"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """The look of the display; empty settings follow the theme.

    `background` is behind everything, `panel` behind the text of a lower third, and `ink` is the
    colour of the text. `logo` is the path of a picture.
    """

    layout: Layout = Layout.FULL
    background: str = ""
    panel: str = ""
    ink: str = ""
    logo: str = ""


def rgb(text: str) -> str:
    """Return a colour as '#rrggbb', or raise ValueError."""
    digits = text.strip().removeprefix("#").lower()
    if not re.fullmatch("[0-9a-f]{3}|[0-9a-f]{6}", digits):
        raise ValueError('must be a colour such as "#d70a53", in quotes')
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def colour(text: str) -> str:
    """Return "" or a colour as '#rrggbb'; raise ValueError for anything else."""
    return rgb(text) if text else ""


def background(text: str) -> str:
    """Return a colour, or "transparent"; raise ValueError for anything else."""
    return text if text == TRANSPARENT else colour(text)


def web_address(text: str) -> str:
    """Return "" or the address of a web page; raise ValueError if a phone couldn't open it."""
    if not text:
        return ""
    wrong = "must be the address of a web page, such as https://votes.example.org/distro"
    if len(text) > LONGEST_LINK:
        raise ValueError(f"can have at most {LONGEST_LINK} characters")
    if not text.isprintable() or any(sign.isspace() for sign in text):
        raise ValueError(wrong)
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        raise ValueError(wrong) from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(wrong)
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not contain a user name or a password")
    return text
