"""The form's sidebar: the networks, ticked or not and ready or not; and previous votes."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from typing import TYPE_CHECKING

from twittervotes.core.contest.acts import State
from twittervotes.core.contest.clock import of_date
from twittervotes.desktop.canvas.sizes import SMALL, TEXT
from twittervotes.desktop.widgets.button import Button
from twittervotes.desktop.widgets.card import Card, Link, WrappedLabel
from twittervotes.desktop.widgets.checkbox import Tick
from twittervotes.presentation.numbers import counted
from twittervotes.presentation.phrases import STATES, source_title

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.desktop.canvas.items import Look
    from twittervotes.desktop.start_page.contract import NetworkOption, Recent
    from twittervotes.desktop.start_page.draft import Draft


INDENT = 32  # of the words below a tick
MOST_RECENT = 2  # previous votes that are listed at first


class SourcesPart(Card):
    """The networks: ticked or not, ready or what they need."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        draft: Draft,
        changed: Callable[[], None],
        sign_in: Callable[[], None],
        enter: Callable[[NetworkOption], None],
    ) -> None:
        super().__init__(parent, look, "Where people vote")
        self._look = look
        self._draft = draft
        self._changed = changed
        self._sign_in = sign_in
        self._enter = enter
        self.enter_buttons: dict[str, Button] = {}
        self._rows = tk.Frame(self, background=look.colours.panel)
        self._rows.pack(fill="x")
        self.wrong = WrappedLabel(self, look)
        self._shown: tuple[tuple[NetworkOption, ...], str, bool] | None = None
        self.ticks: dict[str, Tick] = {}
        self.said: dict[str, WrappedLabel] = {}
        self.sign_in_button: Button | None = None
        self.open_tick: Tick | None = None

    def show(self, networks: tuple[NetworkOption, ...], signing: str, *, is_signing: bool) -> None:
        """Show the state of each network, and the output of the sign-in."""
        if (networks, signing, is_signing) == self._shown:
            return
        self._shown = (networks, signing, is_signing)
        for child in self._rows.winfo_children():
            child.destroy()
        self.ticks, self.said, self.sign_in_button = {}, {}, None
        self.enter_buttons = {}
        for network in sorted(networks, key=lambda each: bool(each.needs)):
            self._row(network, signing, is_signing=is_signing)

    def complain(self, sentence: str) -> None:
        """Show what is wrong with the ticked networks; "" removes it."""
        self.wrong.say(sentence, self._look.colours.danger)
        if sentence:
            self.wrong.pack(fill="x")
        else:
            self.wrong.pack_forget()

    def _row(self, network: NetworkOption, signing: str, *, is_signing: bool) -> None:
        """Show a network's tick and state, and a button for what it needs."""
        look, name, panel = self._look, network.name, self._look.colours.panel
        row = tk.Frame(self._rows, background=panel)
        row.pack(fill="x", pady=(0, look.px(2)))
        if network.keys:
            button = self._button(row, "Set up…", lambda: self._enter(network))
            self.enter_buttons[name] = button
        elif network.signs_in and (network.needs or is_signing):
            word = "Cancel" if is_signing else "Sign in…"
            self.sign_in_button = self._button(row, word, self._sign_in)
        left = tk.Frame(row, background=panel)
        left.pack(side="left", fill="x", expand=True)
        tick = Tick(
            left,
            look,
            source_title(name),
            on=name in self._draft.sources,
            turned=partial(self._turned, name),
        )
        tick.pack(fill="x")
        self.ticks[name] = tick
        words = WrappedLabel(left, look)
        words.pack(fill="x", padx=(look.px(INDENT), 0))
        if network.needs:
            words.say("\n".join(network.needs))
            self.said[name] = words
        else:
            words.say("Ready", look.colours.good)
        words.bind("<ButtonRelease-1>", lambda _: tick.turn())
        if network.opens:
            on = self._draft.to_phones
            self.open_tick = Tick(left, look, network.opens, on=on, turned=self._opened)
            self.open_tick.pack(fill="x", padx=(look.px(INDENT), 0))
        if network.signs_in and not network.keys and signing:
            said = WrappedLabel(left, look)
            said.say(signing)
            said.pack(fill="x", padx=(look.px(INDENT), 0))
            self.said["sign-in"] = said

    def _button(self, row: tk.Frame, word: str, press: Callable[[], None]) -> Button:
        button = Button(row, self._look, press=press, ground=self._look.colours.panel, small=True)
        button.show(word)
        button.pack(side="right", padx=(self._look.px(8), 0))
        return button

    def _opened(self, on: bool) -> None:
        self._draft.to_phones = on
        self._changed()

    def _turned(self, name: str, on: bool) -> None:
        others = tuple(source for source in self._draft.sources if source != name)
        self._draft.sources = (*others, name) if on else others
        self.complain("")
        self._changed()


class RecentPart(Card):
    """The saved votes: click or Return opens one, × or Delete deletes it.

    Rehearsals are listed separately, and only on request.
    """

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        opened: Callable[[Recent], None],
        deleted: Callable[[Recent], None],
        show_folder: Callable[[], None],
    ) -> None:
        super().__init__(parent, look, "Previous votes")
        self._look = look
        self._open, self._delete = opened, deleted
        self._shown: tuple[Recent, ...] = ()
        self._shows_rehearsals = self._shows_all = False
        self.rows: list[RecentRow] = []
        self.folder_link = Link(self.top, look, show_folder)
        self.folder_link.say("Open folder")
        self.folder_link.pack(side="right")
        self._empty = WrappedLabel(self, look)
        self._empty.say("Your votes are listed here. Each is one file on this computer.")
        self._empty.pack(fill="x")
        foot = tk.Frame(self, background=look.colours.panel)
        foot.pack(side="bottom", fill="x")
        self.all_link = Link(foot, look, self._show_all)
        self.rehearsals = Link(foot, look, self._turn, colour=look.colours.dim, style="text")

    def show(self, recent: tuple[Recent, ...]) -> None:
        """List these."""
        self._shown = recent
        rehearsals = [each for each in recent if each.rehearsal]
        wanted = [each for each in recent if not each.rehearsal]
        is_shown = self._shows_rehearsals or not wanted
        wanted += rehearsals * is_shown
        more = 0 if self._shows_all or self._shows_rehearsals else len(wanted) - MOST_RECENT
        wanted = wanted[: len(wanted) - max(0, more)]
        if wanted != [row.recent for row in self.rows]:
            self._list(wanted)
        for link in (self.all_link, self.rehearsals):
            link.pack_forget()
        if more > 0:
            self.all_link.say(f"Show {more} more")
            self.all_link.pack(side="left", padx=(0, self._look.px(16)))
        if rehearsals and len(rehearsals) < len(recent):
            turned = "Hide" if self._shows_rehearsals else "Show"
            self.rehearsals.say(f"{turned} {counted(len(rehearsals), 'rehearsal')}")
            self.rehearsals.pack(side="left")
        if recent:
            self._empty.pack_forget()
        else:
            self._empty.pack(fill="x")

    def _list(self, wanted: list[Recent]) -> None:
        """Create the missing rows."""
        known = [row.recent for row in self.rows]
        same = next(
            (i for i, (a, b) in enumerate(zip(known, wanted, strict=False)) if a != b),
            min(len(known), len(wanted)),
        )
        for row in self.rows[same:]:
            row.destroy()
        del self.rows[same:]
        for each in wanted[same:]:
            row = RecentRow(self, self._look, each, self._open, self._delete)
            row.pack(fill="x", padx=0, pady=(0, self._look.px(2)))
            self.rows.append(row)

    def _show_all(self) -> None:
        self._shows_all = True
        self.show(self._shown)

    def _turn(self) -> None:
        self._shows_rehearsals = not self._shows_rehearsals
        self.show(self._shown)


class RecentRow(tk.Frame):
    """One saved vote."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        recent: Recent,
        opened: Callable[[Recent], None],
        deleted: Callable[[Recent], None],
    ) -> None:
        colours = look.colours
        line = max(1, look.px(1))
        super().__init__(
            parent,
            background=colours.panel,
            takefocus=1,
            cursor="hand2",
            padx=look.px(8),
            pady=look.px(3),
            highlightthickness=line,
            highlightbackground=colours.panel,
            highlightcolor=colours.ink,
        )
        self.recent = recent
        self._colours = colours
        bold = look.sizes.font("bold", TEXT)
        self.cross = WrappedLabel(self, look, font=look.sizes.font("bold", SMALL), wraps=False)
        self.cross.say("✕", colours.faint)
        self.cross.pack(side="right", anchor="n", padx=(look.px(8), 0))
        self.cross.bind("<ButtonRelease-1>", lambda _: deleted(recent))
        title = WrappedLabel(self, look, font=bold, colour=colours.ink)
        title.say(look.sizes.fitted(bold, recent.title, look.px(600)))
        title.pack(fill="x")
        self.words = WrappedLabel(self, look)
        self.words.say(summary_of(recent), colours.waiting if recent.trouble else colours.dim)
        self.words.pack(fill="x")
        for widget in (self, title, self.words):
            widget.bind("<ButtonRelease-1>", lambda _: opened(recent))
        for widget in (self, title, self.words, self.cross):
            widget.bind("<Enter>", lambda _: self._lit(colours.button))
            widget.bind("<Leave>", lambda _: self._lit(colours.panel))
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.bind(key, lambda _: self._keyed(opened))
        for key in ("<Delete>", "<BackSpace>"):
            self.bind(key, lambda _: self._keyed(deleted))

    def _keyed(self, act: Callable[[Recent], None]) -> str:
        act(self.recent)
        return "break"

    def _lit(self, colour: str) -> None:
        for widget in (self, *self.winfo_children()):
            widget.configure(background=colour)  # type: ignore[call-arg]
        self.configure(highlightbackground=colour)


def summary_of(recent: Recent) -> str:
    """Say what became of a vote: its state, when it was, how much was counted."""
    if recent.trouble:
        return recent.trouble
    state = "Open" if recent.state is State.OPEN else STATES[recent.state or State.OPEN]
    when = of_date(recent.began_ms)
    words = ["Rehearsal"] * recent.rehearsal + [state, recent.total, when]
    return " · ".join(words)
