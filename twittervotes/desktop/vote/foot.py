"""The foot of the window: the next action, the most frequent ones, and the ledger's line."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

from twittervotes.desktop.actions.actions import Action, Actions
from twittervotes.desktop.canvas.items import Look, Text
from twittervotes.desktop.canvas.sizes import SMALL
from twittervotes.desktop.vote.phrases import ledger_lines
from twittervotes.desktop.widgets.button import Button, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.core.contest.snapshot import Snapshot

MARGIN, BETWEEN = 28, 4
# What a button may say; from the start it is as wide as the widest.
NEXT = ("Start voting now…", "Close voting…", "Counting the last votes", "Reveal the result")


class Foot(tk.Frame):
    """Buttons at fixed places, which do what the state allows; the menus have all actions."""

    def __init__(self, parent: tk.Misc, look: Look, actions: Actions) -> None:
        colours = look.colours
        super().__init__(parent, background=colours.background)
        self._look = look
        self._deeds: dict[Button, Callable[[], Action]] = {}
        tk.Frame(self, background=colours.line, height=max(1, look.px(1))).pack(fill="x")
        self._row = tk.Frame(self, background=colours.background)
        self._row.pack(fill="x", padx=look.px(MARGIN - 4), pady=look.px(8))
        self.next_button = self._button(lambda: actions.next, "action")
        self.next_button.reserve(*((words, "") for words in NEXT))
        self.pause_button = self._button(lambda: actions.hold)
        self.pause_button.reserve(("Resume", "Space"), ("Pause…", "Space"))
        self.extend_button = self._button(lambda: actions.extend)
        self.display_button = self._button(Action.nothing)
        self.display_button.reserve(("End display", "F11"), ("Display", "F11"))
        self.export_button = self._button(lambda: actions.export)
        self.update_button = self._button(lambda: actions.update)
        # If there isn't enough room, these are hidden, in this order.
        self._less = (
            self.update_button,
            self.export_button,
            self.extend_button,
            self.display_button,
        )
        self._line = tk.Canvas(
            self._row, background=colours.background, highlightthickness=0, height=look.px(20)
        )
        self._text = Text(self._line, look, anchor="e", tags=("ledger",))
        self._ledger: tuple[str, ...] = ()
        self._packed: tuple[Button, ...] = ()
        self._line.bind("<Configure>", lambda _: self._draw_line())
        self._row.bind("<Configure>", lambda _: self._lay())

    def offer(self, next_step: Callable[[], Action], display: Callable[[], Action]) -> None:
        """Add buttons for these actions."""
        self._deeds[self.next_button] = next_step
        self._deeds[self.display_button] = display
        self.refresh()

    def show(self, snapshot: Snapshot) -> None:
        """Show what is allowed now."""
        self.refresh()
        ledger = ledger_lines(snapshot)
        if ledger != self._ledger:
            self._ledger = ledger
            self._draw_line()

    def refresh(self) -> None:
        """Update each button from its action."""
        for button, action in self._deeds.items():
            now = action()
            key = "" if button in (self.export_button, self.extend_button) else now.key
            button.show(now.word, key, enabled=now.can)
        self._lay()

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Return the visible buttons."""
        return self._packed

    def _button(self, action: Callable[[], Action], kind: Kind = "plain") -> Button:
        button = Button(self._row, self._look, press=lambda: self._deeds[button]().do(), kind=kind)
        self._deeds[button] = action
        return button

    def _lay(self) -> None:
        """Show as many buttons as there is room for, and the ledger's line in the rest."""
        gap = self._look.px(BETWEEN)
        room = self._row.winfo_width()
        shown = list(self._deeds)
        for button in self._less:
            if room < 2 or sum(each.winfo_reqwidth() + gap for each in shown) <= room:
                break
            shown.remove(button)
        if tuple(shown) == self._packed:
            return
        self._packed = tuple(shown)
        for widget in (*self._deeds, self._line):
            widget.pack_forget()
        for button in shown:
            button.pack(side="left", padx=(0, gap))
        self._line.pack(side="right", fill="x", expand=True, padx=(self._look.px(12), gap))

    def _draw_line(self) -> None:
        font = self._look.sizes.font("mono", SMALL - 0.5)
        width = self._line.winfo_width()
        place = (width, self._look.px(10))
        wide = self._look.sizes.width
        line = next((line for line in self._ledger if wide(font, line) <= width), "")
        self._text.show(line, place, font, self._look.colours.faint)
