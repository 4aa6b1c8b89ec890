"""The parts of the page before a vote: question, choices, period, rules.

Each shows what its values mean, or what is wrong with them.
"""

from __future__ import annotations

import tkinter as tk
from functools import partial
from typing import TYPE_CHECKING

from twittervotes.core.errors import TwittervotesError
from twittervotes.desktop.canvas.sizes import NAME, SMALL
from twittervotes.desktop.start_page.choices import ChoicesTable
from twittervotes.desktop.start_page.draft import (
    FOR,
    PERIODS,
    RULE_FIELDS,
    UNTIL,
    Draft,
    end_in_words,
    faults,
    rules_of,
    split_list,
)
from twittervotes.desktop.widgets.card import Card, Link, WrappedLabel
from twittervotes.desktop.widgets.chooser import Chooser
from twittervotes.desktop.widgets.entry import TextEntry
from twittervotes.desktop.widgets.form import Field, Form, fill_in
from twittervotes.presentation.numbers import counted
from twittervotes.presentation.phrases import rules_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from twittervotes.core.contest.rules import Rule
    from twittervotes.desktop.canvas.items import Look

LABEL = 210
TURNED = "<<RulesTurned>>"  # the controls of the rules were opened or closed


class QuestionCard(Card):
    """The question put to the audience."""

    def __init__(
        self, parent: tk.Misc, look: Look, draft: Draft, changed: Callable[[], None]
    ) -> None:
        super().__init__(parent, look, "Question")

        def typed(text: str) -> None:
            draft.title = text
            changed()

        self.entry = TextEntry(
            self,
            look,
            draft.title,
            typed,
            example="Which one do you like best?",
            font=look.sizes.font("bold", NAME - 5),
            height=44,
        )
        self.entry.pack(fill="x")


class Hashtags(Card):
    """The choices to vote for, and what is wrong with them."""

    def __init__(
        self, parent: tk.Misc, look: Look, draft: Draft, changed: Callable[[], None]
    ) -> None:
        super().__init__(parent, look, "Choices")
        self._look = look
        self._draft = draft
        self._changed = changed
        self.list_link = Link(self.top, look, self._ask_for_list)
        self.list_link.say("Paste a list…")
        self.list_link.pack(side="right")
        self.table = ChoicesTable(self, look, draft, changed)
        self.table.pack(fill="x")
        row = tk.Frame(self, background=look.colours.panel)
        row.pack(fill="x", pady=(look.px(6), 0))
        self.add_link = Link(row, look, self.table.add)
        self.add_link.say("+ Add choice")
        self.add_link.pack(side="left", anchor="n", padx=(0, look.px(20)))
        self.words = WrappedLabel(row, look)
        self.words.pack(side="left", fill="x", expand=True)

    def come_to(self) -> None:
        """Focus the first choice that is still empty, or else the first."""
        empty = (line for line in self.table.lines if not line.tag.text)
        next(empty, self.table.lines[0]).name.come_to()

    def paste(self, text: str) -> None:
        """Replace the choices by a list of hashtags."""
        self._draft.paste(text)
        self.table.make()
        self._changed()

    def check(self, words: Callable[[], str]) -> bool:
        """Show what `words` says of the hashtags; return whether they can be counted."""
        found = faults(self._draft.choices)
        self.table.complain(found)
        if found:
            need = "needs" if len(found) == 1 else "need"
            self.complain(f"{counted(len(found), 'choice')} {need} a correction.")
            return False
        if not self._draft.tags:
            self._say("In display order. A hashtag follows from the name unless you change it.")
            return True
        try:
            self._say(words())
        except TwittervotesError as error:
            self.complain(str(error))
            return False
        return True

    def complain(self, sentence: str) -> None:
        """Show what is wrong."""
        self.words.say(sentence, self._look.colours.danger)

    def _say(self, words: str) -> None:
        self.words.say(words, self._look.colours.dim)

    def _ask_for_list(self) -> None:
        field = Field("list", "Hashtags", self._draft.hashtags)
        detail = (
            "Separate them by spaces or commas. Choices that stay keep their names and colours."
        )
        form = Form("Paste a list", detail, (field,), "Use this list", _counted_list, self._listed)
        fill_in(self.winfo_toplevel(), self._look, form)

    def _listed(self, typed: Mapping[str, str]) -> None:
        self.paste(typed["list"])


def _counted_list(typed: Mapping[str, str]) -> str:
    return counted(len(split_list(typed["list"])), "choice")


class Period(Card):
    """When the vote ends."""

    def __init__(
        self, parent: tk.Misc, look: Look, draft: Draft, changed: Callable[[], None]
    ) -> None:
        super().__init__(parent, look, "Voting period")
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
                entry.configure(width=self._look.px(150))
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
        super().__init__(parent, look, "Rules")
        self._look = look
        self._draft = draft
        self._changed = changed
        self.button = Link(self.top, look, self._turn)
        self.button.pack(side="right")
        self.words = WrappedLabel(
            self, look, font=look.sizes.font("text", SMALL + 1), colour=look.colours.ink
        )
        self.words.pack(fill="x")
        self._table = tk.Frame(self, background=look.colours.panel)
        self.choosers: dict[str, Chooser] = {}
        self.entries: dict[str, TextEntry] = {}
        self._show_table()

    def check(self) -> bool:
        """Show the rules in words; return whether they are valid."""
        try:
            said = rules_in_words(rules_of(self._draft))
            lines = [f"{words[:1].upper()}{words[1:]}" for words in said]
            self.words.say("\n".join(lines), self._look.colours.ink)
        except TwittervotesError as error:
            self.words.say(str(error), self._look.colours.danger)
            return False
        return True

    def _turn(self) -> None:
        self._draft.shows_rules = not self._draft.shows_rules
        self._show_table()
        self.event_generate(TURNED)

    def _show_table(self) -> None:
        self.button.say("Done" if self._draft.shows_rules else "Change…")
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
