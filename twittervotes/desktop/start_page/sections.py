"""The parts of the page before a vote: question, hashtags, period, rules.

Each shows what its values mean, or what is wrong with them.
"""

from __future__ import annotations

import tkinter as tk
from functools import partial
from typing import TYPE_CHECKING

from twittervotes.core.errors import TwittervotesError
from twittervotes.desktop.canvas.sizes import NAME, SMALL, TEXT
from twittervotes.desktop.start_page.choices import ChoicesTable
from twittervotes.desktop.start_page.draft import (
    FOR,
    PERIODS,
    RULE_FIELDS,
    UNTIL,
    Draft,
    end_in_words,
    rules_of,
)
from twittervotes.desktop.widgets.button import Button
from twittervotes.desktop.widgets.card import Card, WrappedLabel
from twittervotes.desktop.widgets.chips import Chips
from twittervotes.desktop.widgets.chooser import Chooser
from twittervotes.desktop.widgets.entry import TextEntry
from twittervotes.presentation.phrases import rules_in_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from twittervotes.core.contest.rules import Rule
    from twittervotes.desktop.canvas.items import Look

LABEL = 210


class QuestionCard(Card):
    """The question put to the audience."""

    def __init__(
        self, parent: tk.Misc, look: Look, draft: Draft, changed: Callable[[], None]
    ) -> None:
        super().__init__(parent, look, "QUESTION")

        def typed(text: str) -> None:
            draft.title = text
            changed()

        self.entry = TextEntry(
            self,
            look,
            draft.title,
            typed,
            example="Which one do you like best?",
            font=look.sizes.font("bold", NAME - 4),
            height=50,
        )
        self.entry.pack(fill="x")


class Hashtags(Card):
    """The hashtags to vote for."""

    def __init__(
        self, parent: tk.Misc, look: Look, draft: Draft, changed: Callable[[], None]
    ) -> None:
        super().__init__(parent, look, "CHOICES")
        self._look = look
        self._draft = draft

        def typed(text: str) -> None:
            draft.hashtags = text
            changed()

        self.entry = TextEntry(self, look, draft.hashtags, typed, example="debian ubuntu arch")
        self.entry.pack(fill="x")
        self._chips = Chips(self, look)
        self._chips.pack(fill="x", pady=(look.px(8), 0))
        row = tk.Frame(self, background=look.colours.panel)
        row.pack(fill="x", pady=(look.px(4), 0))
        self.words = WrappedLabel(row, look)
        self.button = Button(row, look, press=self._turn, ground=look.colours.panel)
        self.button.pack(side="right", padx=(look.px(12), 0))
        self.words.pack(side="left", fill="x", expand=True)
        self.table = ChoicesTable(self, look, draft, changed)
        self._show_table()

    def _turn(self) -> None:
        self._draft.shows_details = not self._draft.shows_details
        self._show_table()

    def _show_table(self) -> None:
        """Show names, colours and further hashtags, if they are wanted."""
        shows = self._draft.shows_details
        self.button.show("Done" if shows else "Names, colours, pictures…")
        if not shows:
            self.table.pack_forget()
            self._chips.pack(fill="x", pady=(self._look.px(8), 0), after=self.entry)
            return
        self._chips.pack_forget()
        self.table.show(self._draft.names)
        self.table.pack(fill="x", pady=(self._look.px(10), 0))

    def check(self, words: Callable[[], str]) -> bool:
        """Show what `words` says of the hashtags; return whether they can be counted."""
        if not self._draft.tags:
            self._chips.show(())
            self._say("In display order, with or without the '#'.")
            return True
        try:
            self._say(words())
        except TwittervotesError as error:
            self.complain(str(error))
            return False
        self._chips.show(self._draft.names)
        if self._draft.shows_details:
            self.table.show(self._draft.names)
        return True

    def complain(self, sentence: str) -> None:
        """Show what is wrong, and focus the field."""
        self.words.say(sentence, self._look.colours.danger)

    def _say(self, words: str) -> None:
        self.words.say(words, self._look.colours.dim)


class Period(Card):
    """When the vote ends."""

    def __init__(
        self, parent: tk.Misc, look: Look, draft: Draft, changed: Callable[[], None]
    ) -> None:
        super().__init__(parent, look, "VOTING PERIOD")
        self._look = look
        self._draft = draft
        self._changed = changed
        row = tk.Frame(self, background=look.colours.panel)
        row.pack(fill="x")
        self.chooser = Chooser(row, look, PERIODS, draft.lasts, self._chosen)
        self.chooser.pack(side="left")
        self._room = tk.Frame(row, background=look.colours.panel, height=look.px(39))
        self._room.pack(side="left", fill="x", expand=True, padx=(look.px(12), 0))
        self._room.pack_propagate(False)
        self.entries = {
            FOR: TextEntry(self._room, look, draft.length, partial(self._typed, FOR), example="3m"),
            UNTIL: TextEntry(
                self._room, look, draft.until, partial(self._typed, UNTIL), example="20:00"
            ),
        }
        self.words = WrappedLabel(self, look)
        self.words.pack(fill="x", pady=(look.px(8), 0))
        self._show_entry()

    def check(self, now: datetime) -> bool:
        """Show when the vote would end; return whether that is valid."""
        try:
            self.words.say(end_in_words(self._draft, now), self._look.colours.dim)
        except TwittervotesError as error:
            self.words.say(str(error), self._look.colours.danger)
            return False
        return True

    def _chosen(self, value: str) -> None:
        self._draft.lasts = value
        self._show_entry()
        if value in self.entries:
            self.entries[value].come_to()
        self._changed()

    def _show_entry(self) -> None:
        for name, entry in self.entries.items():
            entry.pack_forget()
            if name == self._draft.lasts:
                entry.configure(width=self._look.px(260))
                entry.pack(side="left")

    def _typed(self, name: str, text: str) -> None:
        if name == FOR:
            self._draft.length = text
        else:
            self._draft.until = text
        self._changed()


class RulesPart(Card):
    """The rules in words; their controls appear on demand."""

    def __init__(
        self, parent: tk.Misc, look: Look, draft: Draft, changed: Callable[[], None]
    ) -> None:
        super().__init__(parent, look, "RULES")
        self._look = look
        self._draft = draft
        self._changed = changed
        row = tk.Frame(self, background=look.colours.panel)
        row.pack(fill="x")
        self.words = WrappedLabel(
            row, look, font=look.sizes.font("text", TEXT), colour=look.colours.ink
        )
        self.button = Button(row, look, press=self._turn, ground=look.colours.panel)
        self.button.pack(side="right", padx=(look.px(12), 0))
        self.words.pack(side="left", fill="x", expand=True)
        self._table = tk.Frame(self, background=look.colours.panel)
        self.choosers: dict[str, Chooser] = {}
        self.entries: dict[str, TextEntry] = {}
        self._show_table()

    def check(self) -> bool:
        """Show the rules in words; return whether they are valid."""
        try:
            self.words.say(
                " · ".join(rules_in_words(rules_of(self._draft))), self._look.colours.ink
            )
        except TwittervotesError as error:
            self.words.say(str(error), self._look.colours.danger)
            return False
        return True

    def _turn(self) -> None:
        self._draft.shows_rules = not self._draft.shows_rules
        self._show_table()

    def _show_table(self) -> None:
        self.button.show("Done" if self._draft.shows_rules else "Change…")
        if not self._draft.shows_rules:
            self._table.pack_forget()
            return
        if not self.choosers:
            self._make_table()
        self._table.pack(fill="x", pady=(self._look.px(12), 0))

    def _make_table(self) -> None:
        look, panel = self._look, self._look.colours.panel
        self._table.columnconfigure(1, weight=1)
        for row, rule in enumerate(RULE_FIELDS):
            tk.Label(
                self._table,
                text=rule.spec.title,
                font=look.sizes.font("text", SMALL),
                foreground=look.colours.dim,
                background=panel,
                anchor="w",
                padx=0,
            ).grid(row=row, column=0, sticky="w", padx=(0, look.px(16)))
            widget = self._widget(rule)
            widget.grid(row=row, column=1, sticky="ew", pady=look.px(3))
        self._table.columnconfigure(0, minsize=look.px(LABEL))

    def _widget(self, rule: Rule) -> tk.Canvas:
        value = self._draft.rules[rule.name]
        put = partial(self._put, rule.name)
        if rule.spec.options:
            options = tuple((str(value), words) for value, words in rule.spec.options)
            chooser = Chooser(self._table, self._look, options, value, put)
            self.choosers[rule.name] = chooser
            return chooser
        entry = TextEntry(self._table, self._look, value, put, example=rule.spec.example, height=33)
        self.entries[rule.name] = entry
        return entry

    def _put(self, name: str, value: str) -> None:
        if self._draft.rules[name] != value:
            self._draft.rules[name] = value
            self._changed()
