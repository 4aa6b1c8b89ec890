"""The ways to show a vote, as the command line and the configuration name them."""

from enum import StrEnum

THEMES = ("dark", "light")


class View(StrEnum):
    """Where the votes are shown; `none` prints the result only."""

    WINDOW = "window"
    TEXT = "text"
    NONE = "none"
