"""The head of the window: title, state, rules in words, total, votes per minute, time left.

A banner may cover the rules (`slot`), so that messages don't move anything.
"""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import State
from twittervotes.desktop.canvas.images import Plate
from twittervotes.desktop.canvas.items import Look, Text
from twittervotes.desktop.canvas.sizes import PERCENT, SMALL, TEXT, TINY, TITLE
from twittervotes.desktop.vote.animation import Glide
from twittervotes.desktop.vote.phrases import UNDER_WAY, in_two, time_left
from twittervotes.presentation.numbers import grouped
from twittervotes.presentation.phrases import STATES, by_hand_words, contest_in_words

if TYPE_CHECKING:
    from twittervotes.desktop.vote.frame import Moment, Showing

MARGIN = 28
FIRST, SECOND, END, LINE_APART = 41, 88, 113, 11
TITLES = (TITLE, TITLE - 3, TITLE - 6, TITLE - 8)
HIDDEN, NO_DATA, STOPPED, REHEARSAL = "RESULT HIDDEN", "NO DATA", "STOPPED", "REHEARSAL"
MOST_DIGITS, MOST_TIME = "00,000", "00:00:00"


class Badge:
    """A word on a coloured or outlined background."""

    def __init__(self, canvas: tk.Canvas, look: Look, *, outlined: bool) -> None:
        self._canvas = canvas
        self._look = look
        self._outlined = outlined
        self._plate = canvas.create_image(0, 0, anchor="w", state="hidden")
        self._shown: tuple[str, int, int] | None = None
        self._text = Text(canvas, look, anchor="center")

    def show(self, word: str, left: int, middle: int, colour: str, ink: str) -> int:
        """Show `word` from `left` on; return its right end."""
        look = self._look
        font = look.sizes.font("bold", SMALL)
        word = "\u200a".join(word)
        right = left + look.sizes.width(font, word) + look.px(22)
        face = look.colours.background if self._outlined else colour
        style = Plate(face, colour, max(1, look.px(1)), look.px(4))
        image = look.images.plate((right - left, look.px(27)), style)
        if (image, left, middle) != self._shown:
            self._shown = (image, left, middle)
            self._canvas.coords(self._plate, left, middle)
            self._canvas.itemconfigure(self._plate, image=image, state="normal")
        self._text.show(word, ((left + right) // 2, middle), font, ink)
        return right

    def hide(self) -> None:
        """Hide the badge."""
        self._shown = None
        self._canvas.itemconfigure(self._plate, state="hidden")
        self._text.hide()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with a small word beside it."""

    number: Text
    word: Text


class Head:
    """The Canvas at the top; it requests the height that it needs."""

    def __init__(self, parent: tk.Misc, look: Look, showing: Showing) -> None:
        self._look = look
        self._showing = showing
        background = look.colours.background
        self.canvas = tk.Canvas(
            parent,
            background=background,
            highlightthickness=0,
            borderwidth=0,
            height=look.px(END),
        )
        self._title = Text(self.canvas, look, tags=("title",))
        self._rest = Text(self.canvas, look, tags=("title-rest",))
        self._state = Badge(self.canvas, look, outlined=False)
        self._rehearsal = Badge(self.canvas, look, outlined=True)
        self._hiding = Badge(self.canvas, look, outlined=True)
        self._rules = Text(self.canvas, look, anchor="nw", tags=("rules",))
        self._figures = {
            name: Figure(
                Text(self.canvas, look, anchor="sw", tags=(name,)),
                Text(self.canvas, look, anchor="sw", tags=(f"{name}-word",)),
            )
            for name in ("total", "rate", "time")
        }
        self._total = Glide()
        self._moment: Moment | None = None
        self._width = 0
        self._height = look.px(END)
        self.slot = look.px(SECOND - 22)  # where a banner is shown: over the rules

    def lay(self, width: int) -> None:
        """Fit the head into a width."""
        self._width = width
        self.draw()

    def show(self, moment: Moment, now: float) -> None:
        """Start moving to the numbers of `moment`."""
        self._moment = moment
        self._total.aim(moment.snapshot.tally.total, now)
        self.draw()

    def move(self, now: float) -> bool:
        """Draw one frame; return whether another is needed."""
        moving = self._total.moving
        if moving:
            self._total.move(now)
            self.draw()
        return moving

    def draw(self) -> None:
        """Draw the last moment again."""
        moment = self._moment
        if moment is None or self._width < 2:
            return
        look, snapshot = self._look, moment.snapshot
        px = look.px
        figures = self._figure_texts(moment)
        needed = sum(self._figure_width(*texts) for texts in figures.values())
        needed += px(36) * (len(figures) - 1)
        room = self._width - 2 * px(MARGIN)
        stacked = self._most_width(moment) > room and room < px(1300)
        self._draw_title(moment, room if stacked else room - needed - px(36))
        baseline = px(SECOND + 8) if stacked else px(FIRST + 11)
        left = px(MARGIN) if stacked else self._width - px(MARGIN) - needed
        self._draw_figures(figures, left, baseline)
        top = px(SECOND + 29 if stacked else SECOND - 9)
        self.slot = top - px(8 if stacked else 13)
        rules = " · ".join(contest_in_words(snapshot.contest))
        font = look.sizes.font("text", TEXT)
        top += self._rules.wrap(rules, (px(MARGIN), top), font, look.colours.dim, width=room)
        height = top + px(16)
        if height != self._height:
            self._height = height
            self.canvas.configure(height=height)

    def _most_width(self, moment: Moment) -> int:
        """Return the width of title, badges and figures in the course of this vote.

        Whether the figures have a line of their own depends on it, so that no new state and no
        further digit moves what is below.
        """
        look, contest = self._look, moment.snapshot.contest
        title = look.sizes.width(look.sizes.font("bold", TITLES[-1]), contest.title)
        states = (NO_DATA, STOPPED, *(word.upper() for word in STATES.values()))
        badges = max(self._badge_width(word) for word in states)
        badges += self._badge_width(REHEARSAL) if contest.rehearsal else 0
        total = max(MOST_DIGITS, grouped(moment.snapshot.tally.total), key=len)
        texts = ((total, "votes"), (MOST_DIGITS, "per min"), (MOST_TIME, "left"))
        figures = sum(self._figure_width(*each) + look.px(36) for each in texts)
        return title + badges + figures

    def _draw_title(self, moment: Moment, room: int) -> None:
        """Draw the title and the badges; RESULT HIDDEN only if it takes no room from the title."""
        look, snapshot = self._look, moment.snapshot
        middle, title = look.px(FIRST), snapshot.contest.title
        words = [self._state_look(moment)[0]] + [REHEARSAL] * snapshot.contest.rehearsal
        room -= sum(map(self._badge_width, words))
        least = look.sizes.width(look.sizes.font("bold", TITLES[-1]), title)
        is_hiding = self._showing.hidden and least + self._badge_width(HIDDEN) <= room
        room = max(room - self._badge_width(HIDDEN) * is_hiding, look.px(120))
        fonts = [look.sizes.font("bold", size) for size in TITLES]
        font = next((font for font in fonts if look.sizes.width(font, title) <= room), fonts[-1])
        first, rest = in_two(title, lambda words: look.sizes.width(font, words) <= room)
        apart = look.px(LINE_APART) if rest else 0
        places = [(look.px(MARGIN), middle - apart), (look.px(MARGIN), middle + apart)]
        ink = look.colours.ink
        width = self._title.fit(first, places[0], font, ink, width=room)
        width = max(width, self._rest.fit(rest, places[1], font, ink, width=room))
        x = look.px(MARGIN) + width + look.px(18)
        word, colour, ink = self._state_look(moment)
        x = self._state.show(word, x, middle, colour, ink) + look.px(18)
        if snapshot.contest.rehearsal:
            amber = look.colours.waiting
            x = self._rehearsal.show(REHEARSAL, x, middle, amber, amber) + look.px(18)
        else:
            self._rehearsal.hide()
        if is_hiding:
            colour = look.colours.ink
            self._hiding.show(HIDDEN, x, middle, look.colours.dim, colour)
        else:
            self._hiding.hide()

    def _state_look(self, moment: Moment) -> tuple[str, str, str]:
        colours, state = self._look.colours, moment.snapshot.state
        if moment.snapshot.trouble:
            return STOPPED, colours.waiting, colours.background
        if moment.outage and moment.outage.is_total:
            return NO_DATA, colours.waiting, colours.background
        colour, ink = {
            State.SCHEDULED: (colours.action, colours.on_strong),
            State.OPEN: (colours.live, colours.on_strong),
            State.PAUSED: (colours.waiting, colours.background),
            State.CLOSING: (colours.waiting, colours.background),
            State.PROVISIONAL: (colours.waiting, colours.background),
            State.CERTIFIED: (colours.ink, colours.background),
        }[state]
        return STATES[state].upper(), colour, ink

    def _badge_width(self, word: str) -> int:
        font = self._look.sizes.font("bold", SMALL)
        return self._look.sizes.width(font, "\u200a".join(word)) + self._look.px(22 + 18)

    def _figure_texts(self, moment: Moment) -> dict[str, tuple[str, str]]:
        snapshot = moment.snapshot
        total = round(self._total.value)
        words = ["vote" if total == 1 else "votes"]
        has_stopped = bool(snapshot.trouble) and snapshot.state in UNDER_WAY
        words += ["at least"] * (has_stopped or moment.outage is not None)
        words += filter(None, (by_hand_words(snapshot.tally),))
        texts = {"total": (grouped(total), ", ".join(words))}
        if snapshot.state in (State.OPEN, State.PAUSED) and not has_stopped:
            texts["rate"] = (grouped(sum(moment.changes)), "per min")
        return texts | {"time": time_left(snapshot, moment.now_ms)}

    def _figure_width(self, number: str, word: str) -> int:
        sizes = self._look.sizes
        width = sizes.width(sizes.font("bold", PERCENT - 2), number)
        space = self._look.px(8) if number else 0
        return width + space + sizes.width(self._word_font(number), word)

    def _word_font(self, number: str) -> tk.font.Font:
        return self._look.sizes.font("text", TINY + 1 if number else TEXT)

    def _draw_figures(self, texts: dict[str, tuple[str, str]], left: int, baseline: int) -> None:
        look, sizes = self._look, self._look.sizes
        bold = sizes.font("bold", PERCENT - 2)
        for name, figure in self._figures.items():
            number, word = texts.get(name, ("", ""))
            place = (left, baseline + sizes.below(bold))
            width = figure.number.show(number, place, bold, look.colours.ink)
            font = self._word_font(number)
            start = left + width + (look.px(8) if number else 0)
            place = (start, baseline + sizes.below(font))
            figure.word.show(word, place, font, look.colours.dim)
            if name in texts:
                left += self._figure_width(number, word) + look.px(36)
