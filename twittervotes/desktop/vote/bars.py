"""All choices with their bars, in columns; rows stand on one ground, and change places on it.

With few choices a full bar is all votes. Rows too low for that are compared with each other: then
a full bar is less, and a caption says how much.
"""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass

from twittervotes.core.contest.contest import Choice
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import TINY
from twittervotes.desktop.canvas.theme_colours import mark
from twittervotes.desktop.vote.animation import full_bar
from twittervotes.desktop.vote.frame import Moment, Order
from twittervotes.desktop.vote.layout import GAP, Plan
from twittervotes.desktop.vote.overtaking import TAKES_MS, Part, parts, pose
from twittervotes.desktop.vote.phrases import UNDER_WAY
from twittervotes.desktop.vote.row import Row
from twittervotes.desktop.vote.standing import Standing
from twittervotes.presentation.marks import Mark

MOST_DIMMED = 12  # more rows would cost too many pictures


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
        self._choices = choices
        self._areas: list[Area] = []
        self._lanes = 1
        self._slots = list(range(len(choices)))
        self._shift: Shift | None = None
        self._standing = Standing()
        self._ordered: tuple[Order, bool, bool] | None = None
        self._votes: tuple[int, ...] = ()
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
            if column >= plan.columns:
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
        self._shift, self._lanes = None, plan.rows
        for slot, row in zip(self._slots, self._rows, strict=True):
            row.lay(self._areas[slot], plan)

    def show(self, moment: Moment, now: float) -> None:
        """Set out for the numbers of `moment`."""
        votes = moment.snapshot.tally.votes
        total = sum(votes) or 1
        self._full = full_bar(max(votes) / total, self._full) if self._scaled else 1.0
        self._votes = votes
        way = (self.order, self.hidden, moment.snapshot.state in UNDER_WAY)
        if way != self._ordered or not way[-1]:
            self._standing.jump(votes)
        is_first, self._ordered = self._ordered is None, way
        self._reorder(now, at_once=is_first)
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
        if self._votes:
            self._reorder(now)
        if self._shift:
            self._go(self._shift, now)
        moving = [row.move(now) for row in self._rows]
        return any(moving) or self._shift is not None

    def _reorder(self, now: float, *, at_once: bool = False) -> None:
        """Let each row set out for the place that the order gives it, after those on their way."""
        if self._shift or not self._areas:
            return
        slots = self._places(now)
        if slots == self._slots:
            return
        before, self._slots = self._slots, slots
        if at_once:
            for slot, row in zip(slots, self._rows, strict=True):
                row.stand(self._areas[slot])
        else:
            ways = parts(before, slots, lambda slot: slot // self._lanes)
            self._shift = Shift(now, before, ways)

    def _places(self, now: float) -> list[int]:
        """Return the place of each choice."""
        numbers = range(len(self._choices))
        match self.order:
            case Order.VOTES:
                best = self._standing.follow(self._votes, now)
            case Order.NAME:
                best = sorted(numbers, key=lambda i: (self._choices[i].name.casefold(), i))
            case Order.GIVEN:
                best = list(numbers)
        places = [0] * len(best)
        for place, i in enumerate(best):
            places[i] = place
        return places

    def _go(self, shift: Shift, now: float) -> None:
        """Let each row stand where it is at `now` on its way to its place."""
        at_ms = (now - shift.began) * 1000
        dims = len(self._rows) <= MOST_DIMMED
        for i, row in enumerate(self._rows):
            way = pose(shift.parts[i], at_ms)
            start, end = self._areas[shift.before[i]], self._areas[self._slots[i]]
            left = round(start.left + (end.left - start.left) * way.way)
            left += self._look.px(way.aside)
            top = round(start.top + (end.top - start.top) * way.way)
            level = way.level if dims or shift.parts[i] is Part.FADES else 1.0
            row.stand(Area(left, top, left + end.width, top + end.height), level)
        if at_ms >= TAKES_MS:
            self._shift = None


@dataclass(frozen=True, slots=True)
class Shift:
    """Rows that change places: since when, from where, and what each does."""

    began: float
    before: list[int]
    parts: tuple[Part, ...]
