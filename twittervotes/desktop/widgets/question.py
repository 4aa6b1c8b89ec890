"""A question over the window; it doesn't block, so the count continues."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.desktop.widgets.button import Button, Kind
from twittervotes.desktop.widgets.overlay import Sheet, open_sheets

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.desktop.canvas.items import Look


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its consequence, and the two answers; `yes` is red unless it is harmless."""

    title: str
    detail: str
    yes: str
    no: str
    is_harmless: bool = False


def ask(root: tk.Misc, look: Look, question: Question, yes: Callable[[], None]) -> None:
    """Ask, and call `yes` if the answer is yes; Escape and the other button change nothing."""
    before = open_sheets(root)
    if before:
        before[0].lift()
    else:
        _Asking(root, look, question, yes)


class _Asking(Sheet):
    def __init__(
        self, root: tk.Misc, look: Look, question: Question, yes: Callable[[], None]
    ) -> None:
        super().__init__(root, look, question.title)
        self._yes = yes
        self.say(question.detail)
        answers = tk.Frame(self.inner, background=look.colours.background)
        answers.pack(fill="x")
        kind: Kind = "action" if question.is_harmless else "danger"
        agree = Button(answers, look, press=self._agreed, kind=kind)
        agree.show(question.yes)
        no = Button(answers, look, press=self.end)
        no.show(question.no)
        no.pack(side="right")
        agree.pack(side="right", padx=(0, look.px(8)))
        no.bind("<Left>", lambda _: agree.focus_set())
        agree.bind("<Right>", lambda _: no.focus_set())
        self.come_to_front(no)

    def _agreed(self) -> None:
        self.end()
        self._yes()
