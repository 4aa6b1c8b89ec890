"""One choice in the window: its badge, name, hashtag, change, votes and percentage, and its bar.

Text never covers the bar. Next to a long name first the change is hidden; then the name gets
smaller; then the hashtag and the votes are hidden; only then the name is shortened.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twittervotes.desktop.canvas.items import Anchor, Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import NAME, PERCENT, TEXT, TINY
from twittervotes.desktop.vote.animation import BAR_S, Glide
from twittervotes.desktop.vote.award import AwardTag
from twittervotes.desktop.vote.bar import Bar
from twittervotes.desktop.vote.layout import ROW, Plan
from twittervotes.desktop.vote.phrases import title_of
from twittervotes.presentation.marks import Mark, mix
from twittervotes.presentation.numbers import counted, grouped, signed

if TYPE_CHECKING:
    import tkinter as tk
    from tkinter.font import Font

    from twittervotes.core.contest.contest import Choice

PARTS: dict[str, Anchor] = {
    "place": "w",
    "letter": "center",
    "name": "sw",
    "hashtag": "sw",
    "change": "sw",
    "votes": "se",
    "percent": "se",
    "unit": "se",
}
SMALLER = (1.0, 0.92, 0.84, 0.76, 0.7)
Figures = tuple[float, float, float]  # votes, percentage and the bar's share
UNIT = 0.58  # the size of "%" beside its figure


class Row:
    """A choice on the Canvas; numbers and bar glide to their targets."""

    def __init__(
        self, canvas: tk.Canvas, look: Look, mark: Mark, choice: Choice, *, tag: str
    ) -> None:
        self._look = look
        self._mark = mark
        self._name, self._hashtag = title_of(choice)
        colours = look.colours
        self._badge = Box(
            canvas, look, fill=mark.colour, outside=colours.panel, tags=(f"{tag}-badge",)
        )
        self._bar = Bar(canvas, look, mark, f"{tag}-bar")
        self._texts = {
            part: Text(canvas, look, anchor=anchor, tags=(tag, f"{tag}-{part}"))
            for part, anchor in PARTS.items()
        }
        self._votes, self._percent, self._share = Glide(), Glide(), Glide()
        self._is_new = True  # no numbers have been shown that a glide could start from
        self._level = 1.0
        self.by_hand = 0  # how many of the votes were added by hand
        self._change = 0
        self._hidden = False
        self._award = ""
        self._award_tag: AwardTag | None = None
        self._new_award_tag = partial(AwardTag, canvas, look, tag)
        self._place = ""
        self._changed = False
        self._area = Area(0, 0, 0, 0)
        self._plan: Plan | None = None

    def aim(self, votes: int, percent: float, share: float, change: int, now: float) -> None:
        """Start moving to these numbers; the first are shown at once."""
        if self._is_new:
            self.begin((votes, percent, share))
        self._votes.aim(votes, now)
        self._percent.aim(percent, now)
        self._share.aim(share, now, BAR_S)
        self.change(change)

    def change(self, change: int) -> None:
        """Set the votes of the last minute."""
        self._changed = self._changed or change != self._change
        self._change = change

    def begin(self, figures: Figures) -> None:
        """Show these numbers at once."""
        for glide, figure in zip(self._glides, figures, strict=True):
            glide.jump(figure)
        self._is_new = self._hidden = False
        self._changed = True

    @property
    def figures(self) -> Figures | None:
        """The numbers shown now, None if there are none."""
        votes, percent, share = (glide.value for glide in self._glides)
        return None if self._is_new else (votes, percent, share)

    @property
    def _glides(self) -> tuple[Glide, Glide, Glide]:
        return self._votes, self._percent, self._share

    def award(self, word: str) -> None:
        """Show this word beside the name, "" for none."""
        self._changed = self._changed or word != self._award
        self._award = word

    def number(self, place: str) -> None:
        """Set the place, as text."""
        self._changed = self._changed or place != self._place
        self._place = place

    def hide(self) -> None:
        """Show no number and no bar until the next `aim`."""
        self._changed = self._changed or not self._hidden
        self._hidden = self._is_new = True
        for glide in self._glides:
            glide.jump(0)

    def settle(self) -> None:
        """Finish all movements at once."""
        for glide in self._glides:
            self._changed = self._changed or glide.moving
            glide.jump(glide.target)
        if self._changed:
            self._draw()

    def lay(self, area: Area, plan: Plan) -> None:
        """Move to this area, with what `plan` has room for."""
        self._plan = plan
        self.stand(area)
        self._draw()

    def stand(self, area: Area, level: float = 1.0) -> None:
        """Move to this area at the next frame, with this opacity (0 to 1)."""
        if (area, level) != (self._area, self._level):
            self._area, self._level, self._changed = area, level, True

    def move(self, now: float) -> bool:
        """Draw the numbers at `now`; return whether they are still moving."""
        moving = any(glide.moving for glide in self._glides)
        if moving:
            for glide in self._glides:
                glide.move(now)
        if moving or self._changed:
            self._draw()
        return moving

    def _draw(self) -> None:
        if self._plan is None:
            return
        self._changed = False
        self._bar.fade(0 if self._is_bare(self._plan) else self._level)
        if not self._level:
            self._badge.hide()
            for text in self._texts.values():
                text.hide()
            self._hide_award()
            return
        self._draw_parts(self._plan)
        self._bar.grow(self._share.value)

    def _draw_parts(self, plan: Plan) -> None:
        if plan.stacked:
            self._draw_stacked(plan)
        else:
            self._draw_inline(plan)

    def _is_bare(self, _plan: Plan) -> bool:
        """Return whether the name may use the bar's room too, as there is no result to show."""
        return False

    def _draw_stacked(self, plan: Plan) -> None:
        look, area = self._look, self._area
        fraction = area.height / look.px(ROW)
        left, right = area.left + look.px(20), area.right - look.px(20)
        baseline = area.top + round(area.height * 0.47)
        badge = max(look.px(16), round(look.px(30) * fraction))
        middle = area.top + round(area.height * 0.355)
        self._draw_badge(Area(left, middle - badge // 2, left + badge, middle + badge - badge // 2))
        start = left + badge + look.px(14 * fraction)
        size = max(TEXT + 2, PERCENT * fraction)
        end = self._draw_percent(right, baseline, size)
        self._draw_names(plan, start, end, baseline, fraction)
        self._bar.place(
            Area(
                area.left + look.px(20),
                area.top + round(area.height * 0.63),
                right,
                area.top + round(area.height * 0.84),
            )
        )

    def _draw_names(self, plan: Plan, start: int, end: int, baseline: int, fraction: float) -> None:
        """Write, from `start`, what fits before `end`."""
        look, colours = self._look, self._look.colours
        sizes = look.sizes
        text_font = sizes.font("text", max(TINY, TEXT * fraction))
        space, clear = look.px(14 * max(1, fraction)), look.px(24 * max(1, fraction))
        change = self._change_text() if plan.change else ""
        votes = counted(round(self._votes.value), "vote") if plan.votes else ""
        if votes and self.by_hand:
            votes += f" ({signed(self.by_hand)} by hand)"
        if self._place.startswith("="):
            votes = " · ".join(filter(None, (self._place, votes)))
        room = end - start - clear - self._award_width(fraction, space)
        title, hashtag = self._name, self._hashtag if plan.hashtag else ""
        wide = {text: sizes.width(text_font, text) + space for text in (hashtag, change, votes)}
        wide[""] = 0
        for kept in ((hashtag, votes), ("", votes), ("", "")):
            left = room - wide[kept[0]] - wide[kept[1]]
            size = max(TEXT, NAME * fraction)
            name_font = self._name_font(size, left, title)
            name = sizes.width(name_font, title)
            if name <= left:
                break
        hashtag, votes = kept
        if name + wide[change] > left:
            change = ""
        down = sizes.below
        y = baseline + down(name_font)
        x = start + self._texts["name"].fit(
            title, (start, y), name_font, self._tone(colours.ink), width=left
        )
        if self._award and self._award_tag:
            middle = baseline - look.px(NAME * fraction * 0.36)
            self._award_tag.show(self._award, x + space, middle, fraction)
            x += self._award_width(fraction, space)
        y = baseline + down(text_font)
        x += space
        width = self._texts["hashtag"].show(hashtag, (x, y), text_font, self._tone(colours.dim))
        x += width + space if hashtag else 0
        tone = colours.good if self._change > 0 else colours.waiting
        self._texts["change"].show(change, (x, y), text_font, self._tone(tone))
        self._texts["votes"].show(votes, (end - clear, y), text_font, self._tone(colours.dim))

    def _award_width(self, fraction: float, space: int) -> int:
        """Return the room that the award needs after the name."""
        if not self._award:
            self._hide_award()
            return 0
        if self._award_tag is None:
            self._award_tag = self._new_award_tag()
        return space + self._award_tag.width(self._award, fraction)

    def _hide_award(self) -> None:
        if self._award_tag:
            self._award_tag.hide()

    def _name_font(self, size: float, room: int, name: str) -> Font:
        """Return the largest font in which `name` fits, or the smallest allowed."""
        sizes = self._look.sizes
        fonts = [sizes.font("bold", max(size * share, min(size, TINY - 1))) for share in SMALLER]
        fitting = (font for font in fonts if sizes.width(font, name) <= room)
        return next(fitting, fonts[-1])

    def _draw_inline(self, plan: Plan) -> None:
        look, area, colours = self._look, self._area, self._look.colours
        sizes = look.sizes
        size = min(TEXT + 2, max(TINY - 1, area.height / sizes.scale * 0.55))
        baseline = area.top + round(area.height / 2 + look.px(size) * 0.36)
        left, right = area.left + look.px(20), area.right - look.px(20)
        badge = min(area.height - look.px(2), look.px(size * 1.4))
        top = area.top + (area.height - badge) // 2
        self._draw_badge(Area(left, top, left + badge + look.px(4), top + badge))
        font = sizes.font("text", size)
        end = self._draw_percent(right, baseline, size)
        votes = grouped(round(self._votes.value)) if plan.votes else ""
        votes += "*" * (bool(votes) and self.by_hand != 0)
        if self._place.startswith("="):
            votes = " · ".join(filter(None, (self._place, votes)))
        place = (end - look.px(8), baseline + sizes.below(font))
        self._texts["votes"].show(votes, place, font, colours.dim)
        # The same room in every row, or the bars couldn't be compared.
        end -= sizes.width(font, "=88 · 88,888,888" if plan.votes else "=888")
        start = left + badge + look.px(12)
        share = 0.72 if plan.hashtag else 0.42 if plan.votes else 0.52
        middle = start + round((end - start) * share)
        self._name_inline(start, middle - look.px(12), baseline, size)
        self._texts["change"].hide()
        high = max(look.px(6), round(area.height * 0.36))
        top = area.top + (area.height - high) // 2
        self._bar.place(Area(middle, top, end - look.px(8), top + high))

    def _name_inline(self, start: int, end: int, baseline: int, size: float) -> None:
        self._hide_award()
        name = " · ".join(filter(None, (self._award, self._name)))
        font = self._name_font(size, end - start, name)
        place = (start, baseline + self._look.sizes.below(font))
        colour = self._tone(self._look.colours.ink)
        self._texts["name"].fit(name, place, font, colour, width=end - start)
        self._texts["hashtag"].hide()

    def _draw_badge(self, area: Area) -> None:
        self._badge.place(area)
        self._badge.fill(self._tone(self._mark.colour))
        self._badge.round(max(self._look.px(4), round(area.height * 0.13)))
        is_large = area.height >= self._look.px(24)
        share = 0.5 if len(self._mark.letter) > 1 else 0.56 if is_large else 0.68
        size = area.height / self._look.sizes.scale * share
        font = self._look.sizes.font("bold", size)
        place = ((area.left + area.right) // 2, (area.top + area.bottom) // 2)
        self._texts["letter"].show(self._mark.letter, place, font, self._tone(self._mark.on_colour))

    def _draw_percent(self, right: int, baseline: int, size: float) -> int:
        """Write the percentage with a smaller sign; return where the longest possible begins."""
        sizes, colours = self._look.sizes, self._look.colours
        font, small = sizes.font("bold", size), sizes.font("text", size * UNIT)
        text = self._percent_text()
        place = (right, baseline + sizes.below(small))
        sign = "%" if text else ""
        right -= max(
            self._texts["unit"].show(sign, place, small, self._tone(colours.dim)),
            sizes.width(small, "%"),
        ) + self._look.px(size * 0.04)
        place = (right, baseline + sizes.below(font))
        width = self._texts["percent"].show(text, place, font, self._tone(colours.ink))
        return right - max(width, sizes.width(font, "88.8"))

    def _tone(self, colour: str) -> str:
        """Return a colour mixed for this opacity, because a Canvas has no transparency."""
        ground = self._look.colours.panel
        return colour if self._level == 1.0 else mix(ground, colour, self._level)

    def _percent_text(self) -> str:
        return "" if self._hidden else f"{self._percent.value:.1f}"

    def _change_text(self) -> str:
        if not self._change:
            return ""
        return f"{signed(self._change)} in the last minute"
