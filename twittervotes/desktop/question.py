"""A question laid over the window; nothing is waited for, so the count goes on behind it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from twittervotes.desktop.button import Button
from twittervotes.desktop.drawing import Look
from twittervotes.desktop.sizes import NAME, TEXT

WIDTH, PAD = 460, 28


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, what follows from it, and the two answers."""

    title: str
    detail: str
    yes: str
    no: str


def ask(root: tk.Misc, look: Look, question: Question, yes: Callable[[], None]) -> None:
    """Ask, and call `yes` if so answered; Escape and the other button leave all as it is."""
    before = standing(root)
    if before:
        before[0].come_to_front()
    else:
        _Asking(root, look, question, yes).come_to_front()


def standing(root: tk.Misc) -> list[_Asking]:
    """Return the question that waits for its answer, if there is one."""
    return [child for child in root.winfo_children() if isinstance(child, _Asking)]


class _Asking(tk.Frame):
    def __init__(
        self, root: tk.Misc, look: Look, question: Question, yes: Callable[[], None]
    ) -> None:
        colours = look.colours
        super().__init__(root, background=colours.line, padx=1, pady=1)
        self._before = root.focus_get()
        self._yes = yes
        inner = tk.Frame(
            self, background=colours.background, padx=look.px(PAD), pady=look.px(PAD - 4)
        )
        inner.pack(fill="both", expand=True)
        for text, font, colour, below in (
            (question.title, look.sizes.font("bold", NAME - 4), colours.ink, 10),
            (question.detail, look.sizes.font("text", TEXT), colours.dim, 20),
        ):
            tk.Label(
                inner,
                text=text,
                font=font,
                foreground=colour,
                background=colours.background,
                justify="left",
                anchor="w",
                wraplength=look.px(WIDTH),
            ).pack(fill="x", pady=(0, look.px(below)))
        answers = tk.Frame(inner, background=colours.background)
        answers.pack(fill="x")
        self._no = Button(answers, look, press=self._end)
        self._no.show(question.no)
        self._no.pack(side="right")
        agree = Button(answers, look, press=self._agreed, kind="danger")
        agree.show(question.yes)
        agree.pack(side="right", padx=(0, look.px(8)))
        for button in (self._no, agree):
            button.bind("<Escape>", lambda _: self._end())
        self._no.bind("<Left>", lambda _: agree.focus_set())
        agree.bind("<Right>", lambda _: self._no.focus_set())

    def come_to_front(self) -> None:
        self.place(relx=0.5, rely=0.45, anchor="center")
        self.lift()
        self.grab_set()
        self._no.focus_set()

    def _agreed(self) -> None:
        self._end()
        self._yes()

    def _end(self) -> None:
        self.grab_release()
        self.destroy()
        if self._before is not None and self._before.winfo_exists():
            self._before.focus_set()
