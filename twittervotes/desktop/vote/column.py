"""The right-hand column. It answers, in this order, what an operator asks.

What does the audience see? Do the sources work? Was this post counted? Why is the count smaller
than the posts?
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import SourceState, SourceStatus
from twittervotes.desktop.canvas.items import Area
from twittervotes.desktop.canvas.sizes import SMALL, TEXT, TINY
from twittervotes.desktop.vote.layout import GAP
from twittervotes.desktop.vote.on_air import OnAirPanel
from twittervotes.desktop.vote.panel import Panel
from twittervotes.desktop.vote.phrases import advice, ago, doing, quota_words, way
from twittervotes.desktop.vote.search import SearchPanel
from twittervotes.presentation.numbers import grouped
from twittervotes.presentation.outage import silence
from twittervotes.presentation.phrases import source_title

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from twittervotes.core.contest.posts import Quota
    from twittervotes.desktop.canvas.items import Look
    from twittervotes.desktop.vote.frame import Moment, Showing

GAUGE, SCARCE, APART = 56, 0.2, 6
EXACT, AT_LEAST, NOT_READ = "exact", "at least", "not read"


class SourcesPanel(Panel):
    """What each source does, in words, and what to do about a problem."""

    heading = "Sources"

    def __init__(self, canvas: tk.Canvas, look: Look) -> None:
        super().__init__(canvas, look)
        self._dots: list[int] = []
        self._gauges: list[tuple[int, int]] = []

    def write(self, moment: Moment, area: Area) -> int:
        """Write the panel into `area` and return its bottom."""
        sources = moment.snapshot.sources
        y = area.top
        for i, source in enumerate(sources):
            y = self._write_source(i, source, moment, area, y)
        for item in self._dots[len(sources) :]:
            self.canvas.itemconfigure(item, state="hidden")
        for gauge in self._gauges[len(sources) :]:
            self._hide(gauge)
        return y - self.look.px(APART)

    def _write_source(
        self, i: int, source: SourceStatus, moment: Moment, area: Area, y: int
    ) -> int:
        """Write a source: one line while all is well, and another for each thing to know."""
        look, colours, sizes = self.look, self.look.colours, self.look.sizes
        bold, text = sizes.font("bold", TEXT), sizes.font("text", TEXT)
        small = sizes.font("text", SMALL)
        middle = y + look.px(10)
        indent = area.left + look.px(19)
        is_read = not moment.snapshot.trouble or source.doing is SourceState.DONE
        self._dot(i, source.doing if is_read else SourceState.READY, area.left, middle)
        votes = self.text("e").show(grouped(source.votes), (area.right, middle), text, colours.ink)
        whole = source.completeness
        if whole == AT_LEAST:
            place = (area.right - votes - look.px(7), middle)
            votes += look.px(7) + self.text("e").show(whole, place, small, colours.faint)
        room = area.right - indent - votes - look.px(12)
        name = self.text("w").fit(
            source_title(source.name), (indent, middle), bold, colours.ink, width=room
        )
        is_silent = moment.outage is not None and source.name in moment.outage.names
        came = ago(source.last_ms, moment.now_ms) if source.last_ms else ""
        came = "" if source.doing is SourceState.DONE or not is_read else came
        beside = indent + name + look.px(11)
        room = area.right - votes - look.px(12) - beside
        words = source.words if whole in (EXACT, AT_LEAST) else doing(source)
        if source.doing is SourceState.DONE and whole == EXACT:
            words = "complete"
        if not is_read:
            words = NOT_READ
        if source.doing is SourceState.POLLING and came:
            said = came if whole == AT_LEAST else f"{whole} · {came}"
            words, came = said.replace(" ", "\u00a0"), ""
        y += look.px(20)
        if not is_silent and not came and sizes.width(small, words) <= room:
            self.text("w").show(words, (beside, middle), small, colours.dim)
        else:
            said = silence(source, moment.now_ms) if is_silent else ""
            words = f"{words[:1].upper()}{words[1:]}"
            y = self._write_lines(said, words, came, Area(indent, y, area.right, y))
        y = self._write_quota(i, source, area, y)
        if source.advice and is_read:
            y += self._lines(advice(source), indent, area.right, y, colours.waiting)
        return y + look.px(APART)

    def _write_lines(self, said: str, words: str, came: str, area: Area) -> int:
        """Write what is wrong, what the source does, and when data came; return the bottom."""
        colours, y = self.look.colours, area.top
        if said:
            y += self._lines(said, area.left, area.right, y, colours.waiting)
        font, right = self.look.sizes.font("text", TINY), area.right
        if came:
            place = (right, y + self.look.px(8))
            right -= self.text("e").show(came, place, font, colours.faint) + self.look.px(10)
        return y + self._lines(words, area.left, right, y, colours.dim)

    def _write_quota(self, i: int, source: SourceStatus, area: Area, y: int) -> int:
        """Write the remaining quota while it is scarce; return the bottom."""
        look, colours = self.look, self.look.colours
        if i == len(self._gauges):
            self._gauges.append((self._rectangle(colours.track), self._rectangle(colours.good)))
        quota = source.quota
        is_scarce = quota is not None and quota.remaining <= SCARCE * quota.limit
        if quota is None or not is_scarce or source.doing is not SourceState.POLLING:
            self._hide(self._gauges[i])
            return y
        font, middle = look.sizes.font("text", TINY), y + look.px(8)
        left = self._draw_gauge(i, quota, area.left + look.px(19), middle)
        room = area.right - left
        said = quota_words(quota)
        words = next((words for words in said if look.sizes.width(font, words) <= room), "")
        self.text("w").show(words, (left, middle), font, colours.faint)
        return y + look.px(16)

    def _draw_gauge(self, i: int, quota: Quota, left: int, middle: int) -> int:
        """Draw how much of the quota is left; return where words may follow."""
        look, (track, fill) = self.look, self._gauges[i]
        share = quota.remaining / max(1, quota.limit)
        right, high = left + look.px(GAUGE), look.px(2)
        end = left + round(look.px(GAUGE) * min(1.0, share))
        self.canvas.coords(track, left, middle - high, right, middle + high)
        self.canvas.coords(fill, left, middle - high, end, middle + high)
        shown = "normal" if end > left else "hidden"
        self.canvas.itemconfigure(fill, fill=look.colours.waiting, state=shown)
        self.canvas.itemconfigure(track, state="normal")
        return right + look.px(8)

    def _rectangle(self, colour: str) -> int:
        return self.canvas.create_rectangle(0, 0, 0, 0, width=0, fill=colour, state="hidden")

    def _hide(self, gauge: tuple[int, int]) -> None:
        for item in gauge:
            self.canvas.itemconfigure(item, state="hidden")

    def _lines(self, words: str, left: int, right: int, y: int, colour: str) -> int:
        font = self.look.sizes.font("text", SMALL)
        return self.text("nw").wrap(words, (left, y), font, colour, width=right - left)

    def _dot(self, i: int, state: SourceState, x: int, y: int) -> None:
        colours = self.look.colours
        colour = {
            SourceState.READY: colours.faint,
            SourceState.POLLING: colours.good,
            SourceState.WAITING: colours.faint,
            SourceState.TROUBLE: colours.waiting,
            SourceState.STOPPED: colours.live,
            SourceState.DONE: colours.good,
        }[state]
        if i == len(self._dots):
            self._dots.append(self.canvas.create_image(0, 0, anchor="w"))
        image = self.look.images.dot(self.look.px(9), colour)
        self.canvas.coords(self._dots[i], x, y)
        self.canvas.itemconfigure(self._dots[i], image=image, state="normal")


class Way(Panel):
    """Why fewer votes are counted than posts were seen."""

    heading = "How posts became votes"

    def __init__(self, canvas: tk.Canvas, look: Look) -> None:
        super().__init__(canvas, look)
        self._rules = [canvas.create_line(0, 0, 0, 0, fill=look.colours.line) for _ in range(2)]

    def write(self, moment: Moment, area: Area) -> int:
        """Write the panel into `area` and return its bottom."""
        look, colours = self.look, self.look.colours
        y = area.top
        rules = iter(self._rules)
        self.canvas.itemconfigure(self._rules[1], state="hidden")
        for line in way(moment.snapshot):
            if line.strong:
                rule = next(rules)
                self.canvas.coords(rule, area.left, y, area.right, y)
                self.canvas.itemconfigure(rule, state="normal")
                y += look.px(5)
            middle = y + look.px(8)
            font = look.sizes.font("bold" if line.strong else "text", SMALL)
            number = self.text("e").show(line.number, (area.right, middle), font, colours.ink)
            self.text("w").fit(
                line.words,
                (area.left, middle),
                font,
                colours.ink if line.strong else colours.dim,
                width=area.width - number - look.px(12),
            )
            y += look.px(18)
        return y


class Column:
    """The panels, one below the other."""

    def __init__(
        self,
        canvas: tk.Canvas,
        look: Look,
        look_up: Callable[[str], None],
        showing: Showing,
        put: Callable[[str], None],
    ) -> None:
        """`put` is called with the name of a button of what is on air."""
        self._gap = look.px(GAP)
        self.on_air = OnAirPanel(canvas, look, showing, put)
        self.search = SearchPanel(canvas, look, look_up)
        self.sources = SourcesPanel(canvas, look)
        self._panels: tuple[Panel, ...] = (
            self.on_air,
            self.sources,
            self.search,
            Way(canvas, look),
        )

    def show(self, moment: Moment, left: int, top: int, width: int) -> int:
        """Draw everything from `top` down; return its bottom."""
        for panel in self._panels:
            top = panel.show(moment, left, top, width) + self._gap
        return top - self._gap
