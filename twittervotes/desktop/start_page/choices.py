"""The details of each choice: name, colour, picture, further hashtags, words in chats."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING

from PIL.ImageTk import PhotoImage

from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.pictures import read, rounded
from twittervotes.desktop.canvas.sizes import SMALL, TEXT, TINY
from twittervotes.desktop.canvas.theme_colours import mark
from twittervotes.desktop.widgets.button import Button
from twittervotes.desktop.widgets.entry import TextEntry
from twittervotes.presentation.marks import HUES

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.desktop.start_page.draft import Draft

BADGE, RING = 30, 3
HEADINGS = ("", "Name", "Hashtag", "Also counts: other #hashtags, words in chats", "Picture")
PICTURES = (("Pictures", "*.png *.jpg *.jpeg *.webp *.gif"), ("All files", "*"))


class ChoicesTable(tk.Frame):
    """One line per hashtag; a click on its letter opens the colours below it."""

    def __init__(
        self, parent: tk.Misc, look: Look, draft: Draft, changed: Callable[[], None]
    ) -> None:
        super().__init__(parent, background=look.colours.panel)
        self._look = look
        self._draft = draft
        self._changed = changed
        self._tags: tuple[str, ...] = ()
        self._open = ""
        self.names: dict[str, TextEntry] = {}
        self.others: dict[str, TextEntry] = {}
        self.badges: dict[str, Swatch] = {}
        self.colours: list[Swatch] = []
        self.pictures: dict[str, Button] = {}
        self._refused: dict[str, str] = {}  # why a picture can't be used
        self.columnconfigure(1, weight=2, uniform="fields")
        self.columnconfigure(3, weight=3, uniform="fields")

    def show(self, tags: tuple[str, ...]) -> None:
        """Show one line for each of these hashtags."""
        if tags != self._tags:
            self._tags = tags
            self._make()

    def _make(self) -> None:
        for child in self.winfo_children():
            child.destroy()
        self.names, self.others, self.badges, self.colours = {}, {}, {}, []
        self.pictures = {}
        for column, words in enumerate(HEADINGS):
            self._label(words, TINY, self._look.colours.faint).grid(
                row=0, column=column, sticky="w", padx=(0, self._look.px(10))
            )
        for i, tag in enumerate(self._tags):
            self._line(i, tag)
            if tag == self._open:
                self._palette(i, tag)
            elif tag in self._refused:
                complaint = self._label(self._refused[tag], TINY, self._look.colours.waiting)
                complaint.grid(row=2 + 2 * i, column=1, columnspan=4, sticky="e")

    def _line(self, i: int, tag: str) -> None:
        look, row = self._look, 1 + 2 * i
        detail = self._draft.detail(tag)
        space, above = (0, look.px(10)), look.px(3)
        turn = partial(self._turn, tag)
        badge = Swatch(self, look, i, detail.colour, turn, is_letter=True, picture=detail.picture)
        badge.grid(row=row, column=0, padx=space, pady=above)
        name = TextEntry(self, look, detail.label, partial(self._put, tag, "label"), example=tag)
        name.grid(row=row, column=1, sticky="ew", padx=space, pady=above)
        hashtag = self._label(f"#{tag}", TEXT, look.colours.dim)
        hashtag.grid(row=row, column=2, sticky="w", padx=space)
        example = f"#{tag}s, {tag[:3]}"
        others = TextEntry(
            self, look, detail.also, partial(self._put, tag, "also"), example=example
        )
        others.grid(row=row, column=3, sticky="ew", padx=space, pady=above)
        picture = Button(self, look, press=partial(self._pick, tag), ground=look.colours.panel)
        picture.show("Remove picture" if detail.picture else "Picture…")
        picture.grid(row=row, column=4, sticky="e", pady=above)
        self.pictures[tag] = picture
        self.badges[tag], self.names[tag], self.others[tag] = badge, name, others

    def _palette(self, i: int, tag: str) -> None:
        look = self._look
        row = tk.Frame(self, background=look.colours.panel)
        row.grid(row=2 + 2 * i, column=1, columnspan=3, sticky="w", pady=(0, look.px(6)))
        chosen = self._draft.detail(tag).colour
        for hue in HUES:
            swatch = Swatch(
                row, look, i, hue, partial(self._paint, tag, hue), is_picked=hue == chosen
            )
            swatch.pack(side="left", padx=(0, look.px(6)))
            self.colours.append(swatch)

    def _label(self, words: str, size: float, colour: str) -> tk.Label:
        look = self._look
        return tk.Label(
            self,
            text=look.sizes.ordered(words),
            font=look.sizes.font("text", size),
            foreground=colour,
            background=look.colours.panel,
            anchor="w",
            padx=0,
            pady=0,
        )

    def _turn(self, tag: str) -> None:
        """Open or close the colours of a choice, and close those of any other."""
        self._open = "" if self._open == tag else tag
        self._make()

    def _paint(self, tag: str, hue: str) -> None:
        self._draft.put_detail(tag, colour=hue)
        self._open = ""
        self._make()
        self._changed()

    def _pick(self, tag: str) -> None:
        """Let a picture be chosen, and check it; or remove the one that was."""
        self._refused.pop(tag, None)
        path = ""
        if not self._draft.detail(tag).picture:
            path = filedialog.askopenfilename(
                parent=self, title=f"Picture of #{tag}", filetypes=PICTURES
            )
            if not path:
                return
            found = read(Path(path))
            if isinstance(found, str):
                self._refused[tag] = found
                path = ""
        self._draft.put_detail(tag, picture=str(path))
        self._make()
        self._changed()

    def _put(self, tag: str, name: str, text: str) -> None:
        detail = self._draft.detail(tag)
        if text != {"label": detail.label, "also": detail.also}[name]:
            self._draft.put_detail(tag, **{name: text})
            self._changed()


class Swatch(tk.Canvas):
    """A patch of colour, perhaps with the choice's letter; mouse, Return or Space presses it."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        index: int,
        wish: str,
        press: Callable[[], None],
        *,
        is_letter: bool = False,
        is_picked: bool = False,
        picture: str = "",
    ) -> None:
        ground, ring = look.colours.panel, look.px(RING)
        side = look.px(BADGE) + 2 * ring
        super().__init__(
            parent,
            background=ground,
            highlightthickness=0,
            borderwidth=0,
            width=side,
            height=side,
            takefocus=1,
            cursor="hand2",
        )
        self.colour = wish
        self.press = press
        found = mark(index, look.colours, wish)
        self._edge = Box(self, look, fill=look.colours.ink, outside=ground)
        self._is_picked, self._side = is_picked, side
        Box(self, look, fill=found.colour, outside=ground, radius=4).place(
            Area(ring, ring, side - ring, side - ring)
        )
        letter = Text(self, look, anchor="center", tags=("letter",))
        font = look.sizes.font("bold", SMALL)
        self._photo = self._small(picture, look.px(BADGE), ground) if picture else None
        if self._photo:
            self.create_image(ring, ring, anchor="nw", image=self._photo, tags=("picture",))
        words = found.letter if is_letter and not self._photo else ""
        letter.show(words, (side // 2, side // 2), font, found.on_colour)
        self.bind("<ButtonRelease-1>", lambda _: press())
        for key in ("<space>", "<Return>", "<KP_Enter>"):
            self.bind(key, self._keyed)
        for event in ("<FocusIn>", "<FocusOut>"):
            self.bind(event, lambda _: self._ring())
        self._ring()

    def _small(self, path: str, side: int, ground: str) -> PhotoImage | None:
        found = read(Path(path))
        if isinstance(found, str):
            return None
        return PhotoImage(rounded(found, side, side // 8, ground, 1.0), master=self)

    def _keyed(self, _event: tk.Event[tk.Misc]) -> str:
        self.press()
        return "break"

    def _ring(self) -> None:
        if self._is_picked or self.focus_get() is self:
            self._edge.place(Area(0, 0, self._side, self._side))
        else:
            self._edge.hide()
