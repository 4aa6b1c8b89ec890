"""The activity log, shown over the window: what was done to the vote, when, by whom, and why."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

from twittervotes.core.contest.clock import of_day
from twittervotes.desktop.canvas.sizes import SMALL
from twittervotes.desktop.vote.phrases import act_in_words, zone
from twittervotes.desktop.widgets.button import Button
from twittervotes.desktop.widgets.overlay import Sheet, open_sheets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.core.contest.snapshot import Snapshot
    from twittervotes.desktop.canvas.items import Look

ROWS = 16


def show_log(root: tk.Misc, look: Look, snapshot: Snapshot) -> None:
    """Show the acts of `snapshot` over the window, newest at the top."""
    if not open_sheets(root):
        _Log(root, look, lines(snapshot), zone(snapshot.now_ms))


def lines(snapshot: Snapshot) -> list[str]:
    """Return one line per act, newest first."""
    contest = snapshot.contest
    return [
        f"{of_day(act.at_ms)}   {act_in_words(act, contest)}" for act in reversed(snapshot.acts)
    ]


class _Log(Sheet):
    def __init__(self, root: tk.Misc, look: Look, acts: Sequence[str], zone: str) -> None:
        super().__init__(root, look, "Activity log", width=640)
        self.say(f"Times are local ({zone}).", below=10)
        colours = look.colours
        text = tk.Text(
            self.inner,
            font=look.sizes.font("text", SMALL),
            foreground=colours.ink,
            background=colours.panel,
            relief="flat",
            borderwidth=look.px(10),
            highlightthickness=max(1, look.px(1)),
            highlightbackground=colours.line,
            highlightcolor=colours.action,
            height=min(ROWS, max(3, len(acts))),
            width=1,  # as wide as the sheet
            wrap="word",
            spacing3=look.px(6),
            cursor="arrow",
        )
        text.tag_configure("line", lmargin2=look.px(72))
        words = "\n".join(map(look.sizes.ordered, acts)) or "No activity yet."
        text.insert("1.0", words, "line")
        text.configure(state="disabled")
        text.pack(fill="both", expand=True, pady=(0, look.px(16)))
        close = Button(self.inner, look, press=self.end)
        close.show("Done", "Esc")
        close.pack(anchor="e")
        self.come_to_front(close)
        for key, step in (("<Up>", -1), ("<Down>", 1), ("<Prior>", -8), ("<Next>", 8)):
            close.bind(key, lambda _, step=step: text.yview_scroll(step, "units"))  # type: ignore[misc]
