"""All choices with their bars, in one or two columns.

With few choices a full bar is all votes. Rows too low for that are compared with each other: then
a full bar is less, and a caption says how much.
"""

from __future__ import annotations

import tkinter as tk

from twittervotes.core.contest.contest import Choice
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import TINY
from twittervotes.desktop.canvas.theme_colours import mark
from twittervotes.desktop.vote.animation import full_bar
from twittervotes.desktop.vote.frame import Moment, Order
from twittervotes.desktop.vote.layout import GAP, Plan
from twittervotes.desktop.vote.row import Row
from twittervotes.presentation.marks import Mark


class Bars:
    """The rows of one contest; its choices stay the same as long as it lives.

    `order` and `hidden` (no bar and no number is shown) may be set; `show` follows them.
    """

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
        self._canvas = canvas
        self._choices = choices
        self._areas: list[Area] = []
        self._slots = list(range(len(choices)))
        self._travelling = False
        self._scaled = False
        self._full = 1.0
        self.order = Order.GIVEN
        self.hidden = False
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
        spare = bottom - area.top - below - plan.rows * pitch
        first = area.top if plan.stacked else area.top + max(self._look.px(4), spare // 2)
        self._areas = []
        height = plan.row if plan.stacked else pitch
        for i in range(len(self._rows)):
            column, place = divmod(i, plan.rows)
            left = area.left + column * (width + gap)
            top = first + place * pitch
            self._areas.append(Area(left, top, left + width, top + height))
        for slot, row in zip(self._slots, self._rows, strict=True):
            row.lay(self._areas[slot], plan)

    def show(self, moment: Moment, now: float) -> None:
        """Set out for the numbers of `moment`."""
        votes = moment.snapshot.tally.votes
        total = sum(votes) or 1
        self._full = full_bar(max(votes) / total, self._full) if self._scaled else 1.0
        self._reorder(votes, now)
        for i, row in enumerate(self._rows):
            if self.hidden:
                row.hide()
                continue
            share = votes[i] / total / self._full
            row.aim(votes[i], moment.percents[i], share, moment.changes[i], now)
        words = f"a full bar is {self._full:.0%}" if self._full < 1 and not self.hidden else ""
        font = self._look.sizes.font("text", TINY - 1)
        self._caption.show(words, self._caption_place, font, self._look.colours.faint)

    def move(self, now: float) -> bool:
        """Draw one frame; tell whether another is needed."""
        moving = False
        for row in self._rows:
            moving = row.move(now) or moving
        if self._travelling and not moving:
            self._travelling = False
            self._canvas.tag_lower("ground")
        return moving

    def _reorder(self, votes: tuple[int, ...], now: float) -> None:
        """Send each row to the place that the order gives it."""
        slots = ranked(self._choices, votes, self.order)
        if slots == self._slots or not self._areas:
            return
        self._slots = slots
        for slot, row in zip(slots, self._rows, strict=True):
            self._travelling = row.go(self._areas[slot], now) or self._travelling


def ranked(choices: tuple[Choice, ...], votes: tuple[int, ...], order: Order) -> list[int]:
    """Return the place of each choice; on a tie the operator's order decides."""
    numbers = range(len(choices))
    match order:
        case Order.VOTES:
            best = sorted(numbers, key=lambda i: (-votes[i], i))
        case Order.NAME:
            best = sorted(numbers, key=lambda i: (choices[i].name.casefold(), i))
        case Order.GIVEN:
            best = list(numbers)
    places = [0] * len(choices)
    for place, i in enumerate(best):
        places[i] = place
    return places
