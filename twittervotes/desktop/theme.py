"""The look of ready-made widgets (scrollbars, and later the forms) in the window's own colours."""

from __future__ import annotations

import ttkbootstrap as ttk

from twittervotes.desktop.palette import DARK, HUES, LIGHT, Palette

NAME = "twittervotes"


def widget_theme(colours: Palette) -> str:
    """Register our theme with ttkbootstrap, and return its name for these colours."""
    ttk.Theme(
        NAME,
        primary=DARK.action,
        success=DARK.good,
        info=HUES[0],
        warning=DARK.waiting,
        danger=DARK.live,
        neutral=LIGHT.dim,
        light={"background": LIGHT.background, "foreground": LIGHT.ink},
        dark={"background": DARK.background, "foreground": DARK.ink},
    ).register()  # type: ignore[no-untyped-call] # the library has no annotation there
    return name_of(colours)


def name_of(colours: Palette) -> str:
    """Return the name of the theme in these colours."""
    return f"{NAME}-{colours.theme}"
