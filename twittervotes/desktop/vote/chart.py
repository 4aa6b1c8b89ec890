"""Votes a minute of each choice as lines, from opening to now; gaps, pauses and acts are marked.

The lines, and what lies behind them, are one picture whose pixels change; it is made anew for
another size only. Of many choices the first eight by votes have a line.
"""

from __future__ import annotations

import tkinter as tk
from datetime import datetime
from itertools import zip_longest

from PIL import Image
from PIL.ImageTk import PhotoImage

from twittervotes.core.contest.posts import Tally
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import SMALL, TINY
from twittervotes.desktop.canvas.strokes import Patch, Stroke, drawn
from twittervotes.desktop.vote.animation import MINUTE_MS, last_minute, ticks
from twittervotes.desktop.vote.chart_marks import Marks, across
from twittervotes.desktop.vote.frame import Moment
from twittervotes.presentation.marks import Mark
from twittervotes.presentation.numbers import grouped

MOST_LINES, MOST_POINTS = 8, 120
GRID = 5
INSET = 4


class ChartPicture:
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
        self._lines = canvas.create_image(0, 0, anchor="nw", tags=("lines",))
        self._heading = Text(canvas, look, anchor="nw")
        self._waits = Text(canvas, look, anchor="nw")
        self._marked = Marks(canvas, look)
        self._scale = [Text(canvas, look, anchor="e") for _ in range(GRID + 1)]
        self._times = [Text(canvas, look, anchor=anchor) for anchor in ("nw", "center", "ne")]
        self._photo: PhotoImage | None = None
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
            spaced("VOTES PER MINUTE"),
            (area.left + look.px(18), area.top + look.px(14)),
            small,
            look.colours.faint,
        )
        closes_ms = moment.snapshot.contest.closes_ms
        end_ms = min(moment.now_ms, closes_ms) if closes_ms else moment.now_ms
        contest = moment.snapshot.contest
        times, series = points(moment.snapshot.tally, end_ms, contest.opens_ms)
        most = max((max(line) for line in series), default=0)
        top = max(most, 1) * 1.08
        high = area.height - look.px(44 + 36)
        steps = ticks(top, min(GRID, max(2, high // look.px(32))))
        scale_width = look.sizes.width(tiny, grouped(steps[-1]))
        plot = Area(
            area.left + look.px(18) + scale_width + look.px(10),
            area.top + look.px(44),
            area.right - look.px(44),
            area.bottom - look.px(36),
        )
        is_open = moment.now_ms >= contest.opens_ms
        grid = self._draw_grid(plot, (0, *steps) if is_open else (), top)
        self._waits.show(
            "" if is_open else "The chart starts when voting opens.",
            (area.left + look.px(18), area.top + look.px(40)),
            look.sizes.font("text", SMALL),
            look.colours.dim,
        )
        self._draw_times(plot, times if is_open else (0, 0))
        bands = self._marked.show(plot, (times[0], times[-1]), moment.snapshot)
        votes = moment.snapshot.tally.votes
        self._draw_lines(plot, times, series, top, votes, [*bands, *grid])

    def _draw_grid(self, plot: Area, steps: tuple[int, ...], top: float) -> list[Patch]:
        """Write the numbers of the grid, and return its lines."""
        look = self._look
        font = look.sizes.font("text", TINY)
        lines = []
        for word, step in zip_longest(self._scale, steps):
            if step is None:
                word.hide()
                continue
            y = round(plot.bottom - plot.height * step / top)
            lines.append(Patch(plot.left, y, plot.right, y + 1, look.colours.grid))
            word.show(grouped(step), (plot.left - look.px(10), y), font, look.colours.faint)
        return lines

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

    def _draw_lines(
        self,
        plot: Area,
        times: tuple[int, ...],
        series: tuple[tuple[float, ...], ...],
        top: float,
        votes: tuple[int, ...],
        behind: list[Patch],
    ) -> None:
        look = self._look
        font = look.sizes.font("bold", TINY)
        best = sorted(range(len(votes)), key=lambda i: (-votes[i], i))[:MOST_LINES]
        shown = [i for i in best if votes[i] and len(times) > 1]
        inset = look.px(INSET)
        strokes = [
            Stroke(
                points=tuple(
                    (
                        across(plot, (times[0], times[-1]), time) - plot.left + inset,
                        plot.height * (1 - number / top) + inset,
                    )
                    for time, number in zip(times, series[i], strict=True)
                ),
                colour=self._marks[i].colour,
                width=2 * look.sizes.scale,
                dash=tuple(part * look.sizes.scale for part in self._marks[i].dash),
            )
            for i in shown
        ]
        left, above = plot.left - inset, plot.top - inset
        size = (plot.width + 2 * inset, plot.height + 2 * inset)
        patches = [patch.moved(-left, -above) for patch in behind]
        self._picture(drawn(size, look.colours.panel, patches, strokes))
        self._canvas.coords(self._lines, left, above)
        ends = [
            (round(stroke.points[-1][1]) + plot.top - inset, i)
            for i, stroke in zip(shown, strokes, strict=True)
        ]
        for i in set(range(len(votes))).difference(shown):
            self._letters[i].hide()
        for i, y in apart(ends, look.px(TINY + 2), plot.top, plot.bottom):
            place = (plot.right + look.px(8), y)
            self._letters[i].show(self._marks[i].letter, place, font, self._marks[i].colour)

    def _picture(self, image: Image.Image) -> None:
        """Put `image` in place of the lines; the photo is made anew only for another size."""
        if self._photo and (self._photo.width(), self._photo.height()) == image.size:
            self._photo.paste(image)
        else:
            self._photo = PhotoImage(image, master=self._canvas)
            self._canvas.itemconfigure(self._lines, image=str(self._photo))


def points(
    tally: Tally, now_ms: int, opens_ms: int | None = None
) -> tuple[tuple[int, ...], tuple[tuple[float, ...], ...]]:
    """Return the times of a line's points from opening on, and each choice's votes a minute.

    The last point is now; it takes the last 60 seconds, so that a minute just begun does not look
    like a fall.
    """
    this = now_ms - now_ms % MINUTE_MS
    known = dict(tally.minutes)
    opened = this if opens_ms is None else opens_ms - opens_ms % MINUTE_MS
    first = min(tally.minutes[0][0] if tally.minutes else this, opened, this)
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
    if opens_ms is not None and not times and now_ms > opens_ms:
        times.append(opens_ms)  # in its first minute a line rises from the opening
        rows.append([0.0] * len(tally.votes))
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
