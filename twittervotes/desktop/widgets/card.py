"""A panel that holds widgets, with round corners and a heading; text and links for it."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.items import RADIUS, Look
from twittervotes.desktop.canvas.sizes import SMALL, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable
    from tkinter.font import Font

PAD = 18


class Card(tk.Frame):
    """A panel; `pack` widgets into it. `top` is the line of its heading."""

    def __init__(self, parent: tk.Misc, look: Look, heading: str) -> None:
        colours = look.colours
        pad = look.px(PAD)
        super().__init__(parent, background=colours.panel, padx=pad, pady=look.px(12))
        corners = look.images.corners(look.px(RADIUS), colours.background)
        for image, x, y, anchor in zip(
            corners, (0, 1, 1, 0), (0, 0, 1, 1), ("nw", "ne", "se", "sw"), strict=True
        ):
            corner = tk.Label(
                self, image=image, background=colours.panel, borderwidth=0, padx=0, pady=0
            )
            corner.place(relx=x, rely=y, anchor=anchor, bordermode="outside")  # type: ignore[arg-type]
        top = tk.Frame(self, background=colours.panel)
        top.pack(fill="x", pady=(0, look.px(8)))
        words = WrappedLabel(
            top, look, font=look.sizes.font("bold", TEXT), colour=colours.ink, wraps=False
        )
        words.say(heading)
        words.pack(side="left")
        self.top = top


class WrappedLabel(tk.Label):
    """A text that wraps at the width it is given; it requests none itself."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        *,
        font: Font | None = None,
        colour: str = "",
        ground: str = "",
        wraps: bool = True,
    ) -> None:
        super().__init__(
            parent,
            font=font or look.sizes.font("text", SMALL),
            foreground=colour or look.colours.dim,
            background=ground or look.colours.panel,
            justify="left",
            anchor="w",
            borderwidth=0,
            padx=0,
            pady=0,
            width=1 if wraps else 0,  # otherwise a long text would widen it
        )
        self._look = look
        if wraps:
            self.bind("<Configure>", lambda event: self._wrap(event.width))

    def say(self, text: str, colour: str = "") -> None:
        """Show `text`, in another colour if one is given."""
        self.configure(text=self._look.sizes.ordered(text))
        if colour:
            self.configure(foreground=colour)

    @property
    def said(self) -> str:
        """The text it shows."""
        return str(self.cget("text"))

    def _wrap(self, width: int) -> None:
        if width > 1 and int(str(self.cget("wraplength"))) != width:
            self.configure(wraplength=width)


class Link(WrappedLabel):
    """A few words that do something on a click, Return or Space."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        press: Callable[[], None],
        *,
        colour: str = "",
        style: str = "bold",
    ) -> None:
        colours = look.colours
        font = look.sizes.font(style, SMALL)
        super().__init__(parent, look, font=font, colour=colour or colours.link, wraps=False)
        line = max(1, look.px(1))
        self.configure(
            takefocus=1,
            cursor="hand2",
            highlightthickness=line,
            highlightbackground=colours.panel,
            highlightcolor=colours.ink,
        )
        self.press = press
        self.bind("<ButtonRelease-1>", lambda _: press())
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.bind(key, self._keyed)

    def _keyed(self, _event: tk.Event[tk.Misc]) -> str:
        self.press()
        return "break"
