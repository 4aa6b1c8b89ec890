"""All choices with their bars, in one or two columns."""

from __future__ import annotations

import tkinter as tk

from twittervotes.core.contest import Choice
from twittervotes.desktop.drawing import Area, Box, Look
from twittervotes.desktop.layout import GAP, Plan
from twittervotes.desktop.moment import Moment
from twittervotes.desktop.palette import Mark, mark
from twittervotes.desktop.row import Row


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
        self._rows = [
            Row(canvas, look, self.marks[i], choice, tag=f"choice{i}")
            for i, choice in enumerate(choices)
        ]

    def lay(self, area: Area, plan: Plan) -> None:
        """Share `area` among the rows, down the first column and then down the second."""
        gap = self._look.px(GAP)
        width = (area.width - gap * (plan.columns - 1)) // plan.columns
        for column, panel in enumerate(self._panels):
            left = area.left + column * (width + gap)
            if plan.stacked or column >= plan.columns:
                panel.hide()
            else:
                bottom = area.top + plan.rows * plan.pitch - gap
                panel.place(Area(left, area.top, left + width, bottom))
        pitch = plan.pitch if plan.stacked else (plan.bars - gap - self._look.px(8)) // plan.rows
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
        for i, row in enumerate(self._rows):
            row.aim(votes[i], moment.percents[i], votes[i] / total, moment.changes[i], now)

    def move(self, now: float) -> bool:
        """Draw one frame; tell whether another is needed."""
        moving = False
        for row in self._rows:
            moving = row.move(now) or moving
        return moving
