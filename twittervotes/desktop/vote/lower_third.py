"""A lower third of the vote: one panel above the lower edge, to be keyed over another picture.

Up to four choices are shown side by side; of more, the best three and the others combined. Around
the panel there is a single colour, which a vision mixer makes transparent.
"""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.contest.tie import decision
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import Sizes
from twittervotes.desktop.canvas.theme_colours import mark
from twittervotes.desktop.vote.animation import Glide
from twittervotes.desktop.vote.bar import Bar
from twittervotes.desktop.vote.frame import Air, Moment, Showing
from twittervotes.desktop.vote.invite import COUNTED
from twittervotes.desktop.vote.ranking import Ranking
from twittervotes.desktop.vote.row import UNIT
from twittervotes.desktop.vote.stage_foot import BEING_CHECKED, StageFoot
from twittervotes.desktop.vote.stage_head import badge, clock
from twittervotes.desktop.vote.stage_layout import HIGH, WIDE, on_ground
from twittervotes.desktop.vote.tape import AMBER, INK, rehearsal_colours
from twittervotes.presentation.invitation import invitation, vote_address, written_address
from twittervotes.presentation.marks import Mark, mix
from twittervotes.presentation.numbers import grouped
from twittervotes.presentation.phrases import FINAL

if TYPE_CHECKING:
    from PIL import Image

    from twittervotes.core.contest.contest import Choice

MARGIN, BOTTOM, TALL, PAD, BETWEEN = 96, 54, 262, 36, 48
SIDE_BY_SIDE = 4
BADGE, TITLE, CLOCK, NAME, PERCENT, SMALL, LETTER = 26, 42, 46, 40, 56, 28, 26
FIRST, SECOND, BAR_TOP, BAR_HIGH, THIRD = 52, 116, 154, 28, 216  # from the panel's top
BEATEN = 0.7  # the opacity of choices that haven't won
TAPE = 16
NARROW_PERCENT, CHIP, CHIP_HIGH = 46, 30, 48
CAN_POST = (State.OPEN, State.SCHEDULED)


class ChoiceColumn:
    """One choice, or the others combined."""

    def __init__(self, canvas: tk.Canvas, look: Look, shown: Mark | None, tag: str) -> None:
        self._look = look
        colours = look.colours
        self._mark = shown
        ground = colours.background
        fill = shown.colour if shown else colours.button
        self._badge = Box(canvas, look, fill=fill, outside=ground, radius=9)
        self._letter = Text(canvas, look, anchor="center")
        self._name = Text(canvas, look, anchor="sw", tags=(f"{tag}-name",))
        self._percent = Text(canvas, look, anchor="se", tags=(f"{tag}-percent",))
        self._unit = Text(canvas, look, anchor="se")
        self._bar = Bar(canvas, look, shown, f"{tag}-bar") if shown else None
        tone = mix(ground, colours.ink, 0.12)
        self._chip = Box(canvas, look, fill=tone, outside=ground, radius=CHIP_HIGH // 2)
        self._hashtag = Text(canvas, look, tags=(f"{tag}-hashtag",))
        self.share, self.percent = Glide(), Glide()
        self.is_new = True

    def aim(self, share: float, percent: float, now: float) -> None:
        """Start moving to these figures; the first are shown at once."""
        for glide, target in ((self.share, share), (self.percent, percent)):
            if self.is_new:
                glide.jump(target)
            glide.aim(target, now)
        self.is_new = False

    def draw(
        self, name: str, hashtag: str, area: Area, *, hidden: bool, level: float, narrow: bool
    ) -> None:
        """Draw in `area` with this opacity.

        While figures are `hidden`, the `hashtag` replaces the bar. In a `narrow` column the name
        has a line of its own, and the percentage is beside the bar.
        """
        look, sizes, px = self._look, self._look.sizes, self._look.px
        ground = look.colours.background
        ink, dim = (mix(ground, tone, level) for tone in (look.colours.ink, look.colours.dim))
        middle, left, right = area.top + px(SECOND), area.left, area.right
        if self._mark:
            side = px(44)
            self._badge.place(Area(left, middle - side // 2, left + side, middle + side // 2))
            place = (left + side // 2, middle)
            font = sizes.font("bold", LETTER)
            self._letter.show(self._mark.letter, place, font, self._mark.on_colour)
            left += side + px(14)
        size = NARROW_PERCENT if narrow else PERCENT
        small, large = sizes.font("text", size * UNIT), sizes.font("bold", size)
        bar_end, beside = right, area.top + px(BAR_TOP + BAR_HIGH // 2)
        baseline = (beside if narrow else middle) + px(size * 0.36)
        if hidden:
            self._percent.hide()
            self._unit.hide()
        else:
            end = right - px(3)
            end -= self._unit.show("%", (right, baseline + sizes.below(small)), small, dim)
            place = (end, baseline + sizes.below(large))
            shown = self._percent.show(f"{self.percent.value:.1f}", place, large, ink)
            if narrow:
                bar_end = end - max(shown, sizes.width(large, "88.8")) - px(20)
            else:
                right = end - shown - px(14)
        room = right - left
        fonts = [sizes.font("bold", NAME * share) for share in (1, 0.9, 0.8)]
        font = next((font for font in fonts if sizes.width(font, name) <= room), fonts[-1])
        place = (left, middle + px(NAME * 0.36) + sizes.below(font))
        self._name.fit(name, place, font, ink, width=room)
        if self._bar:
            top = area.top + px(BAR_TOP)
            self._bar.fade(0.0 if hidden else level)
            self._bar.place(Area(area.left, top, bar_end, top + px(BAR_HIGH)))
            self._bar.grow(self.share.value)
        self._draw_chip(hashtag if hidden else "", area, beside)

    def _draw_chip(self, hashtag: str, area: Area, middle: int) -> None:
        look, px = self._look, self._look.px
        if not hashtag:
            self._chip.hide()
            self._hashtag.hide()
            return
        font, pad, half = look.sizes.font("bold", CHIP), px(CHIP / 2), px(CHIP_HIGH / 2)
        place, ink = (area.left + pad, middle), look.colours.ink
        width = self._hashtag.fit(hashtag, place, font, ink, width=area.width - 2 * pad)
        end = area.left + width + 2 * pad
        self._chip.place(Area(area.left, middle - half, end, middle + half))


class LowerThird:
    """The Canvas of a lower third; all its sizes scale with the screen."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        panel: str = "",
        ink: str = "",
        logo: Image.Image | None = None,
    ) -> None:
        """Draw on the background of `look`, in a panel with text in these colours, if any."""
        self._parent, self._logo = parent, logo
        self._background = look.colours.background
        self._on_panel = on_ground(look.colours, panel or "#14171c", ink)
        self._images = look.images
        self.canvas = tk.Canvas(
            parent, background=self._background, highlightthickness=0, borderwidth=0
        )
        self.canvas.pack(fill="both", expand=True)
        self._size = (0, 0)
        self._made_for: tuple[tuple[Choice, ...], Air] | None = None
        self._moment: Moment | None = None
        self._showing = Showing()
        self._ranking = Ranking()
        self._order: list[int] = []
        self._columns: list[ChoiceColumn] = []

    def lay(self, width: int, height: int) -> None:
        """Set a new size; everything is redrawn at the next `show`."""
        if (width, height) != self._size:
            self._size, self._made_for = (width, height), None

    def show(self, moment: Moment, now: float, showing: Showing) -> None:
        """Start moving to the numbers of `moment`."""
        if self._size[0] < 2:
            return
        self._moment, self._showing = moment, showing
        wanted = (moment.snapshot.contest.choices, showing.air)
        if wanted != self._made_for:
            self._made_for = wanted
            self._make(moment.snapshot)
        if showing.air is Air.NOTHING:
            return
        self._follow(moment, now)
        self._draw()

    def move(self, now: float) -> bool:
        """Draw one frame; return whether another is needed."""
        glides = [glide for each in self._columns for glide in (each.share, each.percent)]
        moving = [glide for glide in glides if glide.moving]
        for glide in moving:
            glide.move(now)
        if moving:
            self._draw()
        return bool(moving)

    def settle(self, now: float) -> None:
        """Finish all movements at once, for a preview."""
        if self.move(now):
            self.move(now + 10)

    def _make(self, snapshot: Snapshot) -> None:
        self.canvas.delete("all")
        unit = min(self._size[0] / WIDE, self._size[1] / HIGH)
        sizes = Sizes(self._parent, unit)
        self._columns = []
        self._ranking.jump(snapshot.tally.votes)
        if self._showing.air is Air.NOTHING:
            return
        is_rehearsal = snapshot.contest.rehearsal
        colours = rehearsal_colours() if is_rehearsal else self._on_panel
        self._look = look = Look(colours, sizes, self._images)
        width, height = self._size
        margin = look.px(MARGIN)
        bottom = height - look.px(BOTTOM)
        self._area = area = Area(margin, bottom - look.px(TALL), width - margin, bottom)
        outside = replace(look, colours=replace(colours, background=self._background))
        panel = Box(
            self.canvas, outside, fill=colours.background, outside=self._background, radius=14
        )
        panel.place(area)
        if is_rehearsal:
            tape = Mark("", AMBER, INK, INK, "stripes", ())
            strip = look.images.kept_strip(tape, area.width, look.px(TAPE), 2 * unit)
            place = (area.left, area.top)
            self.canvas.create_image(*place, anchor="nw", image=strip, tags=("tape",))
        self._badge = Box(self.canvas, look, fill=colours.live, outside=colours.background)
        self._word = Text(self.canvas, look, anchor="center", tags=("state",))
        self._title = Text(self.canvas, look, tags=("title",))
        self._label = Text(self.canvas, look, anchor="e", tags=("time-label",))
        self._time = Text(self.canvas, look, anchor="e", tags=("time",))
        self._total = Text(self.canvas, look, tags=("total",))
        self._post = Text(self.canvas, look, anchor="e", tags=("post",))
        self._foot = StageFoot(self.canvas, look, self._logo)
        choices = snapshot.contest.choices
        self._marks = [mark(i, colours, choice.colour) for i, choice in enumerate(choices)]
        number = len(choices)
        self._own = number if number <= SIDE_BY_SIDE else SIDE_BY_SIDE - 1
        self._order = []

    def _follow(self, moment: Moment, now: float) -> None:
        """Assign the columns to the best choices, each moving to its numbers."""
        votes, look = moment.snapshot.tally.votes, self._look
        number = len(votes)
        if number <= SIDE_BY_SIDE or self._showing.hidden:
            order = list(range(number))
        else:
            order = self._ranking.follow(votes, now)
        if order[: self._own] != self._order[: self._own] or not self._columns:
            held = {
                i: (column.share, column.percent)
                for i, column in zip([*self._order[: self._own], None], self._columns, strict=False)
            }
            self._order = [*order]
            self.canvas.delete("column")
            before = set(self.canvas.find_all())
            shown: list[Mark | None] = [self._marks[i] for i in order[: self._own]]
            shown += [None] * (number > self._own)
            self._columns = [
                ChoiceColumn(self.canvas, look, each, f"column{n}") for n, each in enumerate(shown)
            ]
            for item in set(self.canvas.find_all()) - before:
                self.canvas.addtag_withtag("column", item)
            for i, column in zip([*order[: self._own], None], self._columns, strict=False):
                column.is_new = i not in held
                if i in held:
                    column.share, column.percent = held[i]
        most = max(votes) or 1
        for n, column in enumerate(self._columns):
            if n < self._own:
                i = self._order[n]
                column.aim(votes[i] / most, moment.percents[i], now)
            else:
                others = sum(votes[i] for i in self._order[self._own :])
                column.aim(0.0, percentages((others, sum(votes) - others))[0], now)

    def _draw(self) -> None:
        moment = self._moment
        if moment is None:
            return
        look, area, snapshot = self._look, self._area, moment.snapshot
        px, sizes, colours = look.px, look.sizes, look.colours
        left, right = area.left + px(PAD), area.right - px(PAD)
        self._draw_head(moment, left, right)
        gap = px(BETWEEN)
        wide = (right - left - gap * (len(self._columns) - 1)) // len(self._columns)
        choices, hidden = snapshot.contest.choices, self._showing.hidden
        winners, narrow = self._winners(snapshot), len(self._columns) >= SIDE_BY_SIDE
        can_post = snapshot.state in CAN_POST and not snapshot.contest.rehearsal
        for n, column in enumerate(self._columns):
            start = left + n * (wide + gap)
            place = Area(start, area.top, start + wide, area.bottom)
            if n < self._own:
                choice = choices[self._order[n]]
                hashtag = f"#{choice.tag}" if choice.label and can_post else ""
                level = 1.0 if not winners or self._order[n] in winners else BEATEN
                column.draw(choice.title, hashtag, place, hidden=hidden, level=level, narrow=narrow)
            else:
                name = f"{len(choices) - self._own} others"
                level = BEATEN if winners else 1.0
                column.draw(name, "", place, hidden=hidden, level=level, narrow=narrow)
        y = area.top + px(THIRD + 14)
        total = snapshot.tally.total
        words = f"{grouped(total)} {'vote' if total == 1 else 'votes'}"
        words += " simulated" * snapshot.contest.rehearsal
        x = left + self._total.show(words, (left, y), sizes.font("text", SMALL), colours.dim)
        end = self._foot.draw_logo(right, y)
        words = self._how(snapshot)
        font = sizes.font("bold", SMALL)
        fits = sizes.width(font, words) <= end - x - px(40)
        self._post.show(words if fits else "", (end, y), font, colours.ink)

    def _how(self, snapshot: Snapshot) -> str:
        """Say how to vote, or where the result can be checked."""
        if snapshot.state is State.PROVISIONAL and not self._showing.hidden:
            return BEING_CHECKED
        if snapshot.state in FINAL and not self._showing.hidden:
            proof = written_address(self._showing.proof)
            return f"Check it: {proof}" if proof and not snapshot.contest.rehearsal else ""
        said = invitation(snapshot, vote_address(self._showing.link, snapshot.address))
        if said is None:
            return COUNTED if snapshot.tally.leaders else ""
        if snapshot.contest.rehearsal:
            return ""
        if snapshot.state not in CAN_POST:
            return said.title
        tags = " ".join(f"#{choice.tag}" for choice in snapshot.contest.choices)
        few = len(snapshot.contest.choices) <= SIDE_BY_SIDE and not self._showing.hidden
        ways = [tags] * few + [written_address(said.address)] * bool(said.address)
        return f"Vote: {' or '.join(ways)}" if ways else said.words

    def _draw_head(self, moment: Moment, left: int, right: int) -> None:
        look, snapshot = self._look, moment.snapshot
        px, sizes, colours = look.px, look.sizes, look.colours
        y = self._area.top + px(FIRST)
        said = badge(moment, colours, is_hidden=self._showing.hidden)
        font = sizes.font("bold", BADGE)
        end = left + sizes.width(font, said.word) + px(32)
        self._badge.fill(said.fill)
        self._badge.place(Area(left, y - px(20), end, y + px(20)))
        self._word.show(said.word, ((left + end) // 2, y), font, said.ink)
        now = clock(snapshot, moment.now_ms)
        colour = colours.waiting if now.is_last else colours.ink
        begins = right
        if now.time:
            begins -= self._time.show(now.time, (right, y), sizes.font("bold", CLOCK), colour)
            place = (begins - px(12), y)
            begins -= px(12) + self._label.show(
                now.label, place, sizes.font("text", SMALL), colours.dim
            )
        else:
            self._time.hide()
            self._label.hide()
        start = end + px(18)
        room = begins - start - px(24)
        words = self._verdict(snapshot) or snapshot.contest.title
        fonts = [sizes.font("bold", TITLE * share) for share in (1, 0.85, 0.7)]
        font = next((font for font in fonts if sizes.width(font, words) <= room), fonts[-1])
        self._title.fit(words, (start, y), font, colours.ink, width=room)

    def _winners(self, snapshot: Snapshot) -> tuple[int, ...]:
        """Return the winners or the tied; nobody while that is unknown or hidden."""
        if snapshot.state not in FINAL or self._showing.hidden or not snapshot.tally.leaders:
            return ()
        return decision(snapshot.tally, snapshot.contest).winners

    def _verdict(self, snapshot: Snapshot) -> str:
        """Say who has won, "" while that is unknown or hidden."""
        winners = self._winners(snapshot)
        if len(winners) != 1:
            return "Tie" if winners else ""
        who = snapshot.contest.choices[winners[0]].title
        return f"{'Winner' if snapshot.state is State.CERTIFIED else 'Leading'}: {who}"
