"""The window's keys, shown over it by F1 or the question mark."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.sizes import SMALL
from twittervotes.desktop.widgets.button import Button
from twittervotes.desktop.widgets.overlay import Sheet, open_sheets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.desktop.canvas.items import Look

COLUMNS = 2


def show_keys(root: tk.Misc, look: Look, keys: Sequence[tuple[str, str]]) -> None:
    """Show a list of (key, what it does) over the window."""
    if not open_sheets(root):
        _Keys(root, look, keys)


class _Keys(Sheet):
    def __init__(self, root: tk.Misc, look: Look, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__(root, look, "Keys", width=600)
        colours = look.colours
        table = tk.Frame(self.inner, background=colours.background)
        table.pack(fill="x", pady=(0, look.px(16)))
        rows = -(-len(keys) // COLUMNS)
        for number, (key, words) in enumerate(keys):
            column, row = divmod(number, rows)
            for side, (text, style, colour) in enumerate(
                ((key, "bold", colours.ink), (words, "text", colours.dim))
            ):
                tk.Label(
                    table,
                    text=text,
                    font=look.sizes.font(style, SMALL),
                    foreground=colour,
                    background=colours.background,
                    anchor="w",
                    padx=0,
                ).grid(
                    row=row,
                    column=column * 2 + side,
                    sticky="w",
                    padx=(0, look.px(14 if not side else 24)),
                    pady=look.px(2),
                )
        close = Button(self.inner, look, press=self.end)
        close.show("Done", "Esc")
        close.pack(anchor="e")
        self.come_to_front(close)
