"""A form shown over the window: a few fields, what they mean in words, and one act.

Errors appear below their fields, for all fields at once; the words below preview the effect. While
there is an error, the act can't be done.
"""

from __future__ import annotations

import tkinter as tk
import tkinter.ttk
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from tkinter import filedialog
from typing import TYPE_CHECKING

import ttkbootstrap as ttk

from twittervotes.core.errors import TwittervotesError
from twittervotes.desktop.canvas.sizes import SMALL, TEXT, TINY
from twittervotes.desktop.widgets.button import Button, Kind
from twittervotes.desktop.widgets.chooser import Chooser
from twittervotes.desktop.widgets.entry import TextEntry
from twittervotes.desktop.widgets.overlay import WIDTH, Sheet, open_sheets

if TYPE_CHECKING:
    from twittervotes.desktop.canvas.items import Look

LINE = 35  # the height of a text field
PADDING = (9, 7, 9, 6)  # of a drop-down field: left, top, right, bottom
ONE_COLUMN, TWO_COLUMNS = 3, 5  # the maximum number of fields
ALL_SHOWN, ALL_SHOWN_IN = 780, (880, 560)  # a form with all options visible, and its window
Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field; with `choices` one of them is picked.

    `check` returns what is wrong with a text, "" if nothing is. A folder can be browsed for, and a
    secret is not shown. With `shows_all` all choices are visible if there is room, as in the form
    of a new vote.
    """

    name: str
    label: str
    value: str = ""
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None
    is_folder: bool = False
    is_secret: bool = False
    shows_all: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, and what is done with them.

    `words` previews the effect, or raises a TwittervotesError whose sentence is shown instead.
    """

    title: str
    detail: str
    fields: tuple[Field, ...]
    yes: str
    words: Callable[[Typed], str]
    done: Callable[[Typed], None]
    kind: Kind = "action"


def fill_in(root: tk.Misc, look: Look, form: Form) -> None:
    """Show `form` over the window; Escape and "Cancel" change nothing."""
    if not open_sheets(root):
        FormSheet(root, look, form)


class FormSheet(Sheet):
    """A form on the screen."""

    def __init__(self, root: tk.Misc, look: Look, form: Form) -> None:
        number = len(form.fields)
        self._columns = 1 if number <= ONE_COLUMN else 2 if number <= TWO_COLUMNS else 3
        width = WIDTH + 80 * (self._columns - 1)
        least = (look.px(size) for size in ALL_SHOWN_IN)
        has_room = all(
            size >= limit
            for size, limit in zip((root.winfo_width(), root.winfo_height()), least, strict=True)
        )
        self._shows_all = has_room and any(field.shows_all for field in form.fields)
        if self._shows_all:
            self._columns, width = 2, ALL_SHOWN
        super().__init__(root, look, form.title, width=width)
        self._form = form
        self._touched: set[str] = set()
        self.complaints: dict[str, tk.Label] = {}
        self.typed = {field.name: tk.StringVar(self, field.value) for field in form.fields}
        if form.detail:
            self.say(form.detail, below=14)
        grid = tk.Frame(self.inner, background=look.colours.background)
        grid.pack(fill="x")
        for column in range(self._columns):
            grid.columnconfigure(column, weight=1, uniform="fields")
        self.entries = [
            self._field(grid, i, field, self.typed[field.name])
            for i, field in enumerate(form.fields)
        ]
        self.words = self.say("", below=16)
        answers = tk.Frame(self.inner, background=look.colours.background)
        answers.pack(fill="x")
        self.yes = Button(answers, look, press=self._do, kind=form.kind)
        self.no = Button(answers, look, press=self.end)
        self.no.show("Cancel")
        self.no.pack(side="right")
        self.yes.pack(side="right", padx=(0, look.px(8)))
        for name, variable in self.typed.items():
            variable.trace_add("write", lambda *_, name=name: self._change(name))
        self._follow()
        self.come_to_front(self.entries[0] if self.entries else self.no)

    def _field(self, grid: tk.Frame, i: int, field: Field, variable: tk.StringVar) -> tk.Widget:
        look, colours = self.look, self.look.colours
        row, column = divmod(i, self._columns)
        cell = tk.Frame(grid, background=colours.background)
        space = look.px(16) if column + 1 < self._columns else 0
        below = look.px(4 if self._shows_all else 8)  # many fields must fit into a small window
        cell.grid(row=row, column=column, sticky="ew", padx=(0, space), pady=(0, below))
        tk.Label(
            cell,
            text=field.label,
            font=look.sizes.font("text", SMALL),
            foreground=colours.dim,
            background=colours.background,
            anchor="w",
            padx=0,
        ).pack(fill="x")
        row_of = tk.Frame(cell, background=colours.background)
        row_of.pack(fill="x")
        if field.shows_all and self._shows_all:
            return chooser(row_of, look, field, variable)
        whole: tk.Widget
        if field.choices:
            whole = entry = picker(row_of, look, field, variable)
        else:
            ground = colours.background
            whole = made = TextEntry(
                row_of, look, "", nothing, height=LINE, ground=ground, variable=variable
            )
            entry = made.field
        if field.is_secret:
            entry.configure(show="•")
        if field.is_folder:
            browse = Button(row_of, look, press=lambda: self._browse(variable))
            browse.show("Browse…")
            browse.pack(side="right", padx=(look.px(8), 0))
        whole.pack(side="left", fill="x", expand=True)
        entry.bind("<Return>", lambda _: self._do())
        if field.check:
            self.complaints[field.name] = complaint = tk.Label(
                cell,
                font=look.sizes.font("text", TINY),
                background=colours.background,
                anchor="w",
                padx=0,
                pady=0,
            )
            complaint.pack(fill="x")
        return entry

    def _browse(self, variable: tk.StringVar) -> None:
        """Pick a folder; the sheet releases mouse and keys meanwhile."""
        self.grab_release()
        chosen = filedialog.askdirectory(
            parent=self, initialdir=variable.get() or None, mustexist=True
        )
        if self.winfo_exists():
            self.grab_set()
            if chosen:
                variable.set(chosen)

    def _change(self, name: str) -> None:
        self._touched.add(name)
        self._follow()

    def _follow(self) -> None:
        """Show what is wrong with the current input, or what its effect would be.

        A missing value in a field that hasn't been visited yet is a grey hint.
        """
        colours, values = self.look.colours, self._values()
        fine = True
        for field in self._form.fields:
            if field.check is None:
                continue
            wrong = field.check(values[field.name])
            fine = fine and not wrong
            colour = colours.danger if field.name in self._touched else colours.faint
            shown = self.look.sizes.ordered(wrong)
            self.complaints[field.name].configure(text=shown, foreground=colour)
        words = ""
        try:
            words = self._form.words(values) if fine else ""
            colour = colours.dim
        except TwittervotesError as error:
            words, fine = str(error), False
            colour = colours.danger if self._touched else colours.faint
        self.words.configure(text=self.look.sizes.ordered(words), foreground=colour)
        self.yes.show(self._form.yes, enabled=fine)

    def _values(self) -> dict[str, str]:
        return {name: variable.get().strip() for name, variable in self.typed.items()}

    def _do(self) -> None:
        if not self.yes.enabled:
            self._touched.update(self.typed)
            self._follow()
            return
        values = self._values()
        self.end()
        self._form.done(values)


def chooser(parent: tk.Misc, look: Look, field: Field, variable: tk.StringVar) -> tk.Widget:
    """Return a field with all choices visible."""
    pairs = [(words, words) for words in field.choices]
    made = Chooser(parent, look, pairs, field.value, variable.set, look.colours.background)
    made.pack(fill="x")
    return made


def nothing(_text: str) -> None:
    """Do nothing with what is typed: its variable has it."""


def picker(parent: tk.Misc, look: Look, field: Field, variable: tk.StringVar) -> tk.Entry:
    """Return a drop-down field."""
    colours = look.colours
    box = ttk.Combobox(
        parent,
        textvariable=variable,
        values=field.choices,
        state="readonly",
        font=look.sizes.font("text", TEXT),
        width=1,
    )
    # Its edge is one pixel on every screen; the padding grows so that it is as high as a text
    # field.
    left, top, right, bottom = (look.px(size) for size in PADDING)
    edge = max(1, look.px(1)) - 1
    padding = [left + edge, top + edge, right + edge, bottom + edge]
    tkinter.ttk.Style(parent).configure("TCombobox", padding=padding)
    listbox = f"{box.tk.call('ttk::combobox::PopdownWindow', box)}.f.l"
    chosen = ("-selectbackground", colours.action, "-selectforeground", colours.on_strong)
    box.tk.call(listbox, "configure", "-font", box.cget("font"), *chosen)
    box.bind("<<ComboboxSelected>>", lambda _: box.selection_clear(), add=True)
    return box
