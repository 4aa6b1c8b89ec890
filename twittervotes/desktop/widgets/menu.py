"""The menus of the window: a bar with every action, and a single menu opened by a key.

Each menu is filled when it opens, with the actions as they are then.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from twittervotes.desktop.actions.actions import Action
from twittervotes.desktop.canvas.sizes import SMALL, TEXT

if TYPE_CHECKING:
    from twittervotes.desktop.canvas.items import Look

LINE = 24
Groups = Iterable[Sequence[Action]]


class Menu(tk.Menu):
    """A menu in the window's own colours.

    In Tk only a raised border makes entries higher; a blank picture does so without one.
    """

    def __init__(self, parent: tk.Misc, look: Look, *, is_bar: bool = False) -> None:
        colours = look.colours
        super().__init__(
            parent,
            tearoff=False,
            font=look.sizes.font("text", SMALL if is_bar else TEXT),
            background=colours.track if is_bar else colours.button,
            foreground=colours.ink,
            activebackground=colours.action,
            activeforeground=colours.on_strong,
            disabledforeground=colours.faint,
            relief="flat",
            borderwidth=0 if is_bar else look.px(4),
            activeborderwidth=0,
        )
        self.blank = tk.PhotoImage(master=parent, width=1, height=look.px(LINE))

    def fill(self, groups: Groups) -> None:
        """Show these actions, as they are now, with a line between groups."""
        self.delete(0, "end")
        for number, group in enumerate(groups):
            if number:
                self.add_separator()
            for action in group:
                self.add_command(
                    label=f" {action.word}",
                    image=self.blank,
                    compound="left",
                    accelerator=f"{action.key} ",
                    command=action.do,
                    state="normal" if action.can else "disabled",
                )


class MenuBar(Menu):
    """The menu bar of a window; on a Mac it is the screen's."""

    def __init__(self, root: tk.Tk, look: Look, menus: Mapping[str, Callable[[], Groups]]) -> None:
        super().__init__(root, look, is_bar=True)
        self.menus: dict[str, Menu] = {}
        letters = ""
        for title, groups in menus.items():
            menu = Menu(self, look)
            menu.configure(postcommand=partial(self._opened, menu, groups))
            menu.fill(groups())
            place = next(i for i, letter in enumerate(title.lower()) if letter not in letters)
            letters += title[place].lower()
            self.add_cascade(label=title, menu=menu, underline=place)
            self.menus[title] = menu
        root.configure(menu=self)

    def _opened(self, menu: Menu, groups: Callable[[], Groups]) -> None:
        menu.fill(groups())


def pop_up(menu: Menu, groups: Groups, place: tuple[int, int]) -> None:
    """Fill `menu` with the current actions and open it there, with the first one selected."""
    menu.fill(groups)
    end = menu.index("end")
    entries = range(0 if end is None else end + 1)
    states = (
        (i, menu.type(i) == "command" and menu.entrycget(i, "state") == "normal") for i in entries
    )
    first = next((i for i, can in states if can), None)
    x, y = place
    if first is None:
        menu.tk_popup(x, y)
    else:
        menu.update_idletasks()
        menu.tk_popup(x, y + menu.yposition(first) + menu.blank.height() // 2, first)
