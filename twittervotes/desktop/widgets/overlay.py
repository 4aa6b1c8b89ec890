"""A sheet over the window: a question, a form, a list. It doesn't block the event loop.

While a sheet is shown, mouse and keys reach only it; Escape closes it.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.sizes import NAME, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable
    from tkinter.font import Font

    from twittervotes.desktop.canvas.items import Look

WIDTH, PAD = 460, 28
MIDDLE = 0.45


def open_sheets(root: tk.Misc) -> list[Sheet]:
    """Return the sheet that covers the window, if there is one."""
    return [child for child in root.winfo_children() if isinstance(child, Sheet)]


class Sheet(tk.Frame):
    """An empty sheet with a title; callers fill `inner`, and then call `come_to_front`."""

    def __init__(self, root: tk.Misc, look: Look, title: str, *, width: int = WIDTH) -> None:
        colours = look.colours
        # What is below has the same background: only the edge shows where the sheet ends.
        edge = max(1, look.px(1))
        super().__init__(root, background=colours.faint, padx=edge, pady=edge)
        self.look = look
        self.width = look.px(width)
        self._before = root.focus_get()
        self.inner = tk.Frame(
            self, background=colours.background, padx=look.px(PAD), pady=look.px(PAD - 4)
        )
        self.inner.pack(fill="both", expand=True)
        tk.Frame(self.inner, background=colours.background, width=self.width).pack()
        self.say(title, look.sizes.font("bold", NAME - 4), colours.ink, below=10)
        self.bind("<Escape>", self._left)
        self.bind("<<NextWindow>>", lambda _: self._go_round(tk.Misc.tk_focusNext))
        self.bind("<<PrevWindow>>", lambda _: self._go_round(tk.Misc.tk_focusPrev))
        self.bind("<Configure>", self._settle)

    def say(
        self, text: str, font: Font | None = None, colour: str = "", *, below: int = 20
    ) -> tk.Label:
        """Add a paragraph at the bottom."""
        look = self.look
        label = tk.Label(
            self.inner,
            text=look.sizes.ordered(text),
            font=font or look.sizes.font("text", TEXT),
            foreground=colour or look.colours.dim,
            background=look.colours.background,
            justify="left",
            anchor="w",
            padx=0,
            wraplength=self.width,
        )
        label.pack(fill="x", pady=(0, look.px(below)))
        return label

    def come_to_front(self, first: tk.Misc | None = None) -> None:
        """Cover the window, with the focus on `first`."""
        self.place(relx=0.5, rely=MIDDLE, anchor="center")
        self.lift()
        self.grab_set()
        for widget in self._widgets(self.inner):
            own, kind, *beyond = widget.bindtags()
            widget.bindtags((own, kind, str(self), *beyond))
        (first or self).focus_set()

    def end(self) -> None:
        """Close, and return the focus."""
        self.grab_release()
        self.destroy()
        if self._before is not None and self._before.winfo_exists():
            self._before.focus_set()

    def _left(self, _event: tk.Event[tk.Misc]) -> str:
        self.end()
        return "break"

    def _go_round(self, step: Callable[[tk.Misc], tk.Misc | None]) -> str:
        """Move the focus with Tab within the sheet: what is below is out of reach."""
        stop = step(self.focus_get() or self)
        while stop is not None and not str(stop).startswith(f"{self}."):
            stop = step(stop)
        if stop is not None:
            self.tk.call("tk::TabToWindow", stop)
        return "break"

    def _settle(self, event: tk.Event[tk.Misc]) -> None:
        """Stay below the upper edge of a window that is hardly higher than the sheet."""
        if event.widget is self and event.height / 2 > self.master.winfo_height() * MIDDLE:
            self.place(relx=0.5, rely=0, anchor="n")

    def _widgets(self, parent: tk.Misc) -> list[tk.Misc]:
        children = parent.winfo_children()
        return [*children, *(widget for child in children for widget in self._widgets(child))]
