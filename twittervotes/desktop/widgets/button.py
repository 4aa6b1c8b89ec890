"""A flat button with its key beside its word, and a clear focus ring.

It is a small Canvas, because no theme draws two weights of text and round corners at every scale.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Literal

from twittervotes.desktop.canvas.images import Plate
from twittervotes.desktop.canvas.items import Look, Text
from twittervotes.desktop.canvas.sizes import SMALL, TEXT
from twittervotes.presentation.marks import mix

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["action", "plain", "danger"]
HEIGHT, RING, PAD, RADIUS = 39, 2, 18, 9
LOW, LOW_PAD = 31, 13


class Button(tk.Canvas):
    """A push button: mouse, Space or Return presses it; Tab focuses it."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        *,
        press: Callable[[], None],
        kind: Kind = "plain",
        ground: str = "",
        small: bool = False,
    ) -> None:
        """Create the button; one that is `small` is for a panel."""
        ground = ground or look.colours.background
        super().__init__(
            parent, background=ground, highlightthickness=0, borderwidth=0, takefocus=1
        )
        self._look = look
        self._press = press
        self._kind: Kind = kind
        self._height, self._pad = (LOW, LOW_PAD) if small else (HEIGHT, PAD)
        self._size = SMALL if small else TEXT
        self._words = ("", "")
        self._least = 0
        self._enabled = True
        self._hovered = self._focused = False
        self._plate = self.create_image(0, 0, anchor="nw")
        self._word, self._key = Text(self, look, tags=("word",)), Text(self, look, tags=("key",))
        self.bind("<Enter>", lambda _: self._turn(hovered=True))
        self.bind("<Leave>", lambda _: self._turn(hovered=False))
        self.bind("<FocusIn>", lambda _: self._turn(focused=True))
        self.bind("<FocusOut>", lambda _: self._turn(focused=False))
        self.bind("<ButtonRelease-1>", self._released)
        for key in ("<space>", "<Return>", "<KP_Enter>"):
            self.bind(key, self._keyed)

    @property
    def enabled(self) -> bool:
        """Whether it can be pressed."""
        return self._enabled

    @property
    def label(self) -> str:
        """The word on it."""
        return self._words[0]

    def show(self, word: str, key: str = "", *, enabled: bool = True) -> None:
        """Show these words; a button that isn't enabled can't be pressed or focused."""
        if (word, key, enabled) == (*self._words, self._enabled):
            return
        self._words, self._enabled = (word, key), enabled
        self.configure(takefocus=enabled, cursor="hand2" if enabled else "")
        self._draw()

    def reserve(self, *words: tuple[str, str]) -> None:
        """Be wide enough for each of these pairs of word and key, so that nothing moves later."""
        self._least = max(self._width(*pair) for pair in words)
        self._draw()

    def press(self) -> None:
        """Run the button's command, if it is enabled."""
        if self._enabled:
            self._press()

    def _turn(self, *, hovered: bool | None = None, focused: bool | None = None) -> None:
        self._hovered = self._hovered if hovered is None else hovered
        self._focused = self._focused if focused is None else focused
        self._draw()

    def _released(self, event: tk.Event[tk.Misc]) -> None:
        if 0 <= event.x < self.winfo_width() and 0 <= event.y < self.winfo_height():
            self.press()

    def _keyed(self, _event: tk.Event[tk.Misc]) -> str:
        self.press()
        return "break"

    def _draw(self) -> None:
        look, colours = self._look, self._look.colours
        bold, small = look.sizes.font("bold", self._size), look.sizes.font("text", SMALL)
        word, key = self._words
        space = look.px(7) if key else 0
        wide = look.sizes.width(bold, word)
        outer = 2 * look.px(RING)
        needed = self._width(word, key)
        width = max(needed, self._least)
        height = look.px(self._height) + 2 * outer
        if (width, height) != (self.winfo_reqwidth(), self.winfo_reqheight()):
            self.configure(width=width, height=height)
        face, edge, ink, dim = self._tones()
        style = Plate(
            face=face,
            edge=edge,
            line=max(1, look.px(1)),
            radius=look.px(RADIUS),
            ring=colours.ink if self._focused else "",
            outer=outer,
        )
        self.itemconfigure(self._plate, image=look.images.plate((width, height), style))
        middle = height // 2
        left = outer + look.px(self._pad) + (width - needed) // 2
        self._word.show(word, (left, middle), bold, ink)
        self._key.show(key, (left + wide + space, middle), small, dim)

    def _width(self, word: str, key: str) -> int:
        look = self._look
        bold, small = look.sizes.font("bold", self._size), look.sizes.font("text", SMALL)
        letters = look.sizes.width(bold, word) + look.sizes.width(small, key)
        return letters + (look.px(7) if key else 0) + 2 * look.px(self._pad) + 4 * look.px(RING)

    def _tones(self) -> tuple[str, str, str, str]:
        """Return the colours of face, edge, word and key."""
        colours = self._look.colours
        if not self._enabled:
            face = mix(colours.background, colours.button, 0.5)
            return face, face, colours.faint, colours.faint
        if self._kind == "action":
            face, ink, dim = (
                colours.action,
                colours.on_strong,
                mix(colours.on_strong, colours.action, 0.1),
            )
        elif self._kind == "danger":
            edge = mix(colours.danger, colours.background, 0.4)
            face = mix(colours.background, colours.danger, 0.12 if self._hovered else 0.0)
            return face, edge, colours.danger, colours.danger
        else:
            face, ink, dim = colours.button, colours.ink, colours.dim
        if self._hovered:
            face = mix(face, colours.ink if self._kind == "plain" else "#000000", 0.08)
        return face, face, ink, dim
