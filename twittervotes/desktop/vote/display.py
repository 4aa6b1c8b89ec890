"""Display mode: what the audience sees, alone on a whole screen.

Title, bars, total, time left and what to post; nothing an operator needs. The results can be
hidden: then bars and percentages stay empty, and one key reveals them.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace

from twittervotes.core.contest.contest import Choice
from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.desktop.canvas.items import Area, Look, Text
from twittervotes.desktop.canvas.sizes import Sizes
from twittervotes.desktop.canvas.theme_colours import Palette
from twittervotes.desktop.vote.animation import Glide
from twittervotes.desktop.vote.bars import Bars
from twittervotes.desktop.vote.frame import Moment, Order, Showing
from twittervotes.desktop.vote.layout import Plan
from twittervotes.desktop.vote.phrases import audience_time, in_two, invitation, networks
from twittervotes.desktop.window_state import beside
from twittervotes.presentation.numbers import grouped

WIDE, HIGH = 1920, 1080
MARGIN, ROWS_TOP, ROWS_END, FOOT, HEAD = 96, 196, 940, 1005, 104
PITCH, STACKED, TALLER, ABOVE = 231, 62, 1.195, 0.205
TITLES, TIME, SMALL = (68, 56, 46, 38), 62, 38
LINES_APART = 26  # from the middle of the head to that of one of two lines
INLINE_SCALE = 1.6
OF_COLUMN = 0.216  # a higher row has letters so large that its name has no room


class Display:
    """The screen for the audience, open or not."""

    def __init__(self, root: tk.Tk, showing: Showing) -> None:
        """Call `wear` before it is opened."""
        self._root = root
        self._stage: Stage | None = None
        self._top: tk.Toplevel | None = None
        self._moment: Moment | None = None
        self._showing = showing

    @property
    def is_open(self) -> bool:
        return self._top is not None

    @property
    def canvas(self) -> tk.Canvas | None:
        return self._stage.canvas if self._stage else None

    def open(self) -> None:
        """Cover the other screen, or this one where there is no other."""
        if self._top is not None:
            return
        place = beside(self._root)
        self._top = top = tk.Toplevel(self._root, cursor="none")
        top.title(self._root.title())
        top.geometry(f"{place.width}x{place.height}+{place.x}+{place.y}")
        top.attributes("-fullscreen", True)
        top.protocol("WM_DELETE_WINDOW", self.close)
        self._dress(top)
        top.focus_force()

    def wear(self, look: Look, listen: Callable[[tk.Toplevel], None]) -> None:
        """Go on in this look, without the audience seeing what lies behind.

        `listen` binds the window's keys to the audience's screen too.
        """
        self._look, self._listen = look, listen
        if self._top is not None and self._stage is not None:
            before = self._stage.canvas
            self._dress(self._top)
            before.destroy()

    def close(self) -> None:
        """Uncover the screen."""
        if self._top is not None:
            self._top.destroy()
            self._top = self._stage = None
            self._root.focus_force()

    def show(self, moment: Moment, now: float) -> None:
        """Set out for the numbers of `moment`."""
        self._moment = moment
        if self._stage:
            self._stage.show(moment, now, self._showing)

    def move(self, now: float) -> bool:
        """Draw one frame; tell whether another is needed."""
        return self._stage is not None and self._stage.move(now)

    def _dress(self, top: tk.Toplevel) -> None:
        """Make the stage in the colours of the look, and let its keys be heard."""
        colours = stage_colours(self._look.colours)
        top.configure(background=colours.background)
        self._stage = Stage(top, replace(self._look, colours=colours))
        self._stage.canvas.bind("<Configure>", lambda event: self._lay(event.width, event.height))
        self._listen(top)

    def _lay(self, width: int, height: int) -> None:
        if self._stage:
            self._stage.lay(width, height)
            if self._moment:
                self._stage.show(self._moment, time.monotonic(), self._showing)


class Stage:
    """The Canvas of the display mode; all its sizes follow the screen's."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        self._parent = parent
        self._given = look
        self.canvas = tk.Canvas(
            parent, background=look.colours.background, highlightthickness=0, borderwidth=0
        )
        self.canvas.pack(fill="both", expand=True)
        self._size = (0, 0)
        self._choices: tuple[Choice, ...] = ()
        self._bars: Bars | None = None
        self._total = Glide()
        self._snapshot: Snapshot | None = None
        self._look = look

    def lay(self, width: int, height: int) -> None:
        """Take a new size: all is made anew at the next `show`."""
        if (width, height) != self._size:
            self._size = (width, height)
            self._bars = None

    def show(self, moment: Moment, now: float, showing: Showing) -> None:
        """Set out for the numbers of `moment`."""
        snapshot = moment.snapshot
        if self._size[0] < 2:
            return
        if self._bars is None or snapshot.contest.choices != self._choices:
            self._make(snapshot)
        bars = self._bars
        if bars:
            bars.hidden = showing.hidden
            bars.order = Order.GIVEN if showing.hidden else showing.order
            bars.show(moment, now)
        self._snapshot = snapshot
        self._total.aim(snapshot.tally.total, now)
        self._draw_words(moment)

    def move(self, now: float) -> bool:
        """Draw one frame; tell whether another is needed."""
        moving = self._bars is not None and self._bars.move(now)
        if self._total.moving:
            self._total.move(now)
            self._draw_total()
            moving = True
        return moving

    def _make(self, snapshot: Snapshot) -> None:
        self.canvas.delete("all")
        width, height = self._size
        unit = min(width / WIDE, height / HIGH)
        self._choices = choices = snapshot.contest.choices
        place, plan = arranged(len(choices), self._size, unit)
        plan = replace(plan, hashtag=any(choice.label for choice in choices))
        colours, images = self._given.colours, self._given.images
        self._look = Look(colours, Sizes(self._parent, unit), images)
        row_scale = unit if plan.stacked else unit * INLINE_SCALE
        row_look = Look(colours, Sizes(self._parent, row_scale), images)
        if snapshot.contest.rehearsal:
            font = self._look.sizes.font("bold", 230)
            self.canvas.create_text(
                width // 2,
                height // 2,
                text="REHEARSAL",
                font=font,
                fill=colours.watermark,
                angle=20,
                tags=("watermark",),
            )
        self._bars = Bars(self.canvas, row_look, choices)
        self._bars.lay(place, plan)
        self.canvas.tag_lower("ground")  # below the watermark
        self._title = Text(self.canvas, self._look, tags=("title",))
        self._second = Text(self.canvas, self._look, tags=("title-second",))
        self._time = Text(self.canvas, self._look, anchor="e", tags=("time",))
        self._number = Text(self.canvas, self._look, tags=("total",))
        self._on = Text(self.canvas, self._look, tags=("on",))
        self._post = Text(self.canvas, self._look, anchor="e", tags=("post",))

    def _draw_words(self, moment: Moment) -> None:
        look, snapshot = self._look, moment.snapshot
        colours, sizes, px = look.colours, look.sizes, look.px
        left, right = px(MARGIN), self._size[0] - px(MARGIN)
        word, is_number = audience_time(snapshot, moment.now_ms)
        font = sizes.font("light" if is_number else "text", TIME if is_number else SMALL)
        time = self._time.show(word, (right, px(HEAD)), font, colours.dim)
        room = right - left - time - px(64)
        title = snapshot.contest.title
        fonts = [sizes.font("bold", size) for size in TITLES]
        fitting = next((font for font in fonts if sizes.width(font, title) <= room), fonts[-1])
        first, second = in_two(title, lambda words: sizes.width(fitting, words) <= room)
        apart = px(LINES_APART) if second else 0
        self._title.fit(first, (left, px(HEAD) - apart), fitting, colours.ink, width=room)
        self._second.fit(second, (left, px(HEAD) + apart), fitting, colours.ink, width=room)
        self._draw_total()

    def _draw_total(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        look = self._look
        sizes, px = look.sizes, look.px
        left, right = px(MARGIN), self._size[0] - px(MARGIN)
        y = self._size[1] - px(HIGH - FOOT)
        total = round(self._total.value)
        bold, text = sizes.font("bold", SMALL), sizes.font("text", SMALL)
        x = left + self._number.show(grouped(total), (left, y), bold, look.colours.ink) + px(12)
        words = f"{'vote' if total == 1 else 'votes'} on {networks(snapshot)}"
        x += self._on.fit(words, (x, y), text, look.colours.dim, width=(right - left) // 2)
        room = right - x - px(48)
        asked = invitation(snapshot, lambda words: sizes.width(text, words) <= room)
        self._post.show(asked, (right, y), text, look.colours.dim)


def arranged(count: int, size: tuple[int, int], unit: float) -> tuple[Area, Plan]:
    """Return where the bars of so many choices stand on a screen, and how."""
    columns = 1 if count <= 5 else 2 if count <= 20 else 3
    rows = -(-count // columns)
    top, end = round(ROWS_TOP * unit), size[1] - round((HIGH - ROWS_END) * unit)
    column = (size[0] - 2 * round(MARGIN * unit)) // columns
    pitch = min(round(PITCH * unit), (end - top) // rows, round(column * OF_COLUMN))
    stacked = pitch >= STACKED * unit
    row = round(pitch * TALLER) if stacked else pitch
    plan = Plan(
        columns=columns,
        rows=rows,
        pitch=pitch,
        row=row,
        stacked=stacked,
        change=False,
        hashtag=True,
        votes=False,
        chart=0,
        for_audience=True,
    )
    # A row has its own margins; here they lie outside of what is seen as the row.
    side = round(20 * unit * (1 if stacked else INLINE_SCALE))
    left = round(MARGIN * unit) - side
    above = round(row * ABOVE) if stacked else 0
    first = top + max(0, (end - top - rows * pitch) // 2) - above
    return Area(left, first, size[0] - left, first + rows * pitch), plan


def stage_colours(colours: Palette) -> Palette:
    """Return the colours for the display: no panels, and the tracks stand out from the ground."""
    if colours.theme == "light":
        return replace(colours, background=colours.panel)
    return replace(colours, background=colours.track, panel=colours.track, track=colours.panel)
