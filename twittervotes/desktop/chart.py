"""Votes a minute of each choice as lines, from opening to now, with the gaps marked.

Lines are told new points, never made anew. Of many choices the first eight by votes have a line.
"""

from __future__ import annotations

import tkinter as tk
from datetime import datetime

from twittervotes.core.model import Tally
from twittervotes.core.snapshot import Snapshot
from twittervotes.desktop.drawing import Area, Box, Look, Text
from twittervotes.desktop.moment import Moment
from twittervotes.desktop.numbers import MINUTE_MS, grouped, last_minute, ticks
from twittervotes.desktop.palette import Mark, mix
from twittervotes.desktop.sizes import TINY

MOST_LINES, MOST_POINTS, MOST_GAPS = 8, 120, 12
GRID = 3


class Chart:
    """The lines of one contest."""

    def __init__(self, canvas: tk.Canvas, look: Look, marks: tuple[Mark, ...]) -> None:
        self._canvas = canvas
        self._look = look
        self._marks = marks
        self._area = Area(0, 0, 0, 0)
        colours = look.colours
        self._panel = Box(
            canvas, look, fill=colours.panel, outside=colours.background, tags=("ground",)
        )
        self._heading = Text(canvas, look, anchor="nw")
        self._gaps = [
            canvas.create_rectangle(
                0, 0, 0, 0, width=0, fill=mix(colours.panel, colours.waiting, 0.16), state="hidden"
            )
            for _ in range(MOST_GAPS)
        ]
        self._gap_word = Text(canvas, look, anchor="nw")
        self._grid = [
            canvas.create_line(0, 0, 0, 0, fill=colours.grid, state="hidden") for _ in range(GRID)
        ]
        self._scale = [Text(canvas, look, anchor="e") for _ in range(GRID)]
        self._times = [Text(canvas, look, anchor=anchor) for anchor in ("nw", "center", "ne")]
        self._halos = [self._line(mark, halo=True) for mark in marks]
        self._lines = [self._line(mark, halo=False) for mark in marks]
        self._letters = [Text(canvas, look, anchor="w") for _ in marks]

    def lay(self, area: Area) -> None:
        """Stand there; `show` must follow."""
        self._area = area
        self._panel.place(area)

    def show(self, moment: Moment) -> None:
        """Draw the minutes of `moment`."""
        look, area = self._look, self._area
        small, tiny = look.sizes.font("bold", TINY), look.sizes.font("text", TINY)
        self._heading.show(
            spaced("VOTES A MINUTE"),
            (area.left + look.px(18), area.top + look.px(14)),
            small,
            look.colours.faint,
        )
        times, series = points(moment.snapshot.tally, moment.now_ms)
        most = max((max(line) for line in series), default=0)
        steps = ticks(most, GRID)
        top = max(most, steps[-1]) * 1.08
        scale_width = look.sizes.width(tiny, grouped(steps[-1]))
        plot = Area(
            area.left + look.px(18) + scale_width + look.px(10),
            area.top + look.px(44),
            area.right - look.px(44),
            area.bottom - look.px(36),
        )
        self._draw_grid(plot, steps, top)
        self._draw_times(plot, times)
        self._draw_gaps(plot, times, moment.snapshot)
        self._draw_lines(plot, times, series, top, moment.snapshot.tally.votes)

    def _draw_grid(self, plot: Area, steps: tuple[int, ...], top: float) -> None:
        look = self._look
        font = look.sizes.font("text", TINY)
        for line, word, step in zip(self._grid, self._scale, steps, strict=True):
            y = round(plot.bottom - plot.height * step / top)
            self._canvas.coords(line, plot.left, y, plot.right, y)
            self._canvas.itemconfigure(line, state="normal")
            word.show(grouped(step), (plot.left - look.px(10), y), font, look.colours.faint)

    def _draw_times(self, plot: Area, times: tuple[int, ...]) -> None:
        look = self._look
        font = look.sizes.font("text", TINY)
        y = plot.bottom + look.px(10)
        first, last = times[0], times[-1]
        middle = (first + last) // 2 if last - first >= 2 * MINUTE_MS else 0
        wide = plot.width > look.px(260)
        places = (
            (first, plot.left, y),
            (middle if wide else 0, (plot.left + plot.right) // 2, y + look.px(TINY) * 5 // 8),
            (last if last - first >= MINUTE_MS else 0, plot.right, y),
        )
        for word, (time, x, height) in zip(self._times, places, strict=True):
            word.show(clock(time) if time else "", (x, height), font, look.colours.dim)

    def _draw_gaps(self, plot: Area, times: tuple[int, ...], snapshot: Snapshot) -> None:
        look = self._look
        gaps = [gap for source in snapshot.sources for gap in source.gaps][-MOST_GAPS:]
        leftmost = None
        for i, item in enumerate(self._gaps):
            shown = i < len(gaps) and gaps[i].to_ms > times[0] and gaps[i].from_ms < times[-1]
            if shown:
                left = _across(plot, times, max(gaps[i].from_ms, times[0]))
                right = _across(plot, times, min(gaps[i].to_ms, times[-1]))
                right = max(right, left + look.px(3))
                self._canvas.coords(item, left, plot.top, right, plot.bottom)
                leftmost = left if leftmost is None else min(leftmost, left)
            self._canvas.itemconfigure(item, state="normal" if shown else "hidden")
        if leftmost is None:
            self._gap_word.hide()
        else:
            place = (leftmost + look.px(4), plot.top + look.px(2))
            font = look.sizes.font("text", TINY)
            self._gap_word.show("gap", place, font, look.colours.waiting)

    def _draw_lines(
        self,
        plot: Area,
        times: tuple[int, ...],
        series: tuple[tuple[float, ...], ...],
        top: float,
        votes: tuple[int, ...],
    ) -> None:
        look = self._look
        font = look.sizes.font("bold", TINY)
        best = set(sorted(range(len(votes)), key=lambda i: (-votes[i], i))[:MOST_LINES])
        ends: list[tuple[int, int]] = []
        for i, line in enumerate(series):
            shown = i in best and len(times) > 1 and votes[i] > 0
            if shown:
                coords: list[float] = []
                for time, number in zip(times, line, strict=True):
                    coords += (_across(plot, times, time), plot.bottom - plot.height * number / top)
                self._canvas.coords(self._halos[i], *coords)
                self._canvas.coords(self._lines[i], *coords)
                ends.append((round(coords[-1]), i))
            else:
                self._letters[i].hide()
            for item in (self._halos[i], self._lines[i]):
                self._canvas.itemconfigure(item, state="normal" if shown else "hidden")
        for i, y in apart(ends, look.px(TINY + 2), plot.top, plot.bottom):
            place = (plot.right + look.px(8), y)
            self._letters[i].show(self._marks[i].letter, place, font, self._marks[i].colour)

    def _line(self, mark: Mark, *, halo: bool) -> int:
        look = self._look
        colour = mix(mark.colour, look.colours.panel, 0.6) if halo else mark.colour
        dash = tuple(look.px(part) or 1 for part in mark.dash)
        return self._canvas.create_line(
            0, 0, 0, 0,
            fill=colour,
            width=look.px(2) + (2 if halo else 0),
            dash=dash,
            joinstyle="round",
            state="hidden",
        )  # fmt: skip


def points(tally: Tally, now_ms: int) -> tuple[tuple[int, ...], tuple[tuple[float, ...], ...]]:
    """Return the times of a line's points, and each choice's votes a minute at them.

    The last point is now; it takes the last 60 seconds, so that a minute just begun does not look
    like a fall.
    """
    this = now_ms - now_ms % MINUTE_MS
    known = dict(tally.minutes)
    first = min(tally.minutes[0][0] if tally.minutes else this, this)
    stride = -(-((this - first) // MINUTE_MS + 1) // MOST_POINTS) * MINUTE_MS
    times, rows = [], []
    for start in range(first, this, stride):
        votes = [
            known.get(minute, ()) for minute in range(start, min(start + stride, this), MINUTE_MS)
        ]
        times.append(start)
        rows.append(
            [
                sum(minute[i] for minute in votes if minute) / len(votes)
                for i in range(len(tally.votes))
            ]
        )
    times.append(max(now_ms, first + 1))
    rows.append(list(last_minute(tally, now_ms)))
    return tuple(times), tuple(tuple(row[i] for row in rows) for i in range(len(tally.votes)))


def apart(ends: list[tuple[int, int]], least: int, top: int, bottom: int) -> list[tuple[int, int]]:
    """Return (index, height) for each (height, index), moved so that letters do not overlap."""
    placed: list[tuple[int, int]] = []
    for y, i in sorted(ends):
        placed.append((i, max(y, placed[-1][1] + least if placed else top)))
    floor = bottom
    for place in range(len(placed) - 1, -1, -1):
        i, y = placed[place]
        placed[place] = (i, min(y, floor))
        floor = placed[place][1] - least
    return placed


def spaced(words: str) -> str:
    """Return a heading with its letters a little apart."""
    return "\u200a".join(words)


def clock(time_ms: int) -> str:
    """Return the time of day, as this place reckons it: 14:04."""
    return f"{datetime.fromtimestamp(time_ms / 1000).astimezone():%H:%M}"


def _across(plot: Area, times: tuple[int, ...], time: int) -> int:
    return plot.left + round(plot.width * (time - times[0]) / max(1, times[-1] - times[0]))
