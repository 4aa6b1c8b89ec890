"""A message over a page, which doesn't move anything; a click on × closes it."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

MARGIN, PAD, ABOVE, SIGN = 28, 16, 12, 22
DETAILS, LESS = "Details", "Less"
ON_AMBER = "#0f1216"


@dataclass(frozen=True, slots=True)
class Message:
    """The text of a banner: `strong` in bold, `words` beside it.

    `identity` identifies the message while its words change; `link` is the text of a link, if there
    is one. The words of trouble without a link take one line, until "Details" unfolds them.
    """

    strong: str
    words: str = ""
    kind: Literal["trouble", "alarm", "notice"] = "trouble"
    identity: str = ""
    link: str = ""

    @property
    def key(self) -> str:
        """What identifies this message."""
        return self.identity or self.strong


class Banner(tk.Canvas):
    """A banner, visible only while it has a message.

    `closed` is called with a message that is closed, `followed`, if given, with one whose link is
    clicked.
    """

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        closed: Callable[[Message], None],
        followed: Callable[[Message], None] | None = None,
    ) -> None:
        super().__init__(
            parent,
            background=look.colours.background,
            highlightthickness=0,
            borderwidth=0,
            height=1,
        )
        self._look = look
        self._closed = closed
        self._followed = followed
        self.message: Message | None = None
        self._top = 0
        self._unfolded = ""  # the message whose words are shown in full
        self._box = Box(self, look, fill=look.colours.live, outside=look.colours.background)
        self._strong = Text(self, look, anchor="nw", tags=("trouble",))
        self._words = Text(self, look, anchor="nw", tags=("detail",))
        self._link = Text(self, look, anchor="ne", tags=("link",))
        self._cross = Text(self, look, anchor="center", tags=("close",))
        for tag, act in (("close", self.close), ("link", self._open)):
            self.tag_bind(tag, "<ButtonRelease-1>", lambda _, act=act: act())  # type: ignore[misc]
            self.tag_bind(tag, "<Enter>", lambda _: self.configure(cursor="hand2"))
            self.tag_bind(tag, "<Leave>", lambda _: self.configure(cursor=""))
        self.bind("<Configure>", lambda _: self._draw())

    @property
    def told(self) -> str:
        """Its text, "" while hidden."""
        return self.message.strong if self.message else ""

    def tell(self, message: Message | None, top: int) -> None:
        """Show this message over the page, `top` pixels down; None hides the banner."""
        if (message, top) == (self.message, self._top):
            return
        was_there = self.message is not None
        self.message, self._top = message, top
        if message is None:
            for text in (self._strong, self._words, self._link, self._cross):
                text.hide()
            self.place_forget()
            return
        margin = self._look.px(MARGIN)
        if not was_there or int(self.place_info().get("y", -1)) != top:
            self.place(x=margin, y=top, relwidth=1.0, width=-2 * margin)
            tk.Misc.lift(self)
        self._draw()

    def close(self) -> None:
        """Close the message."""
        if self.message:
            self._closed(self.message)

    def _open(self) -> None:
        message = self.message
        if message and _folds(message):
            self._unfolded = "" if self._unfolded == message.key else message.key
            self._draw()
        elif self._followed and message:
            self._followed(message)

    def _draw(self) -> None:
        look, width, message = self._look, self.winfo_width(), self.message
        if width < 2 or message is None:
            return
        px, colours, sizes = look.px, look.colours, look.sizes
        face, ink = {
            "trouble": (colours.live, colours.on_strong),
            "alarm": (colours.alarm, ON_AMBER if colours.theme == "dark" else "#5c3d00"),
            "notice": (colours.button, colours.ink),
        }[message.kind]
        bold, text = sizes.font("bold", TEXT), sizes.font("text", TEXT)
        middle, top, pad = px(20), px(11), px(PAD)
        right = width - pad - px(SIGN)
        self._cross.show("✕", (width - pad - px(4), middle), bold, ink)
        wide, link = sizes.width(bold, message.strong), message.link
        is_folded = _folds(message) and self._unfolded != message.key
        if _folds(message) and pad + wide + px(14) + sizes.width(text, message.words) > right:
            link = DETAILS if is_folded else LESS
        if link:
            right -= self._link.show(link, (right, top), sizes.font("link", TEXT), ink) + pad
        else:
            self._link.hide()
        room = right - pad
        height = self._strong.wrap(message.strong, (pad, top), bold, ink, width=room)
        beside = pad + wide + px(14)
        sentences = message.words.split(". ")
        tried = (". ".join(sentences[:end]) for end in range(len(sentences), 0, -1))
        fits = next((words for words in tried if sizes.width(text, words) <= right - beside), "")
        is_whole = fits == message.words or not _folds(message)
        if fits and (is_folded or is_whole):
            said = fits if fits == message.words else f"{fits}."
            self._words.wrap(said, (beside, top), text, ink, width=right - beside)
        elif message.words and not is_folded:
            below = top + height + px(2)
            height += px(2) + self._words.wrap(message.words, (pad, below), text, ink, width=room)
        else:
            self._words.hide()
        end = height + px(22)
        self._box.fill(face)
        self._box.place(Area(0, 0, width, end))
        if end != self.winfo_reqheight():
            self.configure(height=end)


def _folds(message: Message) -> bool:
    """Return whether the words are folded into one line."""
    return message.kind == "trouble" and bool(message.words) and not message.link
