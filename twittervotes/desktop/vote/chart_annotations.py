"""The annotations of the chart: gaps, outages and pauses as bands, the operator's acts as lines.

The bands lie behind the lines of the votes, so the picture of these draws them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.desktop.canvas.items import Area, Look, Text
from twittervotes.desktop.canvas.sizes import TINY
from twittervotes.desktop.canvas.strokes import Patch
from twittervotes.presentation.marks import mix

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Sequence

    from twittervotes.core.contest.snapshot import Snapshot
    from twittervotes.presentation.trend import TrendBand

MOST_BANDS, MOST_ACTS = 16, 12
LEVELS, LINE = 3, 15
Span = tuple[int, int]


class ChartAnnotations:
    """The annotations of one chart; its items are created once."""

    def __init__(self, canvas: tk.Canvas, look: Look) -> None:
        self._canvas = canvas
        self._look = look
        colours = look.colours
        self._tones = {
            "gap": (mix(colours.panel, colours.waiting, 0.16), colours.waiting),
            "outage": (mix(colours.panel, colours.waiting, 0.3), colours.waiting),
            "paused": (mix(colours.panel, colours.ink, 0.07), colours.dim),
        }
        self._acts = [
            canvas.create_line(0, 0, 0, 0, fill=colours.faint, dash=(2, 3), state="hidden")
            for _ in range(MOST_ACTS)
        ]
        self._words = {kind: Text(canvas, look, anchor="nw", tags=(kind,)) for kind in self._tones}
        self._said = [Text(canvas, look, anchor="sw", tags=("act",)) for _ in range(MOST_ACTS)]

    def show(
        self, plot: Area, span: Span, snapshot: Snapshot, bands: Sequence[TrendBand]
    ) -> list[Patch]:
        """Mark what happened in `span` across `plot`; return the bands."""
        bands = [band for band in bands if band.to_ms > span[0] < span[1]]
        bands = [band for band in bands if band.from_ms < span[1]][-MOST_BANDS:]
        acts = [act for act in labelled_acts(snapshot) if span[0] <= act[0] <= span[1]]
        self._draw_acts(plot, span, acts[-MOST_ACTS:])
        return self._draw_bands(plot, span, bands)

    def _draw_bands(self, plot: Area, span: Span, bands: list[TrendBand]) -> list[Patch]:
        """Label the bands, and return them."""
        look = self._look
        first: dict[str, tuple[int, str]] = {}
        patches = []
        for band in bands:
            left = round(across(plot, span, max(band.from_ms, span[0])))
            right = round(across(plot, span, min(band.to_ms, span[1])))
            right = max(right, left + look.px(3))
            tone, _ = self._tones[band.kind]
            patches.append(Patch(left, plot.top, right, plot.bottom, tone))
            first.setdefault(band.kind, (left, band.word))
        font = look.sizes.font("text", TINY)
        written: list[tuple[int, int, int]] = []  # left, right, line
        for kind, text in self._words.items():
            if kind not in first:
                text.hide()
                continue
            begins, word = first[kind]
            wide = look.sizes.width(font, word)
            x = min(begins + look.px(4), plot.right - wide)
            line = 1 + max((n for a, b, n in written if a < x + wide and x < b), default=-1)
            text.show(word, (x, plot.top + look.px(LINE * line - 15)), font, self._tones[kind][1])
            written.append((x, x + wide + look.px(4), line))
        return patches

    def _draw_acts(self, plot: Area, span: Span, acts: list[tuple[int, str]]) -> None:
        """Draw a line for each act; label it unless the label would cover another."""
        look = self._look
        font = look.sizes.font("text", TINY - 1)
        free = [plot.left] * LEVELS
        for i, (item, text) in enumerate(zip(self._acts, self._said, strict=True)):
            if i >= len(acts):
                self._canvas.itemconfigure(item, state="hidden")
                text.hide()
                continue
            at_ms, word = acts[i]
            x = round(across(plot, span, at_ms))
            self._canvas.coords(item, x, plot.top, x, plot.bottom)
            self._canvas.itemconfigure(item, state="normal")
            left, wide = x + look.px(4), look.sizes.width(font, word)
            if left + wide > plot.right:
                left = x - look.px(4) - wide
            level = next((level for level, end in enumerate(free) if left >= end), None)
            if level is None:
                text.hide()
            else:
                y = plot.bottom - look.px(2 + LINE * level)
                text.show(word, (left, y), font, look.colours.faint)
                free[level] = left + wide + look.px(8)


def labelled_acts(snapshot: Snapshot) -> list[tuple[int, str]]:
    """Return when acts happened that no band shows, each with a word or two."""
    said = ((act.at_ms, ACTS[act.does].chart_label(act, snapshot.contest)) for act in snapshot.acts)
    return [(at_ms, word) for at_ms, word in said if word]


def across(plot: Area, span: Span, time: int) -> float:
    """Return the horizontal position of a time."""
    return plot.left + plot.width * (time - span[0]) / max(1, span[1] - span[0])
