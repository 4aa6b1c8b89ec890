"""The look of ready-made widgets (scrollbars, drop-down fields) in the window's own colours."""

from __future__ import annotations

import ttkbootstrap as ttk

from twittervotes.desktop.canvas.theme_colours import DARK, LIGHT, Palette
from twittervotes.presentation.marks import HUES


def dress(root: ttk.App, colours: Palette, scale: float) -> None:
    """Style ready-made widgets with these colours and this scale; 1.0 is 96 dpi.

    A theme's parts are drawn once, at the size that Tk reports for its screen, so each scale has
    its own.
    """
    root.tk.call("tk", "scaling", scale * 96 / 72)
    family = f"twittervotes-{scale:.3f}"
    name = f"{family}-{colours.theme}"
    if name not in root.theme_names():
        ttk.Theme(
            family,
            primary=DARK.action,
            success=DARK.good,
            info=HUES[0],
            warning=DARK.waiting,
            danger=DARK.live,
            neutral=LIGHT.dim,
            light={"background": LIGHT.background, "foreground": LIGHT.ink},
            dark={"background": DARK.background, "foreground": DARK.ink},
        ).register()  # type: ignore[no-untyped-call] # the library has no annotation there
    root.theme_use(name)
