"""The choices of a new vote, one line each: letter, name, hashtag, and what else counts."""

from __future__ import annotations

import re
import tkinter as tk
from dataclasses import replace
from functools import partial
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.pictures import read
from twittervotes.desktop.canvas.sizes import SMALL
from twittervotes.desktop.start_page.draft import ChoiceDraft, ChoiceFault, split_list, tag_of
from twittervotes.desktop.start_page.swatch import LetterBadge, Swatch
from twittervotes.desktop.widgets.card import Link, WrappedLabel
from twittervotes.desktop.widgets.entry import TextEntry
from twittervotes.presentation.marks import HUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twittervotes.desktop.canvas.items import Look
    from twittervotes.desktop.start_page.draft import Draft

HEIGHT = 36
HEADINGS = ("", "", "Name", "Hashtag", "Also counts: other hashtags, words in chats")
ROWS = 4  # of the grid for each choice: its fields, what else counts, a complaint, the colours
BESIDE = 660  # the width from which all fields are side by side
GRIP, CROSS = "⠿", "✕"
PICTURES = (("Pictures", "*.png *.jpg *.jpeg *.webp *.gif"), ("All files", "*"))


class ChoiceLine:
    """The widgets of one choice, in one row of the table's grid."""

    def __init__(self, table: ChoicesTable, look: Look, i: int, choice: ChoiceDraft) -> None:
        row, space, colours = 1 + ROWS * i, (0, look.px(10)), look.colours
        self._row, self._look, self._table = row, look, table
        put = partial(table.put, i)
        self.grip = WrappedLabel(table, look, colour=colours.faint, wraps=False)
        self.grip.say(GRIP)
        self.grip.configure(cursor="sb_v_double_arrow")
        self.grip.bind("<ButtonRelease-1>", partial(table.dropped, i))
        self.grip.grid(row=row, column=0, padx=(0, look.px(6)))
        self.badge = LetterBadge(
            table, look, i, choice.colour, partial(table.turn, i), picture=choice.picture
        )
        self.badge.grid(row=row, column=1, padx=space)
        self.name = TextEntry(
            table, look, choice.label, put("label"), example=choice.name, height=HEIGHT
        )
        self.tag = TextEntry(table, look, choice.tag, put("tag"), example="#hashtag", height=HEIGHT)
        example = "Other hashtags or words"
        self.also = TextEntry(table, look, choice.also, put("also"), example=example, height=HEIGHT)
        self._complaint: WrappedLabel | None = None
        for column, entry in enumerate((self.name, self.tag, self.also), 2):
            entry.grid(row=row, column=column, sticky="ew", padx=space, pady=look.px(4))
            for key, steps in {"<Alt-Up>": -1, "<Alt-Down>": 1}.items():
                entry.field.bind(key, partial(table.moved, i, i + steps))
        word = "No image" if choice.picture else "Image…"
        pick = partial(table.pick, i)
        self.picture = Link(table, look, pick, colour=colours.dim, style="text")
        self.picture.say(word)
        self.picture.grid(row=row, column=5, sticky="e", padx=(0, look.px(6)))
        self.cross = Link(table, look, partial(table.drop, i), colour=colours.dim)
        self.cross.say(CROSS)
        self.cross.grid(row=row, column=6, sticky="e")

    @property
    def complaint(self) -> str:
        """What is wrong with the choice, "" for nothing."""
        return self._complaint.said if self._complaint else ""

    def complain(self, fault: ChoiceFault | None, more: str = "") -> None:
        """Mark the field that is wrong, and say why below the line; `more` is said besides."""
        self.tag.mark(is_wrong=fault is not None and fault.field == "tag")
        self.also.mark(is_wrong=fault is not None and fault.field == "also")
        words = " ".join(filter(None, (fault.words if fault else "", more)))
        if not words:
            if self._complaint:
                self._complaint.destroy()
                self._complaint = None
            return
        if self._complaint is None:
            self._complaint = WrappedLabel(
                self._table, self._look, colour=self._look.colours.danger
            )
            self._complaint.grid(row=self._row + 2, column=2, columnspan=5, sticky="ew")
        self._complaint.say(words)

    def fold(self, *, is_narrow: bool) -> None:
        """Put what else counts beside the hashtag, or below it."""
        if is_narrow:
            self.also.grid(row=self._row + 1, column=2, columnspan=2)
        else:
            self.also.grid(row=self._row, column=4, columnspan=1)


class ChoicesTable(tk.Frame):
    """One line per choice; a click on its letter opens the colours below it."""

    def __init__(
        self, parent: tk.Misc, look: Look, draft: Draft, changed: Callable[[], None]
    ) -> None:
        super().__init__(parent, background=look.colours.panel)
        self._look = look
        self._draft = draft
        self._changed = changed
        self._open: int | None = None
        self._refused: dict[int, str] = {}  # why a picture can't be used
        self._faults: Mapping[int, ChoiceFault] = {}
        self._is_narrow = False
        self._also_heading: WrappedLabel | None = None
        self._waiting = ""
        self.lines: list[ChoiceLine] = []
        self.colours: list[Swatch] = []
        self.bind("<Configure>", lambda event: self._fit(event.width))
        self.bind("<Destroy>", lambda _: self._stop_waiting())
        self.make()

    def make(self) -> None:
        """Create all lines again."""
        self._stop_waiting()
        for child in self.winfo_children():
            child.destroy()
        look, faint = self._look, self._look.colours.faint
        self.lines, self.colours = [], []
        for column, words in enumerate(HEADINGS):
            heading = WrappedLabel(self, look, colour=faint, wraps=column == len(HEADINGS) - 1)
            heading.say(words)
            heading.grid(row=0, column=column, sticky="ew", pady=(0, look.px(2)))
            self._also_heading = heading
        for i, choice in enumerate(self._draft.choices):
            self.lines.append(ChoiceLine(self, look, i, choice))
            if i == self._open:
                self._palette(i, choice.colour)
        self._lay()
        self.complain(self._faults)

    def complain(self, found: Mapping[int, ChoiceFault]) -> None:
        """Say what is wrong, each below its choice."""
        self._faults = found
        for i, line in enumerate(self.lines):
            line.complain(found.get(i), self._refused.get(i, ""))

    def _fit(self, width: int) -> None:
        is_narrow = width < self._look.px(BESIDE)
        if width > 1 and is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self._lay()

    def _lay(self) -> None:
        """Lay all lines by the width."""
        for column, weight in ((2, 18), (3, 15), (4, 30)):
            is_there = column < 4 or not self._is_narrow
            given, group = (weight, "fields") if is_there else (0, "")
            self.columnconfigure(column, weight=given, uniform=group)
        for line in self.lines:
            line.fold(is_narrow=self._is_narrow)
        if self._also_heading and self._is_narrow:
            self._also_heading.grid_remove()
        elif self._also_heading:
            self._also_heading.grid()

    def add(self) -> None:
        """Add an empty choice, and go to its name."""
        self._draft.choices.append(ChoiceDraft())
        self.make()
        self.lines[-1].name.come_to()
        self._changed()

    def drop(self, i: int) -> None:
        """Remove a choice."""
        self._forget()
        del self._draft.choices[i]
        self._draft.fill_up()
        self.make()
        self._changed()

    def moved(self, i: int, to: int, _event: tk.Event[tk.Misc] | None = None) -> str:
        """Move a choice to another place, and stay in it."""
        choices = self._draft.choices
        if 0 <= to < len(choices) and to != i:
            choices.insert(to, choices.pop(i))
            self._forget()
            self.make()
            self.lines[to].name.come_to()
            self._changed()
        return "break"

    def dropped(self, i: int, event: tk.Event[tk.Misc]) -> None:
        """Move a choice to where its handle was dragged."""
        above = sum(event.y_root >= line.grip.winfo_rooty() for line in self.lines)
        self.moved(i, max(0, above - 1))

    def _forget(self) -> None:
        """Forget what belongs to places, which change."""
        self._open, self._refused, self._faults = None, {}, {}

    def turn(self, i: int) -> None:
        """Open or close the colours of a choice, and close those of any other."""
        self._open = None if self._open == i else i
        self.make()
        target = self.colours[0] if self.colours else self.lines[i].badge
        target.focus_set()

    def put(self, i: int, name: str) -> Callable[[str], None]:
        """Return the function that takes a text typed for a choice."""
        return partial(self._typed, i, name)

    def pick(self, i: int) -> None:
        """Pick a picture and check it; or remove the current one."""
        self._refused.pop(i, None)
        choice, path = self._draft.choices[i], ""
        if not choice.picture:
            title = f"Picture of {choice.title or 'the choice'}"
            path = filedialog.askopenfilename(parent=self, title=title, filetypes=PICTURES)
            if not path:
                return
            found = read(Path(path))
            if isinstance(found, str):
                self._refused[i] = found
                path = ""
        self._draft.choices[i] = replace(choice, picture=str(path))
        self.make()
        self._changed()

    def _typed(self, i: int, name: str, text: str) -> None:
        before = self._draft.choices[i]
        now = replace(before, **{name: text})
        if now == before:
            return
        self._draft.choices[i] = now
        if name == "label" and before.tag == tag_of(before.label) and i < len(self.lines):
            self.lines[i].tag.write(tag_of(text))  # nobody has typed another hashtag
        elif name == "tag" and len(re.split(r"[\s,;]+", text.lstrip())) > 1:
            self._split(i)
        self._changed()

    def _split(self, i: int) -> None:
        """Put each hashtag of a list that was typed or pasted into a line of its own."""
        choices = self._draft.choices
        first, *others = split_list(choices[i].tag) or ("",)
        choices[i] = replace(choices[i], tag=first)
        for place, tag in enumerate(others, i + 1):
            is_free = place < len(choices) and choices[place] == ChoiceDraft()
            choices[place : place + is_free] = [ChoiceDraft(tag)]
        if not others and i + 1 == len(choices):
            choices.append(ChoiceDraft())
        self._stop_waiting()
        self._waiting = self.after_idle(self._come_to_tag, i + (len(others) or 1))

    def _come_to_tag(self, i: int) -> None:
        self._waiting = ""
        self.make()
        field = self.lines[i].tag.field
        field.focus_set()
        field.icursor("end")

    def _stop_waiting(self) -> None:
        if self._waiting:
            self.after_cancel(self._waiting)
            self._waiting = ""

    def _palette(self, i: int, chosen: str) -> None:
        look, raised = self._look, self._look.colours.button
        row = tk.Frame(self, background=raised, padx=look.px(14), pady=look.px(6))
        row.grid(row=4 + ROWS * i, column=2, columnspan=5, sticky="ew", pady=(0, look.px(4)))
        label = WrappedLabel(
            row,
            look,
            font=look.sizes.font("bold", SMALL),
            colour=look.colours.ink,
            ground=raised,
            wraps=False,
        )
        label.say("Colour")
        label.pack(side="left", padx=(0, look.px(12)))
        for hue in HUES:
            swatch = Swatch(
                row, look, i, hue, partial(self._paint, i, hue), is_picked=hue == chosen
            )
            swatch.pack(side="left", padx=(0, look.px(4)))
            self.colours.append(swatch)

    def _paint(self, i: int, hue: str) -> None:
        self._draft.choices[i] = replace(self._draft.choices[i], colour=hue)
        self._open = None
        self.make()
        self.lines[i].badge.focus_set()
        self._changed()
