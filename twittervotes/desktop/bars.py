"""All choices with their bars, in one or two columns.

With few choices a full bar is all votes. Rows too low for that are compared with each other: then
a full bar is less, and a caption says how much.
"""

from __future__ import annotations

import tkinter as tk

from twittervotes.core.contest import Choice
from twittervotes.desktop.drawing import Area, Box, Look, Text
from twittervotes.desktop.layout import GAP, Plan
from twittervotes.desktop.moment import Moment
from twittervotes.desktop.numbers import full_bar
from twittervotes.desktop.palette import Mark, mark
from twittervotes.desktop.row import Row
from twittervotes.desktop.sizes import TINY


class Bars:
    """The rows of one contest; its choices stay the same as long as it lives."""

    def __init__(self, canvas: tk.Canvas, look: Look, choices: tuple[Choice, ...]) -> None:
        self._look = look
        self.marks: tuple[Mark, ...] = tuple(
            mark(i, look.colours, choice.colour) for i, choice in enumerate(choices)
        )
        colours = look.colours
        self._panels = [
            Box(canvas, look, fill=colours.panel, outside=colours.background, tags=("ground",))
            for _ in range(2)
        ]
        self._caption = Text(canvas, look, anchor="e", tags=("caption",))
        self._caption_place = (0, 0)
        self._scaled = False
        self._full = 1.0
        self._rows = [
            Row(canvas, look, self.marks[i], choice, tag=f"choice{i}")
            for i, choice in enumerate(choices)
        ]

    def lay(self, area: Area, plan: Plan) -> None:
        """Share `area` among the rows, down the first column and then down the second."""
        gap = self._look.px(GAP)
        width = (area.width - gap * (plan.columns - 1)) // plan.columns
        bottom = area.top + plan.bars - gap
        for column, panel in enumerate(self._panels):
            left = area.left + column * (width + gap)
            if plan.stacked or column >= plan.columns:
                panel.hide()
            else:
                panel.place(Area(left, area.top, left + width, bottom))
        self._scaled = not plan.stacked
        self._caption_place = (area.right - self._look.px(20), bottom - self._look.px(9))
        below = self._look.px(22) if self._scaled else 0
        pitch = plan.pitch if plan.stacked else (bottom - area.top - below) // plan.rows
        first = area.top if plan.stacked else area.top + self._look.px(4)
        for i, row in enumerate(self._rows):
            column, place = divmod(i, plan.rows)
            left = area.left + column * (width + gap)
            top = first + place * pitch
            height = plan.row if plan.stacked else pitch
            row.lay(Area(left, top, left + width, top + height), plan)

    def show(self, moment: Moment, now: float) -> None:
        """Set out for the numbers of `moment`."""
        votes = moment.snapshot.tally.votes
        total = sum(votes) or 1
        self._full = full_bar(max(votes) / total, self._full) if self._scaled else 1.0
        for i, row in enumerate(self._rows):
            share = votes[i] / total / self._full
            row.aim(votes[i], moment.percents[i], share, moment.changes[i], now)
        words = f"a full bar is {self._full:.0%}" if self._full < 1 else ""
        font = self._look.sizes.font("text", TINY - 1)
        self._caption.show(words, self._caption_place, font, self._look.colours.faint)

    def move(self, now: float) -> bool:
        """Draw one frame; tell whether another is needed."""
        moving = False
        for row in self._rows:
            moving = row.move(now) or moving
        return moving
