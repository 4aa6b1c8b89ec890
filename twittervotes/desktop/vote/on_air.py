"""A small preview of the audience's display, and the buttons that control it."""

from __future__ import annotations

import time
import tkinter as tk
from functools import partial
from typing import TYPE_CHECKING, Protocol

from twittervotes.core.config.display import Layout
from twittervotes.core.contest.clock import of_day
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import SMALL
from twittervotes.desktop.vote.frame import Air, Moment, Showing
from twittervotes.desktop.vote.panel import Panel
from twittervotes.desktop.vote.phrases import UNDER_WAY
from twittervotes.desktop.widgets.banner import ON_AMBER
from twittervotes.presentation.phrases import FINAL

if TYPE_CHECKING:
    from collections.abc import Callable

WIDE, HIGH = 136, 76
STRIP, STRIP_TEXT = 17, 11
BUTTON, GAP, RING, KEY = 32, 6, 2, 16
EVERY_S = 1.0  # between two frames of the preview
FIRST_MS = 400  # the window is painted first
SAID = {Air.VOTING: "voting", Air.RESULTS: "results", Air.NOTHING: "nothing"}
KEYS = {"voting": "V", "results": "S", "hide": "H", "reveal": "R"}


class OnAir(Protocol):
    """Draws the vote for an audience."""

    canvas: tk.Canvas

    def lay(self, width: int, height: int) -> None:
        """Set a new size."""

    def show(self, moment: Moment, now: float, showing: Showing) -> None:
        """Start moving to the numbers of `moment`."""

    def move(self, now: float) -> bool:
        """Draw one frame; return whether another is needed."""

    def settle(self, now: float) -> None:
        """Finish all movements at once."""


def made_stage(parent: tk.Misc, look: Look, showing: Showing) -> OnAir:
    """Return the stage in the configured layout."""
    # Not above: the window is painted before all this is loaded.
    from twittervotes.desktop.vote.lower_third import LowerThird
    from twittervotes.desktop.vote.stage import Stage
    from twittervotes.desktop.vote.stage_layout import stage_colours

    settings = showing.display
    colours = stage_colours(look.colours, settings)
    dressed = Look(colours, look.sizes, look.images)
    if settings.layout is Layout.LOWER:
        return LowerThird(parent, dressed, settings.panel, settings.ink, showing.logo)
    return Stage(parent, dressed, showing.logo)


class OnAirPanel(Panel):
    """A live preview, its label, and a button for each thing that can be on air."""

    heading = "On air"

    def __init__(
        self, canvas: tk.Canvas, look: Look, showing: Showing, put: Callable[[str], None]
    ) -> None:
        """Create the panel; `put` is called with the name of the pressed button."""
        super().__init__(canvas, look)
        self._showing = showing
        self.is_large = False
        self._size = (0, 0)
        colours = look.colours
        self._ring = canvas.create_rectangle(0, 0, 0, 0, width=0, fill=colours.line)
        self._frame = tk.Frame(canvas, background=colours.track)
        self._frame.pack_propagate(False)
        self._window = canvas.create_window(
            0, 0, anchor="nw", window=self._frame, tags=("preview",)
        )
        self._strip = tk.Label(
            self._frame, background=colours.alarm, foreground=ON_AMBER, borderwidth=0, pady=0
        )
        self._stage: OnAir | None = None
        self._dressed: object = None
        self._newest: Moment | None = None
        self._drawn_at = float("-inf")
        self._drawn_air: Air | None = None
        self._buttons = {
            name: (
                Box(
                    canvas,
                    look,
                    fill=colours.button,
                    outside=colours.panel,
                    radius=8,
                    tags=(f"air-{name}",),
                ),
                Text(canvas, look, anchor="w", tags=(f"air-{name}", f"air-{name}-word")),
                Text(canvas, look, anchor="e", tags=(f"air-{name}", f"air-{name}-key")),
            )
            for name in KEYS
        }
        for name in self._buttons:
            canvas.tag_bind(f"air-{name}", "<Button-1>", partial(_pressed, put, name))
        self._waiting = canvas.after(FIRST_MS, self._begin)
        self._frame.bind("<Destroy>", lambda _: self._stop_waiting())

    @property
    def stage(self) -> OnAir | None:
        """The preview's stage, None before it is created."""
        return self._stage

    def write(self, moment: Moment, area: Area) -> int:
        """Draw preview, words and buttons; return the bottom."""
        look, px, showing = self.look, self.look.px, self._showing
        colours, sizes = look.colours, look.sizes
        self._newest = moment
        left, top = area.left, area.top + px(RING)
        wide, high = self._fit(area)
        is_seen = showing.seen not in (None, Air.NOTHING)
        ring = px(RING)
        corners = (left - ring, top - ring, left + wide + ring, top + high + ring)
        self.canvas.coords(self._ring, *corners)
        fill = colours.live if is_seen else colours.line
        self.canvas.itemconfigure(self._ring, fill=fill)
        self.canvas.coords(self._window, left, top)
        x = left if self.is_large else left + wide + px(16)
        width = area.right - x
        title, where = self._words(moment)
        font = sizes.font("bold", SMALL + 1)
        y = top + px(2) + (high + px(8)) * self.is_large
        y += self.text("nw").wrap(title, (x, y), font, colours.ink, width=width) + px(2)
        font = sizes.font("text", SMALL)
        y += self.text("nw").wrap(where, (x, y), font, colours.dim, width=width)
        if showing.hidden:
            said = "Files for graphics hold no results."
            y += self.text("nw").wrap(said, (x, y), font, colours.dim, width=width)
        y = max(y, top + high) + px(12)
        end = self._draw_buttons(moment, area, y)
        self._draw_preview(moment)
        self._draw_strip(moment)
        return end

    def _fit(self, area: Area) -> tuple[int, int]:
        """Give the preview its size: the panel's width if there is room."""
        px = self.look.px
        size = (area.width, area.width * HIGH // WIDE) if self.is_large else (px(WIDE), px(HIGH))
        if size != self._size:
            self._size = size
            self._frame.configure(width=size[0], height=size[1])
            if self._stage:
                self._stage.lay(*size)
                self._drawn_air = None  # draw it now, whatever the time
        return size

    def _draw_strip(self, moment: Moment) -> None:
        said = moment.outage.label if moment.outage else ""
        if moment.snapshot.trouble and moment.snapshot.state in UNDER_WAY:
            said = "Counting stopped"
        if not said:
            self._strip.place_forget()
            return
        sizes = self.look.sizes
        font = sizes.font("bold", STRIP_TEXT)
        words = sizes.fitted(font, said, self._size[0] - self.look.px(8))
        self._strip.configure(text=sizes.ordered(words), font=font)
        self._strip.place(relx=0, rely=1, relwidth=1, height=self.look.px(STRIP), anchor="sw")

    def _words(self, moment: Moment) -> tuple[str, str]:
        """Return whether anything is on air and since when, and what and where it is."""
        showing = self._showing
        since = of_day(showing.seen_since(moment.now_ms))[:5]
        what = SAID[showing.air]
        if showing.air is Air.RESULTS and moment.snapshot.state in FINAL:
            what = "result"
        match showing.seen:
            case None:
                return "OFF AIR", f"F11 opens the display and shows {what}."
            case Air.NOTHING:
                return f"HIDDEN since {since}", "Only the logo is on the display."
            case _:
                return f"ON AIR since {since}", f"{what.capitalize()} on the display"

    def _draw_buttons(self, moment: Moment, area: Area, top: int) -> int:
        look, px, seen = self.look, self.look.px, self._showing.seen
        colours, font = look.colours, look.sizes.font("bold", SMALL)
        can_reveal = moment.snapshot.state in FINAL and self._showing.hidden
        live, plain = colours.live, colours.button
        results = ("Results on air", live) if seen is Air.RESULTS else ("Show results", plain)
        states = {
            "voting": ("Voting on air", live) if seen is Air.VOTING else ("Show voting", plain),
            "results": results,
            "hide": ("Hidden", colours.action) if seen is Air.NOTHING else ("Hide", plain),
            "reveal": ("Reveal", plain if can_reveal else colours.panel),
        }
        gap, high = px(GAP), px(BUTTON)
        wide = (area.width - gap) // 2
        for n, (name, (word, fill)) in enumerate(states.items()):
            box, text, key = self._buttons[name]
            left, y = area.left + n % 2 * (wide + gap), top + n // 2 * (high + gap)
            box.fill(fill)
            box.place(Area(left, y, left + wide, y + high))
            is_lit, can = fill in (live, colours.action), fill != colours.panel
            ink = colours.on_strong if is_lit else colours.ink if can else colours.faint
            pad, middle = px(12), y + high // 2
            small = look.sizes.font("text", SMALL)
            key.show(KEYS[name], (left + wide - pad, middle), small, ink)
            text.fit(word, (left + pad, middle), font, ink, width=wide - 2 * pad - px(KEY))
        return top + 2 * high + gap

    def _begin(self) -> None:
        """Create the preview, once there is time for it."""
        self._waiting = ""
        if self._frame.winfo_exists() and self._newest:
            self._dress()
            self._draw_preview(self._newest)
        elif self._frame.winfo_exists():
            self._waiting = self.canvas.after(FIRST_MS, self._begin)

    def _dress(self) -> None:
        if self._stage:
            self._stage.canvas.destroy()
        self._dressed = (self._showing.display, self._showing.logo)
        self._stage = made_stage(self._frame, self.look, self._showing)
        self._stage.lay(*self._size)
        self._strip.lift()

    def _draw_preview(self, moment: Moment) -> None:
        if self._stage is None:
            return
        if self._dressed != (self._showing.display, self._showing.logo):
            self._dress()
        now = time.monotonic()
        left_s = self._drawn_at + EVERY_S - now
        if self._drawn_air is self._showing.air and left_s > 0:
            if not self._waiting:
                self._waiting = self.canvas.after(round(1000 * left_s) + 1, self._catch_up)
            return
        self._drawn_at, self._drawn_air = now, self._showing.air
        self._stage.show(moment, now, self._showing)
        self._stage.settle(now)

    def _stop_waiting(self) -> None:
        """Cancel the pending call, of which Tk would complain at the end."""
        if self._waiting:
            self.canvas.after_cancel(self._waiting)
            self._waiting = ""

    def _catch_up(self) -> None:
        """Draw what has changed since the last frame."""
        self._waiting = ""
        if self._newest and self._frame.winfo_exists():
            self._draw_preview(self._newest)


def _pressed(put: Callable[[str], None], name: str, _event: tk.Event[tk.Canvas]) -> None:
    put(name)
