"""The foot of the window: what an operator can do, and the line that stands for the ledger."""

from __future__ import annotations

import tkinter as tk

from twittervotes.core.snapshot import Intents, Snapshot, State
from twittervotes.desktop.button import Button
from twittervotes.desktop.drawing import Look, Text
from twittervotes.desktop.question import Question, ask
from twittervotes.desktop.sizes import SMALL
from twittervotes.desktop.words import ledger_line

MARGIN, HEIGHT, BETWEEN = 28, 64, 12
CAN_UPDATE = frozenset({State.OPEN, State.PAUSED, State.CLOSING, State.SCHEDULED})
CAN_PAUSE = frozenset({State.OPEN, State.PAUSED})
CAN_CLOSE = frozenset({State.OPEN, State.PAUSED, State.SCHEDULED})


class Foot(tk.Frame):
    """Buttons that do what the state allows. Later acts get a button more in `_buttons`."""

    def __init__(self, parent: tk.Misc, look: Look, intents: Intents) -> None:
        colours = look.colours
        super().__init__(parent, background=colours.background)
        self._look = look
        self._intents = intents
        self._state: State | None = None
        tk.Frame(self, background=colours.line, height=max(1, look.px(1))).pack(fill="x")
        self._row = tk.Frame(self, background=colours.background)
        self._row.pack(fill="x", padx=look.px(MARGIN - 4), pady=look.px(8))
        self.update_button = Button(self._row, look, press=self.update_now, kind="action")
        self.pause_button = Button(self._row, look, press=self.pause_or_resume)
        self.close_button = Button(self._row, look, press=self.ask_to_close, kind="danger")
        for button in self._buttons:
            button.pack(side="left", padx=(0, look.px(4)))
        self._line = tk.Canvas(
            self._row, background=colours.background, highlightthickness=0, height=look.px(20)
        )
        self._line.pack(side="right", fill="x", expand=True, padx=(look.px(12), look.px(4)))
        self._text = Text(self._line, look, anchor="e", tags=("ledger",))
        self._ledger = ""
        self._line.bind("<Configure>", lambda _: self._draw_line())
        self._show_buttons()

    @property
    def _buttons(self) -> tuple[Button, ...]:
        return self.update_button, self.pause_button, self.close_button

    def show(self, snapshot: Snapshot) -> None:
        """Show what may be done now."""
        if snapshot.state is not self._state:
            self._state = snapshot.state
            self._show_buttons()
        ledger = ledger_line(snapshot)
        if ledger != self._ledger:
            self._ledger = ledger
            self._draw_line()

    def update_now(self) -> None:
        if self._state in CAN_UPDATE:
            self._intents.update()

    def pause_or_resume(self) -> None:
        if self._state is State.OPEN:
            self._intents.pause()
        elif self._state is State.PAUSED:
            self._intents.resume()

    def ask_to_close(self) -> None:
        if self._state in CAN_CLOSE:
            ask(
                self.winfo_toplevel(),
                self._look,
                Question(
                    "Close the vote now?",
                    "Posts from this moment on do not count, and it cannot be opened again. Late "
                    "posts of the voting period are still read.",
                    "Close the vote",
                    "Keep it open",
                ),
                self._close,
            )

    def _close(self) -> None:
        if self._state in CAN_CLOSE:
            self._intents.close()

    def _show_buttons(self) -> None:
        state = self._state
        self.update_button.show("Update", "F5", enabled=state in CAN_UPDATE)
        word = "Resume" if state is State.PAUSED else "Pause"
        self.pause_button.show(word, "Space", enabled=state in CAN_PAUSE)
        self.close_button.show("Close the vote…", enabled=state in CAN_CLOSE)

    def _draw_line(self) -> None:
        font = self._look.sizes.font("mono", SMALL - 0.5)
        width = self._line.winfo_width()
        place = (width, self._look.px(10))
        self._text.fit(self._ledger, place, font, self._look.colours.faint, width=width)
