"""The top of the display: the state in words, the question, and a large clock with its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.core.contest.clock import of_day
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.desktop.canvas.fading import LEVELS
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.vote.phrases import UNDER_WAY, in_two
from twittervotes.presentation.marks import mix
from twittervotes.presentation.numbers import lasting
from twittervotes.presentation.phrases import FINAL

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from twittervotes.core.contest.contest import Contest
    from twittervotes.desktop.canvas.theme_colours import Palette
    from twittervotes.desktop.vote.frame import Moment

LINE, TITLE, CLOCK_Y = 84, 172, 172
BADGE, WORDS, CLOCK, DOT = 28, 32, 112, 13
TITLES, TWO_LINES, APART = (80, 72, 64), 54, 34
SOON_S, LAST_S = 60, 10
AMBER = ("#f5a524", "#0f1216")  # of a badge, and of the word on it
STATES = {
    State.SCHEDULED: ("SOON", "Voting hasn't opened yet"),
    State.OPEN: ("LIVE", "Voting is open"),
    State.PAUSED: ("PAUSED", "Voting is paused"),
    State.CLOSING: ("CLOSED", "Counting the last votes"),
    State.PROVISIONAL: ("PROVISIONAL RESULT", ""),
    State.CERTIFIED: ("FINAL RESULT", ""),
}
COUNTED = ("CLOSED", "All votes are counted")  # while the result is hidden
OVER = frozenset({"CLOSED", "PROVISIONAL RESULT", "FINAL RESULT"})
REHEARSED = "Simulated votes. Nothing here counts."
NO_DATA = ("NO DATA", "Figures are delayed and follow shortly")
DELAY_MS = 30_000  # before the audience is told that no source gives data


@dataclass(frozen=True, slots=True)
class ClockText:
    """The clock's text, its label, and its emphasis."""

    label: str = ""
    time: str = ""
    is_last: bool = False
    is_urgent: bool = False
    is_over: bool = False


def clock(snapshot: Snapshot, now_ms: int) -> ClockText:
    """Return the audience's clock: a countdown, or the elapsed time if there is no end."""
    contest, state = snapshot.contest, snapshot.state
    if state is State.SCHEDULED or (state is State.OPEN and now_ms < contest.opens_ms):
        return ClockText("Opens in", lasting(-(-(contest.opens_ms - now_ms) // 1000)))
    if state is State.CLOSING:
        at = of_day(contest.closes_ms) if contest.closes_ms else ""
        return ClockText("Closed at", at[:5], is_over=True) if at else ClockText()
    if state not in (State.OPEN, State.PAUSED):
        return ClockText()
    if contest.closes_ms is None:
        return ClockText("Open for", lasting((now_ms - contest.opens_ms) // 1000))
    left = -(-(contest.closes_ms - now_ms) // 1000)
    label = "Last seconds" if left <= LAST_S else "Last minute" if left <= SOON_S else "Time left"
    return ClockText(label, lasting(left), is_last=left <= SOON_S, is_urgent=left <= LAST_S)


class StageHead:
    """Badge, words, question and clock."""

    def __init__(self, canvas: tk.Canvas, look: Look, contest: Contest, *, result: bool) -> None:
        """Create the texts; with a `result` the question is small and there is no clock."""
        self._look = look
        self._result = result
        self._rehearsal = contest.rehearsal
        colours = look.colours
        self._badge = Box(
            canvas, look, fill=colours.live, outside=colours.background, tags=("badge",)
        )
        self._dot = canvas.create_image(0, 0, anchor="w", state="hidden", tags=("live-dot",))
        self._dot_ink = ""
        self._faded: tuple[float, str, str] | None = None
        self._canvas = canvas
        self._word = Text(canvas, look, anchor="e", tags=("state",))
        self._words = Text(canvas, look, tags=("state-words",))
        self._words_end = 0
        self._places = Text(canvas, look, anchor="e", tags=("places",))
        self._title = Text(canvas, look, tags=("title",))
        self._second = Text(canvas, look, tags=("title-second",))
        self._urgent = Box(
            canvas,
            look,
            fill=colours.live,
            outside=colours.background,
            radius=14,
            tags=("clock-ground",),
        )
        self._label = Text(canvas, look, anchor="e", tags=("time-label",))
        self._time = Text(canvas, look, anchor="e", tags=("time",))

    def draw(self, moment: Moment, left: int, right: int) -> None:
        """Draw between these margins."""
        look, snapshot = self._look, moment.snapshot
        colours, sizes, px = look.colours, look.sizes, look.px
        is_hidden = not self._result and bool(snapshot.tally.leaders)
        said = badge(moment, colours, is_hidden=is_hidden)
        beside = self._draw_badge(said, left)
        small = sizes.font("text", WORDS)
        now = ClockText() if self._result else clock(snapshot, moment.now_ms)
        begins = self._draw_clock(now, right)
        title = snapshot.contest.title
        if self._result:
            room = right - beside
            self._title.fit(title, (beside, px(LINE)), small, colours.ink, width=room)
            self._second.hide()
            return
        room = begins - beside - px(32)
        place = (beside, px(LINE))
        wide = self._words.fit(said.words, place, small, colours.dim, width=room)
        self._words_end = beside + wide
        self._draw_title(title, left, begins - left - px(64))

    def fade(self, level: float, ground: str) -> None:
        """Fade the images, whose background is `ground`: the result's band has its own colour."""
        self._badge.stand_on(ground)
        shown = (level, ground, self._dot_ink)
        if self._dot_ink and shown != self._faded:
            self._faded = shown
            ink = mix(ground, self._dot_ink, round(level * LEVELS) / LEVELS)
            image = self._look.images.dot(max(2, self._look.px(DOT)), ink)
            self._canvas.itemconfigure(self._dot, image=image)

    def draw_places(self, words: str, right: int) -> None:
        """Say which places the rows below show, if there is room beside the state."""
        sizes, px = self._look.sizes, self._look.px
        font = sizes.font("text", WORDS)
        fits = right - sizes.width(font, words) >= self._words_end + px(32)
        self._places.show(words if fits else "", (right, px(LINE)), font, self._look.colours.dim)

    def _draw_title(self, title: str, left: int, room: int) -> None:
        look = self._look
        sizes, px, ink = look.sizes, look.px, look.colours.ink
        fonts = [sizes.font("bold", size) for size in TITLES]
        font = next((font for font in fonts if sizes.width(font, title) <= room), None)
        if font:
            self._title.show(title, (left, px(TITLE)), font, ink)
            self._second.hide()
            return
        font = sizes.font("bold", TWO_LINES)
        fits: Callable[[str], bool] = lambda words: sizes.width(font, words) <= room  # noqa: E731
        first, second = in_two(title, fits)
        apart = px(APART) if second else 0
        self._title.fit(first, (left, px(TITLE) - apart), font, ink, width=room)
        self._second.fit(second, (left, px(TITLE) + apart), font, ink, width=room)

    def _draw_badge(self, said: StageBadge, left: int) -> int:
        """Draw the badge, and return where words may begin beside it."""
        look = self._look
        is_over = said.state in OVER
        word = f"{said.word} · {said.state}" if self._rehearsal and is_over else said.word
        font = look.sizes.font("bold", BADGE)
        middle, half = look.px(LINE), look.px(25)
        dot = look.px(DOT + 11) if said.is_live else 0
        pad = look.px(20)
        right = left + look.sizes.width(font, word) + 2 * pad + dot
        self._badge.fill(said.fill)
        self._badge.place(Area(left, middle - half, right, middle + half))
        self._word.show(word, (right - pad, middle), font, said.ink)
        if said.ink != self._dot_ink:
            self._dot_ink = said.ink
            image = look.images.dot(max(2, look.px(DOT)), said.ink)
            self._canvas.itemconfigure(self._dot, image=image)
        shown = "normal" if said.is_live else "hidden"
        self._canvas.coords(self._dot, left + pad, middle)
        self._canvas.itemconfigure(self._dot, state=shown)
        return right + look.px(26)

    def _draw_clock(self, shown: ClockText, right: int) -> int:
        """Draw the clock, and return its left end."""
        look = self._look
        colours, sizes, px = look.colours, look.sizes, look.px
        begins = right - self._label.show(
            shown.label, (right, px(LINE)), sizes.font("text", WORDS), colours.dim
        )
        font = sizes.font("bold", CLOCK)
        colour = colours.dim if shown.is_over else colours.waiting if shown.is_last else colours.ink
        inset = px(24) if shown.is_urgent else 0
        if shown.is_urgent:
            colour = colours.on_strong
        middle = px(CLOCK_Y)
        width = self._time.show(shown.time, (right - inset, middle), font, colour)
        if shown.is_urgent:
            half = px(58)
            self._urgent.place(Area(right - width - 2 * inset, middle - half, right, middle + half))
        else:
            self._urgent.hide()
        return min(begins, right - width - 2 * inset) if shown.time else right


@dataclass(frozen=True, slots=True)
class StageBadge:
    """The badge and the words beside it; `state` is what it would say if it weren't a rehearsal."""

    word: str
    words: str
    state: str
    fill: str
    ink: str
    is_live: bool


def badge(moment: Moment, colours: Palette, *, is_hidden: bool = False) -> StageBadge:
    """Return what the audience is told of the state of the vote."""
    state, is_rehearsal = moment.snapshot.state, moment.snapshot.contest.rehearsal
    word, words = STATES[state]
    if is_hidden and state in FINAL:
        state, (word, words) = State.CLOSING, COUNTED
    if is_rehearsal:
        return StageBadge("REHEARSAL", REHEARSED, word, *AMBER, is_live=False)
    lost = moment.outage
    if moment.snapshot.trouble and state in UNDER_WAY:
        return StageBadge(*NO_DATA, word, *AMBER, is_live=False)
    if state is State.OPEN and lost and lost.is_total and moment.now_ms - lost.since_ms >= DELAY_MS:
        return StageBadge(*NO_DATA, word, *AMBER, is_live=False)
    return StageBadge(word, words, word, *_fill(colours, state), is_live=state is State.OPEN)


def _fill(colours: Palette, state: State) -> tuple[str, str]:
    """Return the fill colour of a state's badge, and the colour of the word on it."""
    match state:
        case State.OPEN:
            return colours.live, colours.on_strong
        case State.SCHEDULED:
            return colours.button, colours.ink
        case State.CERTIFIED:
            return colours.ink, colours.background
        case _:
            return AMBER
