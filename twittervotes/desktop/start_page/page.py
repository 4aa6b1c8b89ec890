"""The page before a vote as it is drawn: its parts, one below the other, or two columns if wide.

It scrolls if the window is too small. Typing changes the draft at once.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ttkbootstrap as ttk

from twittervotes.desktop.canvas.sizes import SMALL, TITLE
from twittervotes.desktop.start_page.contract import NameKeeper, NetworkOption, Recent
from twittervotes.desktop.start_page.preview import PreviewPart
from twittervotes.desktop.start_page.sections import (
    TURNED,
    Hashtags,
    Period,
    QuestionCard,
    RulesPart,
)
from twittervotes.desktop.start_page.sidebar import RecentPart, SourcesPart
from twittervotes.desktop.vote.layout import GAP, is_narrow
from twittervotes.desktop.widgets.banner import ABOVE, Banner, Message
from twittervotes.desktop.widgets.button import Button
from twittervotes.desktop.widgets.card import WrappedLabel
from twittervotes.desktop.widgets.entry import TextEntry

if TYPE_CHECKING:
    from twittervotes.desktop.canvas.items import Look
    from twittervotes.desktop.start_page.draft import Draft

MARGIN, COLUMN = 28, 348
BESIDE = 640  # the width from which period and rules are side by side
HEIGHT = 36  # of the name's field
REHEARSING = "A rehearsal runs the same vote on a simulated network."


@dataclass(frozen=True, slots=True)
class PageCommands:
    """What the page may call."""

    changed: Callable[[], None]
    start: Callable[[], None]
    rehearse: Callable[[], None]
    sign_in: Callable[[], None]
    enter: Callable[[NetworkOption], None]
    open: Callable[[Recent], None]
    delete: Callable[[Recent], None]
    show_folder: Callable[[], None]
    name: NameKeeper


class StartPage(tk.Frame):
    """The widgets of the page."""

    def __init__(self, root: tk.Tk, look: Look, draft: Draft, asked: PageCommands) -> None:
        ground = look.colours.background
        super().__init__(root, background=ground)
        self.place(relx=0, rely=0, relwidth=1, relheight=1)
        self._look = look
        self._draft = draft
        self._asked = asked
        self.is_touched = False
        self._foot()
        self._banner = Banner(self, look, lambda _: self.tell(""))
        self._view = tk.Canvas(self, background=ground, highlightthickness=0, borderwidth=0)
        self._view.pack(fill="both", expand=True)
        scrollbar = ttk.Scrollbar(
            self, orient="vertical", command=self._view.yview, bootstyle="round"
        )
        self._view.configure(yscrollcommand=scrollbar.set, yscrollincrement=look.px(20))
        self._bar: tk.Widget = scrollbar
        self._sheet = tk.Frame(self._view, background=ground)
        self._item = self._view.create_window(0, 0, window=self._sheet, anchor="nw")
        self._head()
        self._main = tk.Frame(self._sheet, background=ground)
        for column in range(2):
            self._main.columnconfigure(column, weight=1, uniform="halves")
        self._side = tk.Frame(self._sheet, background=ground)
        self.question = QuestionCard(self._main, look, draft, self._changed)
        self.hashtags = Hashtags(self._main, look, draft, self._changed)
        self.period = Period(self._main, look, draft, self._changed)
        self.rules = RulesPart(self._main, look, draft, self._changed)
        self.sources = SourcesPart(
            self._side, look, draft, self._changed, asked.sign_in, asked.enter
        )
        self.recent = RecentPart(self._sheet, look, asked.open, asked.delete, asked.show_folder)
        self.preview = PreviewPart(self._side, look)
        for row, part in enumerate((self.question, self.hashtags)):
            part.grid(row=row, column=0, columnspan=2, sticky="ew", pady=(0, look.px(GAP)))
        for side in (self.sources, self.preview):
            side.pack(fill="x", pady=(0, look.px(GAP)))
        self._view.bind("<Configure>", lambda event: self._lay(event.width))
        self.rules.bind(TURNED, lambda _: self._lay(self._view.winfo_width()))
        self._sheet.bind("<Configure>", lambda _: self._lay_scrolling())

    def come_to_first(self) -> None:
        """Focus the first field that is still empty."""
        if self.question.entry.text:
            self.hashtags.come_to()
        else:
            self.question.entry.come_to()

    def tell(self, trouble: str) -> None:
        """Show a sentence above the form, or ("") none."""
        self._banner.tell(Message(trouble) if trouble else None, self._look.px(ABOVE))

    def _changed(self) -> None:
        self.is_touched = True
        self._asked.changed()

    def _head(self) -> None:
        look, ground = self._look, self._look.colours.background
        bold = look.sizes.font("bold", TITLE + 1)
        title = WrappedLabel(
            self._sheet, look, font=bold, colour=look.colours.ink, ground=ground, wraps=False
        )
        title.say("New vote")
        title.grid(row=0, column=0, columnspan=2, sticky="w", pady=(look.px(18), look.px(12)))

    def _foot(self) -> None:
        look, colours = self._look, self._look.colours
        foot = tk.Frame(self, background=colours.background)
        foot.pack(side="bottom", fill="x")
        tk.Frame(foot, background=colours.line, height=max(1, look.px(1))).pack(fill="x")
        self._answers = row = tk.Frame(foot, background=colours.background)
        row.pack(fill="x", padx=look.px(MARGIN - 4), pady=look.px(8))
        self.start_button = Button(row, look, press=self._asked.start, kind="action")
        self.start_button.show("Start voting", "Ctrl-Enter")
        self.rehearse_button = Button(row, look, press=self._asked.rehearse)
        self.rehearse_button.show("Rehearse", "Ctrl-R")
        self._hint = WrappedLabel(
            row,
            look,
            font=look.sizes.font("text", SMALL + 1),
            colour=look.colours.dim,
            ground=colours.background,
        )
        self.foresee("")
        for button in (self.start_button, self.rehearse_button):
            button.pack(side="left", padx=(0, look.px(4)))
        self._name_field(row)
        self._hint.pack(side="left", fill="x", expand=True, padx=(look.px(12), 0))

    def _name_field(self, row: tk.Frame) -> None:
        """Show the operator's name, under which actions are logged."""
        look, name = self._look, self._asked.name
        self.name = TextEntry(
            row,
            look,
            name.name,
            lambda text: name.keep(name=text.strip()),
            example="for the log",
            height=HEIGHT,
            ground=look.colours.background,
        )
        self.name.configure(width=look.px(130))
        self.name.pack(side="right", padx=(0, look.px(4)))
        label = WrappedLabel(row, look, ground=look.colours.background, wraps=False)
        label.say("Your name")
        label.pack(side="right", padx=(look.px(12), look.px(8)))

    def foresee(self, sentence: str) -> None:
        """Say in the foot what would begin; "" says what a rehearsal is."""
        self._hint.say(sentence or REHEARSING)

    @property
    def foreseen(self) -> str:
        """What the foot says would begin."""
        return self._hint.said

    def scroll(self, steps: int) -> None:
        """Scroll down by so many steps, up by a negative number."""
        if self._bar.winfo_manager():
            self._view.yview("scroll", str(steps), "units")

    def see(self, widget: tk.Misc) -> None:
        """Scroll to the widget with the focus."""
        if not str(widget).startswith(str(self._sheet)):
            return
        top = widget.winfo_rooty() - self._view.winfo_rooty()
        bottom = top + widget.winfo_height()
        height, step = self._view.winfo_height(), self._look.px(20)
        if top < 0:
            self.scroll((top - step) // step)
        elif bottom > height:
            self.scroll(-((height - bottom - step) // step))

    def _lay(self, width: int) -> None:
        """Put main part and side next to each other, or below each other in a narrow window."""
        look = self._look
        margin = look.px(MARGIN)
        room = min(width - 2 * margin, look.px(1320))
        self._view.itemconfigure(self._item, width=room)
        left = (width - room) // 2
        self._view.coords(self._item, left, 0)
        self._answers.pack_configure(padx=left - look.px(4))
        narrow = is_narrow(width, look.px)
        has_room = room - (0 if narrow else look.px(COLUMN)) >= look.px(BESIDE)
        side_by_side = has_room and not self._draft.shows_rules
        gap = (0, look.px(GAP))
        row, column, span = (2, 1, 1) if side_by_side else (3, 0, 2)
        after = gap if side_by_side else (0, 0)
        self.period.grid(row=2, column=0, columnspan=span, sticky="nsew", pady=gap, padx=after)
        self.rules.grid(row=row, column=column, columnspan=span, sticky="nsew", pady=gap)
        self._main.grid(row=2, column=0, sticky="new")
        if narrow:
            self._side.grid(row=3, column=0, rowspan=1, sticky="new", padx=0)
        else:
            self._side.grid(row=2, column=1, rowspan=2, sticky="new", padx=(look.px(GAP), 0))
        self.recent.grid(row=4 if narrow else 3, column=0, sticky="new", pady=(0, look.px(GAP)))
        self._sheet.columnconfigure(0, weight=1)
        self._sheet.rowconfigure(3, weight=0 if narrow else 1)  # a longer side moves nothing
        self._sheet.columnconfigure(1, weight=0, minsize=0 if narrow else look.px(COLUMN + GAP))

    def _lay_scrolling(self) -> None:
        height = self._sheet.winfo_reqheight()
        self._view.configure(scrollregion=(0, 0, 1, max(height, self._view.winfo_height())))
        if height > self._view.winfo_height():
            self._bar.place(in_=self._view, relx=1.0, anchor="ne", relheight=1.0)
        else:
            self._bar.place_forget()
            self._view.yview("moveto", "0")
