"""The votes over time as lines, from opening to now; gaps, pauses and acts are marked.

The lines and what is behind them are one picture whose pixels change; a new one is made only for
another size. Of many choices the first eight by votes have a line, fewer where their letters have
no room. A click on a word shows the rate, the total or the share; the pointer, or a tap, shows the
values at a time.
"""

from __future__ import annotations

from functools import partial
from itertools import zip_longest
from math import ceil
from typing import TYPE_CHECKING

from PIL.ImageTk import PhotoImage

from twittervotes.core.contest.clock import of_day
from twittervotes.core.contest.posts import MINUTE_MS
from twittervotes.desktop.canvas.images import Plate
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import SMALL, TEXT, TINY
from twittervotes.desktop.canvas.strokes import Patch, Stroke, drawn
from twittervotes.desktop.vote.animation import ticks
from twittervotes.desktop.vote.chart_annotations import ChartAnnotations, across
from twittervotes.presentation.numbers import grouped
from twittervotes.presentation.trend import Trend, TrendKind, time_ticks, trend

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from PIL import Image

    from twittervotes.desktop.vote.frame import Moment
    from twittervotes.presentation.marks import Mark

MOST_LINES = 8
GRID, TICK_WIDE, MOST_TICKS = 5, 76, 10
INSET = 4
ABOVE, BELOW = 52, 32  # the plot: heading and words of bands, and times
BADGE = 15  # at the end of a line
LETTER = BADGE + 1  # from one badge to the next


class ChartPicture:
    """The lines of one contest."""

    def __init__(
        self,
        canvas: tk.Canvas,
        look: Look,
        marks: tuple[Mark, ...],
        choose: Callable[[TrendKind], None] = lambda _: None,
    ) -> None:
        """Create the chart; `choose` is called with the clicked kind."""
        self._canvas = canvas
        self._look = look
        self._marks = marks
        self._area = self._plot = Area(0, 0, 0, 0)
        self._trend: Trend | None = None
        self._best: list[int] = []
        self.kind = TrendKind.RATE
        colours = look.colours
        self._panel = Box(
            canvas, look, fill=colours.panel, outside=colours.background, tags=("ground",)
        )
        self._lines = canvas.create_image(0, 0, anchor="nw", tags=("lines",))
        self._heading = Text(canvas, look, anchor="nw", tags=("chart-heading",))
        self._remark = Text(canvas, look, anchor="nw", tags=("chart-remark",))
        self._waits = Text(canvas, look, anchor="nw")
        self._tab_ground = Box(canvas, look, fill=colours.track, outside=colours.panel, radius=7)
        self._tab_plate = Box(canvas, look, fill=colours.button, outside=colours.track, radius=5)
        self._tabs = {
            kind: Text(canvas, look, anchor="center", tags=(f"chart-{kind.name.lower()}",))
            for kind in TrendKind
        }
        for kind, text in self._tabs.items():
            canvas.tag_bind(text.item, "<Button-1>", partial(_chosen, choose, kind))
            canvas.tag_bind(text.item, "<Enter>", lambda _: canvas.configure(cursor="hand2"))
            canvas.tag_bind(text.item, "<Leave>", lambda _: canvas.configure(cursor=""))
        self._annotations = ChartAnnotations(canvas, look)
        self._scale = [Text(canvas, look, anchor="e") for _ in range(GRID + 2)]
        self._times = [
            Text(canvas, look, anchor="center", tags=("chart-time",)) for _ in range(MOST_TICKS + 2)
        ]
        self._photo: PhotoImage | None = None
        self._badges = [canvas.create_image(0, 0, anchor="w", state="hidden") for _ in marks]
        self._letters = [Text(canvas, look, anchor="center") for _ in marks]
        self._cursor = canvas.create_line(0, 0, 0, 0, fill=colours.dim, state="hidden")
        self._bubble = Box(
            canvas, look, fill=colours.button, outside=colours.panel, tags=("chart-bubble",)
        )
        self._values = Text(canvas, look, anchor="nw", tags=("chart-values",))
        for event in ("<Motion>", "<Button-1>"):
            canvas.tag_bind(self._lines, event, lambda event: self.point(event.x))
        canvas.tag_bind(self._lines, "<Leave>", lambda _: self.leave())

    def lay(self, area: Area) -> None:
        """Move to this area; call `show` next."""
        self._area = area
        self._panel.place(area)
        self.leave()

    def show(self, moment: Moment) -> None:
        """Draw the votes up to `moment`."""
        look, area = self._look, self._area
        contest = moment.snapshot.contest
        shown = self._trend = trend(moment.snapshot, moment.now_ms, self.kind)
        is_open = moment.now_ms >= contest.opens_ms
        self._draw_heading(shown)
        most = 100.0 if self.kind is TrendKind.SHARE else float("inf")
        highest = min(max(shown.top, 1), most)
        high = area.height - look.px(ABOVE + BELOW)
        size = ticks(highest, min(GRID, max(2, high // look.px(32))))[0]
        top = size * ceil(highest / size)  # the scale doesn't end below a line
        steps = tuple(range(size, top + 1, size))
        tiny = look.sizes.font("text", TINY)
        scale_width = look.sizes.width(tiny, self._written(steps[-1]))
        plot = self._plot = Area(
            area.left + look.px(18) + scale_width + look.px(10),
            area.top + look.px(ABOVE),
            area.right - look.px(44),
            area.bottom - look.px(BELOW),
        )
        grid = self._draw_grid(plot, (0, *steps) if is_open else (), top)
        self._waits.show(
            "" if is_open else "The chart starts when voting opens.",
            (area.left + look.px(18), area.top + look.px(40)),
            look.sizes.font("text", SMALL),
            look.colours.dim,
        )
        self._draw_times(plot, shown, is_open=is_open)
        span = (shown.start_ms, shown.end_ms)
        bands = self._annotations.show(plot, span, moment.snapshot, shown.bands)
        votes = moment.snapshot.tally.votes
        best = sorted(range(len(votes)), key=lambda i: (-votes[i], i))[:MOST_LINES]
        self._best = [i for i in best if votes[i] and shown.lines[i]]
        self._draw_lines(plot, shown, top, [*bands, *grid])

    def point(self, x: int) -> None:
        """Show the values at `x`, a pixel of the window."""
        look, plot, shown = self._look, self._plot, self._trend
        if shown is None or not self._best:
            return
        span = shown.end_ms - shown.start_ms
        at = round(self._canvas.canvasx(x))
        share = (at - plot.left) / max(1, plot.width)
        found = shown.values(round(shown.start_ms + span * min(1.0, max(0.0, share))))
        if found is None:
            return
        at_ms, values = found
        lines = [of_day(at_ms)]
        lines += [f"{self._marks[i].letter}  {self._written(values[i])}" for i in self._best]
        font = look.sizes.font("text", TINY)
        line = int(font.metrics("linespace"))
        wide = max(look.sizes.width(font, text) for text in lines) + look.px(20)
        high = len(lines) * line + look.px(12)
        middle = round(across(plot, (shown.start_ms, shown.end_ms), at_ms))
        left = max(middle, at) + look.px(10)  # never under the pointer, which would leave the lines
        if left + wide > plot.right:
            left = min(middle, at) - look.px(10) - wide
        top = max(self._area.top + look.px(4), min(plot.top, plot.bottom - high))
        self._canvas.coords(self._cursor, middle, plot.top, middle, plot.bottom)
        self._canvas.itemconfigure(self._cursor, state="disabled")  # the pointer stays in the lines
        self._bubble.place(Area(left, top, left + wide, top + high))
        place = (left + look.px(10), top + look.px(6))
        self._values.show("\n".join(lines), place, font, look.colours.ink)
        self._canvas.tag_raise("chart-bubble")
        self._canvas.tag_raise("chart-values")

    def leave(self) -> None:
        """Stop showing values."""
        self._canvas.itemconfigure(self._cursor, state="hidden")
        self._bubble.hide()
        self._values.hide()

    def _written(self, value: float) -> str:
        return f"{value:.1f}%" if self.kind is TrendKind.SHARE else grouped(round(value))

    def _draw_heading(self, shown: Trend) -> None:
        look, area, faint = self._look, self._area, self._look.colours.faint
        bold, tiny = look.sizes.font("bold", TEXT), look.sizes.font("text", TINY)
        y = area.top + look.px(12)
        words = f"{shown.title[:1].upper()}{shown.title[1:]}"
        left = area.left + look.px(18)
        left += self._heading.show(words, (left, y), bold, look.colours.ink) + look.px(12)
        right = self._draw_tabs(shown, area.right - look.px(18), area.top + look.px(21))
        minutes = shown.bin_ms // MINUTE_MS
        remark = "over the last minute" if shown.smoothed_ms else f"averaged over {minutes} min"
        remark = remark if self.kind is TrendKind.RATE else ""
        fits = left + look.sizes.width(tiny, remark) < right
        place = (left, y + look.px(3))
        self._remark.show(remark if fits else "", place, tiny, faint)

    def _draw_tabs(self, shown: Trend, right: int, middle: int) -> int:
        """Draw what can be chosen, the chosen one on a plate of its own; return the left end."""
        look, px = self._look, self._look.px
        font = look.sizes.font("bold", TINY)
        words = {
            TrendKind.RATE: f"Per {shown.unit}",
            TrendKind.TOTAL: "Total",
            TrendKind.SHARE: "Share",
        }
        left, high = right, px(13)
        for kind in reversed(TrendKind):
            wide = look.sizes.width(font, words[kind]) + 2 * px(10)
            left -= wide
            is_chosen = kind is self.kind
            colour = look.colours.ink if is_chosen else look.colours.dim
            self._tabs[kind].show(words[kind], (left + wide // 2, middle), font, colour)
            if is_chosen:
                line = px(2)
                plate = Area(left + line, middle - high + line, left + wide - line, middle + high)
                self._tab_plate.place(Area(plate.left, plate.top, plate.right, plate.bottom - line))
        self._tab_ground.place(Area(left, middle - high, right, middle + high))
        return left

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
            text = f"{step}%" if self.kind is TrendKind.SHARE else grouped(step)
            word.show(text, (plot.left - look.px(10), y), font, look.colours.faint)
        return lines

    def _draw_times(self, plot: Area, shown: Trend, *, is_open: bool) -> None:
        """Write round times along the axis."""
        look = self._look
        font = look.sizes.font("text", TINY)
        y = plot.bottom + look.px(16)
        most = max(2, min(MOST_TICKS, plot.width // look.px(TICK_WIDE)))
        found = time_ticks(shown.start_ms, shown.end_ms, most) if is_open else ()
        for word, tick in zip_longest(self._times, found[: len(self._times)]):
            if tick is None:
                word.hide()
                continue
            x = round(across(plot, (shown.start_ms, shown.end_ms), tick[0]))
            word.show(tick[1], (x, y), font, look.colours.dim)

    def _draw_lines(self, plot: Area, shown: Trend, top: float, behind: list[Patch]) -> None:
        look = self._look
        font = look.sizes.font("bold", TINY)
        inset, span = look.px(INSET), (shown.start_ms, shown.end_ms)

        def placed(at_ms: int, value: float) -> tuple[float, float]:
            x = across(plot, span, at_ms) - plot.left + inset
            return x, plot.height * (1 - value / top) + inset

        strokes = [
            Stroke(
                points=tuple(placed(*point) for point in (part if len(part) > 1 else part * 2)),
                colour=self._marks[i].colour,
                width=2 * look.sizes.scale,
                dash=tuple(length * look.sizes.scale for length in self._marks[i].dash),
            )
            for i in self._best
            for part in shown.lines[i]
        ]
        left, above = plot.left - inset, plot.top - inset
        size = (plot.width + 2 * inset, plot.height + 2 * inset)
        patches = [patch.moved(-left, -above) for patch in behind]
        self._picture(drawn(size, look.colours.panel, patches, strokes))
        self._canvas.coords(self._lines, left, above)
        bottom = plot.bottom + look.px(LETTER)
        lettered = self._best[: 1 + (bottom - plot.top) // look.px(LETTER)]  # others have no room
        ends = [(round(placed(*shown.lines[i][-1][-1])[1]) + plot.top - inset, i) for i in lettered]
        for i in set(range(len(self._letters))).difference(lettered):
            self._letters[i].hide()
            self._canvas.itemconfigure(self._badges[i], state="hidden")
        side, left = look.px(BADGE), plot.right + look.px(8)
        for i, y in apart(ends, look.px(LETTER), plot.top, bottom):
            mark = self._marks[i]
            style = Plate(mark.colour, mark.colour, 1, look.px(3))
            wide = max(side, look.sizes.width(font, mark.letter) + look.px(4))
            image = look.images.plate((wide, side), style)
            self._canvas.coords(self._badges[i], left, y)
            self._canvas.itemconfigure(self._badges[i], image=image, state="normal")
            self._letters[i].show(mark.letter, (left + wide // 2, y), font, mark.on_colour)

    def _picture(self, image: Image.Image) -> None:
        """Replace the lines by `image`; a new photo is created only for another size."""
        if self._photo and (self._photo.width(), self._photo.height()) == image.size:
            self._photo.paste(image)
        else:
            self._photo = PhotoImage(image, master=self._canvas)
            self._canvas.itemconfigure(self._lines, image=str(self._photo))


def _chosen(
    choose: Callable[[TrendKind], None], kind: TrendKind, _event: tk.Event[tk.Canvas]
) -> None:
    choose(kind)


def apart(ends: list[tuple[int, int]], least: int, top: int, bottom: int) -> list[tuple[int, int]]:
    """Return (index, height) for each (height, index), moved apart where letters overlap."""
    placed: list[tuple[int, int]] = []
    for y, i in sorted(ends):
        placed.append((i, max(y, placed[-1][1] + least if placed else top)))
    floor = bottom
    for place in range(len(placed) - 1, -1, -1):
        i, y = placed[place]
        placed[place] = (i, min(y, floor))
        floor = placed[place][1] - least
    return placed
