"""A text field: its frame shows the focus; if empty, it shows an example."""

from __future__ import annotations

import tkinter as tk
from contextlib import suppress
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.items import Area, FieldFrame, Look
from twittervotes.desktop.canvas.sizes import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable
    from tkinter.font import Font

PAD, HEIGHT, RADIUS = 12, 39, 8


def as_written_today(root: tk.Tk) -> None:
    """Give fields today's usual keys: on X11 Tk has those of Emacs.

    Ctrl-A selects all, pasting replaces the selection, and Ctrl-T, which would swap two letters, is
    left to the window.
    """
    root.unbind_class("Entry", "<Control-t>")
    if root.tk.call("tk", "windowingsystem") == "x11":
        keys = ("<Control-a>", "<Control-Lock-A>")
        root.event_delete("<<LineStart>>", *keys)
        root.event_add("<<SelectAll>>", *keys)
        root.bind_class("Entry", "<<Paste>>", _paste)


def _paste(event: tk.Event[tk.Misc]) -> None:
    field = event.widget
    with suppress(tk.TclError):  # there is nothing to paste
        if isinstance(field, tk.Entry):
            pasted = field.clipboard_get()
            if field.selection_present():
                field.delete("sel.first", "sel.last")
            field.insert("insert", pasted)
            field.xview("insert")


class TextEntry(tk.Canvas):
    """One line of text; `changed` is called with it whenever it changes."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        text: str,
        changed: Callable[[str], None],
        *,
        example: str = "",
        font: Font | None = None,
        height: int = HEIGHT,
        ground: str = "",
        variable: tk.StringVar | None = None,
    ) -> None:
        """Create the field; a `variable` given holds its text instead of one of its own."""
        colours = look.colours
        ground = ground or colours.panel
        high = look.px(height)
        super().__init__(
            parent, background=ground, highlightthickness=0, borderwidth=0, width=1, height=high
        )
        self._look = look
        self._frame = FieldFrame(self, look, face=colours.track, ground=ground)
        self._text = variable or tk.StringVar(self, text)
        self._text.trace_add("write", lambda *_: self._typed(changed))
        font = font or look.sizes.font("text", TEXT)
        self.field = tk.Entry(
            self,
            textvariable=self._text,
            font=font,
            relief="flat",
            borderwidth=0,
            highlightthickness=0,
            background=colours.track,
            foreground=colours.ink,
            insertbackground=colours.ink,
            insertwidth=max(1, look.px(1)),
            selectbackground=colours.action,
            selectforeground=colours.on_strong,
        )
        self._example = tk.Label(
            self.field,
            text=look.sizes.ordered(example),
            font=look.sizes.font("text", -int(str(font.cget("size"))) / look.sizes.scale),
            foreground=colours.faint,
            background=colours.track,
            padx=0,
            pady=0,
            cursor="xterm",
        )
        self._example.bind("<Button-1>", lambda _: self.field.focus_set())
        self._window = self.create_window(0, 0, window=self.field, anchor="w")
        self.bind("<Configure>", lambda event: self._lay(event.width, event.height))
        self.bind("<Button-1>", lambda _: self.field.focus_set())
        self.field.bind("<FocusIn>", lambda _: self._edge(has_focus=True))
        self.field.bind("<FocusOut>", lambda _: self._edge(has_focus=False))
        self._size = (0, 0)
        self.is_wrong = False
        self._typed(lambda _: None)

    @property
    def text(self) -> str:
        """The text that was typed."""
        return self._text.get()

    def write(self, text: str) -> None:
        """Replace the text."""
        self._text.set(text)

    def come_to(self) -> None:
        """Take the focus and select all."""
        self.field.focus_set()
        self.field.selection_range(0, "end")
        self.field.icursor("end")

    def mark(self, *, is_wrong: bool) -> None:
        """Show whether what was typed is wrong, by the colour of the edge."""
        if is_wrong != self.is_wrong:
            self.is_wrong = is_wrong
            self._edge(has_focus=self.focus_get() is self.field)

    def _typed(self, changed: Callable[[str], None]) -> None:
        if self.text:
            self._example.place_forget()
        else:
            self._example.place(x=0, rely=0.5, anchor="w")
        changed(self.text)

    def _lay(self, width: int, height: int) -> None:
        self._size = (width, height)
        pad = self._look.px(PAD)
        self.coords(self._window, pad, height // 2)
        self.itemconfigure(self._window, width=max(1, width - 2 * pad))
        self._edge(has_focus=self.focus_get() is self.field)

    def _edge(self, *, has_focus: bool) -> None:
        (width, height), colours = self._size, self._look.colours
        edge, line = (colours.link, 2) if has_focus else (colours.border, 1)
        if self.is_wrong:
            edge, line = colours.danger, 2
        radius = self._look.px(RADIUS)
        if width > 2 * radius:
            area = Area(0, 0, width, height)
            self._frame.show(area, edge, max(1, self._look.px(line)), radius)
