"""The result on the display: the winner, or the tie, above everything else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.contest.tie import decision
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.vote.bar import Bar
from twittervotes.desktop.vote.overtaking import eased
from twittervotes.desktop.vote.row import UNIT
from twittervotes.presentation.marks import Mark, mix
from twittervotes.presentation.numbers import counted, grouped

if TYPE_CHECKING:
    import tkinter as tk

    from twittervotes.desktop.vote.frame import Moment

REVEAL_S = 1.2
BAND_ALONE = 0.4  # below this opacity only the band is seen, and fades
OTHERS_MS = 1000  # when the other rows begin to fade in
BAND, TIE_BAND = 664, 364
OTHERS, TIED = 690, 384  # the top of the rows below
PERCENT = 220
NAMES = (170, 150, 128, 108, 90, 76, 64)
NUMBERS = ("", "One choice", "Two choices", "Three choices", "Four choices", "Five choices")


def winner(snapshot: Snapshot) -> int | None:
    """Return the choice that has won, also by a draw; None without one or in a tie."""
    winners = decision(snapshot.tally, snapshot.contest).winners
    return winners[0] if len(winners) == 1 else None


def title(snapshot: Snapshot) -> str:
    """Return the word above the winner's name."""
    tally = snapshot.tally
    is_final = snapshot.state is State.CERTIFIED
    if len(tally.leaders) > 1:
        how = "Won by draw" if snapshot.contest.seed else "Won by being there first"
        return f"{how}, {counted(max(tally.votes), 'vote')} each"
    return "Winner" if is_final else "Leading"


class ResultBand:
    """The band with the winner or the tie; it is revealed calmly, once."""

    def __init__(
        self,
        canvas: tk.Canvas,
        look: Look,
        mark: Mark | None,
        width: int,
        *,
        final: bool,
        began: float | None = None,
    ) -> None:
        """Create it.

        Args:
            canvas: The display's.
            look: Its colours and sizes.
            mark: The winner's; None for a tie.
            width: The band's.
            final: Whether the result is final; only then the band has a colour.
            began: When the reveal began; None if it begins when it is first shown.
        """
        self._look, self._mark = look, mark
        colours = look.colours
        tone = mark.colour if mark else colours.dim
        self._ground = mix(colours.background, tone, 0.2 if mark else 0.12)
        self._ground = self._ground if final else colours.background
        self.ground = colours.background  # the band's colour now: it appears slowly
        self._canvas = canvas
        self._level, self._band_level, self._share = 1.0, 0.0, 0.0
        self._has_picture = False
        self._bottom = bottom = look.px(BAND if mark else TIE_BAND)
        self._band = canvas.create_rectangle(
            0, 0, width, bottom, width=0, fill=colours.background, tags=("band",)
        )
        track = mix(self._ground, colours.ink, 0.08)
        on = replace(colours, background=self._ground, panel=self._ground, track=track)
        on_band = Look(on, look.sizes, look.images)
        self._badge = Box(
            canvas, on_band, fill=tone, outside=self._ground, radius=40, tags=("winner-badge",)
        )
        self._picture = canvas.create_image(
            0, 0, anchor="nw", state="hidden", tags=("winner-picture",)
        )
        self._bar = Bar(canvas, on_band, mark, "winner-bar") if mark else None
        self._letter = Text(canvas, look, anchor="center", tags=("winner-letter",))
        self._word = Text(canvas, look, anchor="sw", tags=("verdict",))
        self._name = Text(canvas, look, anchor="sw", tags=("winner",))
        self._percent = Text(canvas, look, anchor="se", tags=("winner-percent",))
        self._unit = Text(canvas, look, anchor="se", tags=("winner-unit",))
        self._votes = Text(canvas, look, tags=("winner-votes",))
        self._ahead = Text(canvas, look, anchor="e", tags=("ahead",))
        self._began = began
        self._is_done = False
        self._moment: Moment | None = None
        self._margins = (0, 0)

    def show(self, moment: Moment, now: float, left: int, right: int) -> None:
        """Start moving to the numbers of `moment`."""
        self._moment, self._margins = moment, (left, right)
        if self._began is None:
            self._began = now
        self._draw(now)

    def move(self, now: float) -> bool:
        """Draw one frame; return whether another is needed."""
        if self._began is None or self._is_done:
            return False
        self._draw(now)
        self._is_done = now - self._began >= REVEAL_S
        return not self._is_done

    def settle(self, now: float) -> None:
        """Finish the reveal at once."""
        self._began = now - REVEAL_S
        self.move(now)

    def fade(self, level: float) -> None:
        """Set the opacity: first that of all that is drawn on the band, then the band's."""
        if level == self._level:
            return
        self._level = level
        self._draw_band()
        if self._bar:
            self._bar.fade(self.content)
            if self.content:
                self._bar.grow(self._share)
        if self._mark:
            self._badge.stand_on(self.ground)
            state = "normal" if self.content and self._has_picture else "hidden"
            self._canvas.itemconfigure(self._picture, state=state)

    @property
    def content(self) -> float:
        """The opacity of what is drawn on the band."""
        return _ramp(self._level, BAND_ALONE, 1)

    @property
    def bottom(self) -> int:
        """Where the band ends."""
        return self._bottom

    def _draw_band(self) -> None:
        level = self._band_level * _ramp(self._level, 0, BAND_ALONE)
        self.ground = mix(self._look.colours.background, self._ground, level)
        self._canvas.itemconfigure(self._band, fill=self.ground)

    def others(self, now: float) -> float:
        """Return the opacity of the other choices at `now`: they follow the winner."""
        return _ramp((now - (self._began or 0.0)) * 1000, OTHERS_MS, REVEAL_S * 1000)

    def _draw(self, now: float) -> None:
        moment = self._moment
        if moment is None:
            return
        at_ms = (now - (self._began or 0.0)) * 1000
        band, level = _ramp(at_ms, 0, 300), _ramp(at_ms, 700, 1000)
        self._band_level = band
        self._draw_band()
        if band < 1:
            return
        if self._mark:
            self._draw_winner(moment, self._mark, level, eased(_ramp(at_ms, 300, 900)))
        else:
            self._draw_tie(moment, level)

    def _draw_winner(self, moment: Moment, mark: Mark, level: float, share: float) -> None:
        look, snapshot = self._look, moment.snapshot
        sizes, px, ink = look.sizes, look.px, self._tone(look.colours.ink, level)
        left, right = self._margins
        votes = snapshot.tally.votes
        i = winner(snapshot) or 0
        self._draw_badge(mark, snapshot.contest.choices[i].tag, left, level)
        start, baseline = left + px(248), px(400)
        font = sizes.font("bold", 44)
        tone = self._tone(mark.colour, level)
        self._word.show(title(snapshot), (start, px(244)), font, tone)
        small, font = sizes.font("text", PERCENT * UNIT), sizes.font("bold", PERCENT)
        place, dim = (right, baseline + sizes.below(small)), self._tone(look.colours.dim, level)
        end = right - self._unit.show("%", place, small, dim) - px(8)
        place = (end, baseline + sizes.below(font))
        number = f"{moment.percents[i]:.1f}"
        room = end - self._percent.show(number, place, font, ink) - start - px(48)
        name = snapshot.contest.choices[i].title
        fonts = [sizes.font("bold", size) for size in NAMES]
        font = next((font for font in fonts if sizes.width(font, name) <= room), fonts[-1])
        self._name.fit(name, (start, baseline + sizes.below(font)), font, ink, width=room)
        if self._bar:
            self._bar.place(Area(left, px(476), right, px(572)))
            self._share = share
            if self.content:  # a hidden bar must not get its ends back
                self._bar.grow(share)
        font, y = sizes.font("text", 38), px(618)
        total = f"{grouped(votes[i])} of {counted(snapshot.tally.total, 'vote')}"
        self._votes.show(total, (left, y), font, ink)
        ahead = votes[i] - max((v for n, v in enumerate(votes) if n != i), default=votes[i])
        words = f"{counted(ahead, 'vote')} ahead" if ahead else ""
        self._ahead.show(words, (right, y), font, ink)

    def _draw_badge(self, mark: Mark, tag: str, left: int, level: float) -> None:
        """Draw the winner's picture, or its letter where it has none."""
        look, px = self._look, self._look.px
        top, side = px(214), px(200)
        if badge := look.images.badge(tag, side, px(40), self._ground, level):
            self._has_picture = True
            self._canvas.coords(self._picture, left, top)
            self._canvas.itemconfigure(self._picture, image=badge, state="normal")
            return
        self._badge.fill(self._tone(mark.colour, level))
        self._badge.place(Area(left, top, left + side, top + side))
        on = self._tone(mark.on_colour, level)
        place = (left + side // 2, top + side // 2)
        self._letter.show(mark.letter, place, look.sizes.font("bold", 110), on)

    def _draw_tie(self, moment: Moment, level: float) -> None:
        look, snapshot = self._look, moment.snapshot
        sizes, px = look.sizes, look.px
        ink, dim = (self._tone(c, level) for c in (look.colours.ink, look.colours.dim))
        left, right = self._margins
        font, baseline = sizes.font("bold", 176), px(290)
        y = baseline + sizes.below(font)
        start = left + self._word.show("Tie", (left, y), font, ink) + px(64)
        leaders = snapshot.tally.leaders
        number = len(leaders)
        who = NUMBERS[number] if number < len(NUMBERS) else f"{number} choices"
        font = sizes.font("bold", 60)
        y = px(232) + sizes.below(font)
        self._name.fit(f"{who} share first place", (start, y), font, ink, width=right - start)
        each = f"{counted(snapshot.tally.votes[leaders[0]], 'vote')} each"
        self._votes.show(each, (start, px(278)), sizes.font("text", 38), dim)

    def _tone(self, colour: str, level: float) -> str:
        return mix(self._ground, colour, level)


def _ramp(at_ms: float, begins: float, ends: float) -> float:
    return min(1.0, max(0.0, (at_ms - begins) / (ends - begins)))
