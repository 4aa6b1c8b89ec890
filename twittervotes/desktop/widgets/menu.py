"""The menu "Acts": every deed of the window in one place, with its key."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable, Sequence

from twittervotes.desktop.actions.actions import Action
from twittervotes.desktop.canvas.items import Look
from twittervotes.desktop.canvas.sizes import TEXT

LINE = 24


class Menu(tk.Menu):
    """A menu in the window's own colours.

    Tk makes entries higher by a raised border only; a blank picture does it without one.
    """

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        colours = look.colours
        super().__init__(
            parent,
            tearoff=False,
            font=look.sizes.font("text", TEXT),
            background=colours.button,
            foreground=colours.ink,
            activebackground=colours.action,
            activeforeground=colours.on_strong,
            disabledforeground=colours.faint,
            relief="flat",
            borderwidth=look.px(4),
            activeborderwidth=0,
        )
        self.blank = tk.PhotoImage(master=parent, width=1, height=look.px(LINE))


def pop_up(menu: Menu, groups: Iterable[Sequence[Action]], place: tuple[int, int]) -> None:
    """Fill `menu` with the deeds as they stand now, and open it above `place`."""
    menu.delete(0, "end")
    for number, group in enumerate(groups):
        if number:
            menu.add_separator()
        for deed in group:
            menu.add_command(
                label=f" {deed.word}",
                image=menu.blank,
                compound="left",
                accelerator=f"{deed.key} ",
                command=deed.do,
                state="normal" if deed.can else "disabled",
            )
    menu.update_idletasks()
    x, y = place
    menu.tk_popup(x, max(0, y - menu.winfo_reqheight()))
