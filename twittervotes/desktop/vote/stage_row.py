"""One choice on the display: larger, with its hashtag on a chip, and its place if it has one.

Next to a long name first the votes are hidden; then the name gets smaller, down to 80 %, and then
it is shortened. The hashtag to post always stays: if it leaves no room for the name, it replaces
the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.items import Area, Box, Look
from twittervotes.desktop.vote.row import Row
from twittervotes.desktop.vote.stage_layout import TWO_ROWS
from twittervotes.presentation.marks import Mark, mix
from twittervotes.presentation.numbers import grouped

if TYPE_CHECKING:
    import tkinter as tk

    from twittervotes.core.contest.contest import Choice
    from twittervotes.desktop.vote.layout import Plan

SMALLEST = 28  # the smallest text for an audience, at 1080 lines
CAP = 0.727  # the height of a capital letter relative to its font size
SMALLER = (1.0, 0.95, 0.9, 0.85, 0.8)
BAR_END = 0.89  # where the bar of a stacked row ends, relative to the row's height
VOTES, DOWN = 0.17, 0.14  # of a stacked row
SHRINKING = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64)
THIN, LARGER = 0.2, 1.15  # with a bar thinner than that, letters are larger by this factor
INLINE = {"badge": 0.68, "name": 0.53, "percent": 0.72, "chip": 0.36, "bar": 0.52}
LOW, LOW_NAME = 72, 0.62  # rows below that height have larger letters for it
PLACE = 0.9  # the size of a place relative to the name's
CHIP_HIGH, CHIP_PAD = 1.62, 0.5  # relative to the size of its letters


@dataclass(frozen=True, slots=True)
class Shares:
    """Sizes in a stacked row, relative to its height."""

    badge: float
    name: float
    percent: float
    chip: float


THREE, PAIR = Shares(0.38, 0.32, 0.49, 0.185), Shares(0.341, 0.282, 0.47, 0.141)


def shares_of(look: Look, plan: Plan) -> Shares:
    """Return the sizes in stacked rows: two choices have so much room that bars get more of it."""
    return PAIR if plan.pitch >= look.px(TWO_ROWS) else THREE


class StageRow(Row):
    """A choice on the Canvas of the display."""

    def __init__(
        self, canvas: tk.Canvas, look: Look, mark: Mark, choice: Choice, *, tag: str
    ) -> None:
        super().__init__(canvas, look, mark, choice, tag=tag)
        colours = look.colours
        self._tag = choice.tag
        self._picture = canvas.create_image(
            0, 0, anchor="nw", state="hidden", tags=(f"{tag}-picture",)
        )
        self._canvas = canvas
        self._chip_colour = mix(colours.background, colours.ink, 0.12)
        self._chip = Box(
            canvas, look, fill=self._chip_colour, outside=colours.background, tags=(f"{tag}-chip",)
        )
        canvas.tag_raise(f"{tag}-hashtag")

    def _draw(self) -> None:
        super()._draw()
        if not self._level:
            self._chip.hide()
            self._canvas.itemconfigure(self._picture, state="hidden")

    def _is_bare(self, _plan: Plan) -> bool:
        return self._hidden

    def _draw_parts(self, plan: Plan) -> None:
        self._texts["change"].hide()
        if self._hidden:
            self._draw_name_alone(plan)
        elif plan.stacked:
            self._draw_above_bar(plan)
        else:
            self._draw_beside_bar(plan)

    def _draw_badge(self, area: Area) -> None:
        """Draw the choice's picture, or its letter where it has none."""
        look = self._look
        radius = max(look.px(4), round(area.height * 0.13))
        ground = look.colours.background
        badge = look.images.badge(self._tag, area.height, radius, ground, self._level)
        if not badge:
            self._canvas.itemconfigure(self._picture, state="hidden")
            super()._draw_badge(area)
            return
        self._badge.hide()
        self._texts["letter"].hide()
        self._canvas.coords(self._picture, area.left, area.top)
        self._canvas.itemconfigure(self._picture, image=badge, state="normal")

    def _draw_above_bar(self, plan: Plan) -> None:
        look, area = self._look, self._area
        bar_top = round(area.height * (BAR_END - plan.bar))
        unit, high = look.sizes.scale, area.height * (LARGER if plan.bar < THIN else 1)
        middle = area.top + round(bar_top * 0.515)
        left, right = area.left, area.right
        left = self._draw_place(plan, left, middle, high * 0.2 / unit)
        share = shares_of(look, plan)
        badge = round(high * share.badge)
        self._draw_badge(Area(left, middle - badge // 2, left + badge, middle + badge - badge // 2))
        start = left + badge + round(badge * 0.31)
        baseline = middle + round(high * DOWN)
        end = self._draw_percent(right, baseline, high * share.percent / unit) - look.px(28)
        size = max(SMALLEST, high * VOTES / unit)
        votes = grouped(round(self._votes.value)) if plan.votes else ""
        votes += "*" * (bool(votes) and self.by_hand != 0)
        votes_font = look.sizes.font("text", size)
        wide = look.sizes.width(votes_font, votes)
        name = look.sizes.width(look.sizes.font("bold", high * share.name / unit), self._name)
        hashtag = self._chip_width(self._hashtag if plan.hashtag else "", high * share.chip / unit)
        if start + name + hashtag + wide + look.px(72) > end:
            votes, wide = "", 0
        place = (end, baseline + look.sizes.below(votes_font))
        self._texts["votes"].show(votes, place, votes_font, self._tone(look.colours.dim))
        end -= wide + look.px(24) if wide else 0
        self._draw_name(
            plan, start, end, middle, (high * share.name / unit, high * share.chip / unit)
        )
        top = area.top + bar_top
        bottom = area.top + round(area.height * BAR_END)
        self._bar.place(Area(area.left, top, right, bottom))

    def _draw_beside_bar(self, plan: Plan) -> None:
        look, area, sizes = self._look, self._area, self._look.sizes
        unit, high = sizes.scale, area.height
        middle = area.top + high // 2
        name, _ = inline_sizes(look, high)
        percent = min(high * INLINE["percent"] / unit, 100)
        left, right = area.left, area.right
        left = self._draw_place(plan, left, middle, name * PLACE)
        badge = round(min(high * INLINE["badge"], look.px(100)))
        self._draw_badge(Area(left, middle - badge // 2, left + badge, middle + badge - badge // 2))
        start = left + badge + round(badge * 0.3)
        baseline = middle + look.px(percent * CAP / 2)
        end = self._draw_percent(right, baseline, percent) - look.px(28)
        self._texts["votes"].hide()
        bar = start + plan.bar_left
        end_of_name, written = bar - look.px(24), inline_sizes(look, high)
        self._draw_name(plan, start, end_of_name, middle, written, column=plan.chips)
        thick = round(min(high * INLINE["bar"], look.px(64)))
        self._bar.place(Area(bar, middle - thick // 2, end, middle + thick - thick // 2))

    def _draw_name_alone(self, plan: Plan) -> None:
        """Draw the choice and its hashtag, without any result."""
        look, area = self._look, self._area
        unit = look.sizes.scale
        high = min(area.height, look.px(176))
        most = area.width / unit / 20
        middle = area.top + area.height // 2
        for part in ("votes", "percent", "unit", "place"):
            self._texts[part].hide()
        badge = round(high * 0.6)
        left = area.left
        self._draw_badge(Area(left, middle - badge // 2, left + badge, middle + badge - badge // 2))
        start = left + badge + round(badge * 0.34)
        name = min(high * 0.52 / unit, 1.4 * most)
        chip = max(min(high * 0.36 / unit, most), min(SMALLEST, name))
        self._draw_name(plan, start, area.right, middle, (name, chip), at_end=True)

    def _draw_name(
        self,
        plan: Plan,
        start: int,
        end: int,
        middle: int,
        sizes: tuple[float, float],
        *,
        column: int = 0,
        at_end: bool = False,
    ) -> None:
        """Write the name from `start`, and its chip after it, in a `column` or at the `end`."""
        look, colours = self._look, self._look.colours
        name_size, chip_size = sizes
        name, hashtag = self._name, self._hashtag if plan.hashtag else ""
        gap = look.px(max(12, name_size * 0.34))
        chip = self._chip_width(hashtag, chip_size)
        whole = look.sizes.width(look.sizes.font("bold", name_size * SMALLER[-1]), name)
        if (
            not column
            and hashtag
            and chip > (end - start) * 0.6
            and whole > end - start - chip - gap
        ):
            name, hashtag, chip = hashtag, "", 0
        room = end - start - (chip + gap if hashtag else 0)
        if column and hashtag:
            room = column - gap
        fonts = [look.sizes.font("bold", max(12, name_size * share)) for share in SMALLER]
        fitting = (font for font in fonts if look.sizes.width(font, name) <= room)
        font = next(fitting, fonts[-1])
        baseline = middle + round(-int(font.cget("size")) * CAP / 2)
        place = (start, baseline + look.sizes.below(font))
        wide = self._texts["name"].fit(name, place, font, self._tone(colours.ink), width=room)
        left = start + wide + gap
        if at_end:
            left = end - chip
        elif column:
            left = start + column
        self._draw_chip(hashtag, left, middle, chip_size)

    def _chip_width(self, hashtag: str, size: float) -> int:
        if not hashtag:
            return 0
        font = self._look.sizes.font("bold", size)
        return self._look.sizes.width(font, hashtag) + 2 * self._look.px(size * CHIP_PAD)

    def _draw_chip(self, hashtag: str, left: int, middle: int, size: float) -> None:
        look, text = self._look, self._texts["hashtag"]
        if not hashtag:
            self._chip.hide()
            text.hide()
            return
        high = look.px(size * CHIP_HIGH)
        top = middle - high // 2
        self._chip.round(high // 2)
        self._chip.fill(self._tone(self._chip_colour))
        self._chip.place(Area(left, top, left + self._chip_width(hashtag, size), top + high))
        font = look.sizes.font("bold", size)
        baseline = middle + look.px(size * 0.36)
        place = (left + look.px(size * CHIP_PAD), baseline + look.sizes.below(font))
        text.show(hashtag, place, font, self._tone(look.colours.ink))

    def _draw_place(self, plan: Plan, left: int, middle: int, size: float) -> int:
        """Write the place if the plan has it; return where the badge begins."""
        if not plan.places:
            self._texts["place"].hide()
            return left
        look = self._look
        font = look.sizes.font("text", size)
        self._texts["place"].show(self._place, (left, middle), font, self._tone(look.colours.dim))
        return left + place_width(look, size)


def place_width(look: Look, size: float) -> int:
    """Return the width of the column for places of that size."""
    return look.sizes.width(look.sizes.font("text", size), "=30") + look.px(size / 2)


def inline_sizes(look: Look, high: int) -> tuple[float, float]:
    """Return the sizes of name and hashtag in a row of that height, beside its bar."""
    unit = look.sizes.scale
    name = min(high * (LOW_NAME if high < LOW * unit else INLINE["name"]) / unit, 72)
    return name, min(high * INLINE["chip"] / unit, 48)
