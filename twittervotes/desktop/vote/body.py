"""The part between head and foot: bars, chart and column on one Canvas, which scrolls."""

from __future__ import annotations

import time
import tkinter as tk
from functools import partial
from typing import TYPE_CHECKING

import ttkbootstrap as ttk

from twittervotes.desktop.canvas.items import Area, Look, Text
from twittervotes.desktop.canvas.sizes import SMALL, TEXT
from twittervotes.desktop.vote.award import awards
from twittervotes.desktop.vote.bars import Bars
from twittervotes.desktop.vote.chart import ChartPicture
from twittervotes.desktop.vote.column import Column
from twittervotes.desktop.vote.layout import GAP, is_narrow, plan
from twittervotes.presentation.phrases import FINAL, lead

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.core.contest.contest import Choice
    from twittervotes.core.contest.snapshot import LookupResult
    from twittervotes.desktop.vote.frame import Moment, Showing
    from twittervotes.presentation.trend import TrendKind

MARGIN, COLUMN, BETWEEN = 28, 328, 12
FOOT, CAPTION = 34, 130  # below the bars: the line that says who leads, and the bars' scale
FOOT_OF_TWO, ONE_LINE = 52, 680  # two lines if the bars are narrower
LARGE_FROM = 780  # the height from which there is room for a large preview
CHART_EVERY_MS, STILL_EVERY_MS = 2_000, 10_000  # with new votes, and without


class Body:
    """The drawing of a contest, created when the first snapshot provides the choices."""

    def __init__(
        self, parent: tk.Misc, look: Look, showing: Showing, look_up: Callable[[str], None]
    ) -> None:
        """Create it; `look_up` searches for an account or a post, `found` gets the result."""
        self._look = look
        self._showing = showing
        self._look_up = look_up
        self.canvas = tk.Canvas(
            parent, background=look.colours.background, highlightthickness=0, borderwidth=0
        )
        scrollbar = ttk.Scrollbar(
            parent, orient="vertical", command=self.canvas.yview, bootstyle="round"
        )
        self.canvas.configure(yscrollcommand=scrollbar.set, yscrollincrement=look.px(20))
        self._bar: tk.Widget = scrollbar
        font = look.sizes.font("text", TEXT)
        starting = Text(self.canvas, look, anchor="nw", tags=("starting",))
        starting.show("Opening voting…", (look.px(MARGIN), 0), font, look.colours.dim)
        self.put: Callable[[str], None] = lambda _: None  # something on air
        self._choices: tuple[Choice, ...] = ()
        self._bars: Bars | None = None
        self._chart: ChartPicture | None = None
        self._column: Column | None = None
        self._moment: Moment | None = None
        self._size = (0, 0)
        self._charted_ms = 0
        self._charted: tuple[tuple[int, tuple[int, ...]], ...] = ()
        self._marked: tuple[int, tuple[str, ...]] = (0, ())  # acts, silent sources
        self._left_end = 0
        self._lead_place = (0, 0, 0)  # left, middle, right
        self._column_place = (0, 0, 0)

    def place(self, row: int) -> None:
        """Take that row of the parent's grid."""
        self.canvas.grid(row=row, column=0, sticky="nsew")

    def show(self, moment: Moment, now: float) -> None:
        """Start moving to the numbers of `moment`."""
        if moment.snapshot.contest.choices != self._choices or self._bars is None:
            self._make(moment)
        first = self._moment is None
        is_changed = self._moment is not None and self._basis(self._moment) != self._basis(moment)
        self._moment = moment
        if is_changed and self._column and moment.snapshot.recounting is None:
            self._column.search.again()
        if first:
            self.lay(*self._size)
        elif self._bars:
            self._show_bars(moment, now)
            self._show_rest(moment)

    def show_changes(self, moment: Moment) -> None:
        """Show the votes of the last minute, which follow the clock, as the head does."""
        if self._bars:
            self._bars.show_changes(moment.changes)

    @staticmethod
    def _basis(moment: Moment) -> tuple[int, bool]:
        """Return what a search result depends on: the acts, and whether counting is done."""
        return len(moment.snapshot.acts), moment.snapshot.recounting is None

    def search(self) -> None:
        """Focus the search box."""
        if self._column is None:
            return
        search = self._column.search
        self._scroll_to(search.place - self._look.px(60), search.entry.winfo_reqheight())
        self.canvas.update_idletasks()  # only visible widgets can have the focus
        search.entry.come_to()

    def show_sources(self) -> None:
        """Scroll to the sources."""
        if self._column:
            self._scroll_to(self._column.sources.top, self._column.sources.height)

    def _scroll_to(self, top: int, height: int) -> None:
        """Scroll just far enough to show what is at `top` with this height."""
        if not self._bar.winfo_manager():
            return
        end = max(1, int(str(self.canvas.cget("scrollregion")).split()[3]))
        first = self.canvas.canvasy(0)
        room = self._size[1]
        bottom = top + height + self._look.px(80)
        if top < first:
            self.canvas.yview("moveto", str(max(0, top) / end))
        elif bottom > first + room:
            self.canvas.yview("moveto", str(max(0, bottom - room) / end))

    @property
    def account(self) -> str:
        """Return the account that the search found, "" if none."""
        return self._column.search.account if self._column else ""

    def found(self, wanted: str, findings: tuple[LookupResult, ...]) -> None:
        """Show what was found for `wanted`."""
        if self._column and self._moment:
            self._column.search.found(wanted, findings)
            self._show_rest(self._moment)

    def move(self, now: float) -> bool:
        """Draw one frame; return whether another is needed."""
        return self._bars is not None and self._bars.move(now)

    def lay(self, width: int, height: int) -> None:
        """Distribute a new size."""
        self._size = (width, height)
        moment = self._moment
        if not moment or not self._bars or not self._chart or width < 2:
            return
        px = self._look.px
        narrow = is_narrow(width, px)
        left, right = px(MARGIN), width - px(MARGIN)
        bars_right = right if narrow else right - px(COLUMN + BETWEEN)
        foot = px(FOOT if bars_right - left >= px(ONE_LINE) else FOOT_OF_TWO)
        size = (bars_right - left, height - px(5) - foot)
        shares = plan(len(self._choices), size, px, narrow=narrow)
        self._bars.lay(Area(left, 0, bars_right, shares.bars), shares, foot)
        end = shares.bars + foot
        self._lead_place = (left + px(20), end - px(GAP) - foot // 2, bars_right - px(20))
        self._show_bars(moment, time.monotonic())
        chart = Area(left, end, bars_right, end + shares.chart)
        self._chart.lay(chart)
        self._left_end = chart.bottom
        if narrow:
            self._column_place = (left, chart.bottom + px(GAP), right - left)
        else:
            self._column_place = (right - px(COLUMN), 0, px(COLUMN))
        self._charted_ms = 0
        if self._column:
            self._column.on_air.is_large = not narrow and height >= px(LARGE_FROM)
        self._show_rest(moment)

    def scroll(self, steps: int) -> None:
        """Scroll down by so many steps, up by a negative number."""
        if self._bar.winfo_manager():
            self.canvas.yview("scroll", str(steps), "units")

    def show_trend(self, kind: TrendKind) -> None:
        """Show this kind in the chart."""
        self._showing.trend = kind
        if self._chart and self._moment:
            self._chart.kind = kind
            self._chart.leave()
            self._chart.show(self._moment)

    def listen(self, root: tk.Misc) -> None:
        """Bind keys and wheel to scrolling, and redo the layout when the size changes."""
        keys = {"<Prior>": -10, "<Next>": 10, "<Up>": -2, "<Down>": 2}
        for key, steps in keys.items():
            root.bind(key, partial(self._turned, steps))
        for wheel, steps in {"<Button-4>": -3, "<Button-5>": 3}.items():
            self.canvas.bind(wheel, partial(self._turned, steps))
        self.canvas.bind("<MouseWheel>", lambda event: self.scroll(-3 if event.delta > 0 else 3))
        self.canvas.bind("<Configure>", lambda event: self.lay(event.width, event.height))

    def _turned(self, steps: int, _event: tk.Event[tk.Misc]) -> None:
        self.scroll(steps)

    def _make(self, moment: Moment) -> None:
        self.canvas.delete("all")
        contest = moment.snapshot.contest
        self._choices = contest.choices
        self._moment = None
        self._bars = Bars(self.canvas, self._look, contest.choices)
        self._lead = Text(self.canvas, self._look, anchor="w", tags=("lead",))
        self._chart = ChartPicture(self.canvas, self._look, self._bars.marks, self.show_trend)
        self._chart.kind = self._showing.trend
        self._column = Column(self.canvas, self._look, self._look_up, self._showing, self.put)
        self.canvas.tag_lower("ground")

    def _show_bars(self, moment: Moment, now: float) -> None:
        if self._bars:
            self._bars.order = self._showing.order
            self._bars.award(awards(moment.snapshot))
            self._bars.show(moment, now)
            self._show_lead(moment)

    def _show_lead(self, moment: Moment) -> None:
        """Say below the bars who leads and whether that is safe; at the end, who has won."""
        sizes, colours = self._look.sizes, self._look.colours
        is_over = moment.snapshot.state in FINAL
        font = sizes.font("bold" if is_over else "text", TEXT)
        left, middle, right = self._lead_place
        words = lead(moment.snapshot)
        room = right - left - self._look.px(CAPTION)
        if sizes.width(font, words) > room:
            font = sizes.font("text", SMALL)
        colour = colours.ink if is_over else colours.dim
        if right - left + 2 * self._look.px(20) < self._look.px(ONE_LINE):
            most = sizes.fitted(font, words, round(1.9 * room))  # two lines, broken between words
            self._lead.wrap(most, (left, middle), font, colour, width=room)
        else:
            self._lead.fit(words, (left, middle), font, colour, width=room)

    def _show_rest(self, moment: Moment) -> None:
        """Draw what isn't animated."""
        minutes = moment.snapshot.tally.minutes
        silent = moment.outage.names if moment.outage else ()
        marked = (len(moment.snapshot.acts), silent)
        every_ms = CHART_EVERY_MS if minutes != self._charted else STILL_EVERY_MS
        is_due = abs(moment.now_ms - self._charted_ms) >= every_ms or marked != self._marked
        if self._chart and is_due:
            self._charted_ms, self._charted = moment.now_ms, minutes
            self._marked = marked
            self._chart.show(moment)
        if self._column:
            end = max(self._left_end, self._column.show(moment, *self._column_place))
            self._lay_scrolling(end)

    def _lay_scrolling(self, end: int) -> None:
        width, height = self._size
        needed = end > height
        region = (0, 0, width, max(end + self._look.px(5) if needed else height, 1))
        if str(self.canvas.cget("scrollregion")) != " ".join(map(str, region)):
            self.canvas.configure(scrollregion=region)
        if needed and not self._bar.winfo_manager():
            self._bar.place(in_=self.canvas, relx=1.0, anchor="ne", relheight=1.0)
        elif not needed and self._bar.winfo_manager():
            self._bar.place_forget()
            self.canvas.yview("moveto", "0")
