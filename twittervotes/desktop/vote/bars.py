"""All choices with their bars, in columns; rows stand on one ground, and change places on it.

The longest bar is the leader's, as on the display, and a caption says how many percent it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twittervotes.core.contest.percent import places
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import TINY
from twittervotes.desktop.canvas.theme_colours import mark
from twittervotes.desktop.vote.award import STEPPED_BACK
from twittervotes.desktop.vote.frame import Moment, Order
from twittervotes.desktop.vote.layout import GAP, Plan
from twittervotes.desktop.vote.overtaking import RowMotion, parts, pose, takes_ms
from twittervotes.desktop.vote.phrases import UNDER_WAY
from twittervotes.desktop.vote.ranking import Ranking, places_in
from twittervotes.desktop.vote.row import Row

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Mapping, Sequence

    from twittervotes.core.contest.contest import Choice
    from twittervotes.desktop.vote.row import Figures
    from twittervotes.presentation.marks import Mark

APART = 56  # between columns, on the display
FADING = (RowMotion.FADES, RowMotion.TURNS)
MOST_DIMMED = 12  # more rows would need too many pictures


class Bars:
    """The rows of one contest, whose choices never change.

    Set `order` and `hidden` (no bars, no numbers); `show` applies them.
    """

    def __init__(
        self,
        canvas: tk.Canvas,
        look: Look,
        choices: tuple[Choice, ...],
        only: Sequence[int] | None = None,
        row: type[Row] = Row,
    ) -> None:
        """Create the rows, or only those of the choices in `only`; `row` draws one."""
        self._look = look
        self._only = tuple(range(len(choices))) if only is None else tuple(only)
        self.marks: tuple[Mark, ...] = tuple(
            mark(i, look.colours, choice.colour) for i, choice in enumerate(choices)
        )
        colours = look.colours
        self._panel = Box(
            canvas, look, fill=colours.panel, outside=colours.background, tags=("ground",)
        )
        self._caption = Text(canvas, look, anchor="e", tags=("caption",))
        self._caption_place = (0, 0)
        self._choices = tuple(choices[i] for i in self._only)
        self._areas: list[Area] = []
        self._lanes = 1
        self._plan: Plan | None = None
        self._level = 1.0
        self._awards: Mapping[int, str] = {}
        self._slots = list(range(len(self._only)))
        self._shift: Shift | None = None
        self._ranking = Ranking()
        self._ordered: tuple[Order, bool, bool] | None = None
        self._votes: tuple[int, ...] = ()
        self._all_votes: tuple[int, ...] = ()
        self.order = Order.GIVEN
        self.hidden = False
        self._rows = [
            row(canvas, look, self.marks[i], choices[i], tag=f"choice{i}") for i in self._only
        ]

    def lay(self, area: Area, plan: Plan, foot: int = 0) -> None:
        """Distribute the rows over `area`, down the first column and then down the second."""
        gap = self._look.px(GAP if not plan.for_audience else APART)
        width = (area.width - gap * (plan.columns - 1)) // plan.columns
        bottom = area.top + plan.bars - (0 if plan.for_audience else gap)
        if plan.for_audience:
            self._panel.hide()
        else:  # one for all columns, because the line below them belongs to all
            self._panel.place(Area(area.left, area.top, area.right, bottom + foot))
        self._plan = plan
        self._caption_place = (area.right - self._look.px(20), bottom + foot // 2)
        pitch = plan.pitch if plan.stacked else (bottom - area.top) // plan.rows
        spare = bottom - area.top - plan.rows * pitch
        first = area.top if plan.stacked else area.top + max(self._look.px(4), spare // 2)
        self._areas = []
        height = plan.row if plan.stacked else pitch
        for i in range(min(len(self._rows), plan.rows * plan.columns)):
            column, place = divmod(i, plan.rows)
            left = area.left + column * (width + gap)
            top = first + place * pitch
            self._areas.append(Area(left, top, left + width, top + height))
        self._shift, self._lanes = None, plan.rows
        for slot, row in zip(self._slots, self._rows, strict=True):
            row.lay(self._areas[min(slot, len(self._areas) - 1)], plan)
        self._stand()

    def step_back(self, level: float) -> None:
        """Fade all rows, because something else matters more."""
        if level != self._level:
            self._level = level
            if not self._shift:
                self._stand()

    def award(self, words: Mapping[int, str]) -> None:
        """Show these words beside names, by choice; the other rows step back, if there are any."""
        if words == self._awards:
            return
        self._awards = words
        for i, row in zip(self._only, self._rows, strict=True):
            row.award(words.get(i, ""))
        if not self._shift:
            self._stand()

    def _level_of(self, row: int) -> float:
        """Return the opacity of a row that stands still."""
        is_back = self._awards and self._only[row] not in self._awards
        is_back = is_back and len(self._rows) <= MOST_DIMMED
        return self._level * (STEPPED_BACK if is_back else 1.0)

    @property
    def most(self) -> int:
        """Return how many rows have a place."""
        return len(self._areas)

    @property
    def below(self) -> list[int]:
        """Return the choices without a place."""
        rows = zip(self._only, self._slots, strict=True)
        return [i for i, slot in rows if slot >= len(self._areas)]

    def begin(self, figures: Mapping[int, Figures]) -> None:
        """Let rows start from these numbers, by choice."""
        for i, row in zip(self._only, self._rows, strict=True):
            if i in figures:
                row.begin(figures[i])

    @property
    def figures(self) -> dict[int, Figures]:
        """The numbers that rows show now, by choice."""
        rows = zip(self._only, self._rows, strict=True)
        return {i: row.figures for i, row in rows if row.figures}

    def show(self, moment: Moment, now: float) -> None:
        """Start moving to the numbers of `moment`."""
        all_votes = moment.snapshot.tally.votes
        votes = tuple(all_votes[i] for i in self._only)
        leading = max(all_votes)
        self._votes = votes
        self._all_votes, by_hand = all_votes, moment.snapshot.tally.by_hand
        way = (self.order, self.hidden, moment.snapshot.state in UNDER_WAY)
        if way != self._ordered or not way[-1]:
            self._ranking.jump(votes)
        is_first, self._ordered = self._ordered is None, way
        self._reorder(now, at_once=is_first)
        for i, row in zip(self._only, self._rows, strict=True):
            if self.hidden:
                row.hide()
                continue
            share = all_votes[i] / (leading or 1)
            row.by_hand = by_hand[i] if by_hand else 0
            row.aim(all_votes[i], moment.percents[i], share, moment.changes[i], now)
        self._number(self._shift.before if self._shift else self._slots)
        is_said = leading and not self.hidden and self._plan and not self._plan.for_audience
        longest = moment.percents[all_votes.index(leading)]
        words = f"Longest bar: {longest:.1f}%" if is_said else ""
        font = self._look.sizes.font("text", TINY)
        self._caption.show(words, self._caption_place, font, self._look.colours.faint)

    def show_changes(self, changes: Sequence[int]) -> None:
        """Show these votes of the last minute at the next frame."""
        for i, row in zip(self._only, self._rows, strict=True):
            row.change(changes[i])

    def move(self, now: float) -> bool:
        """Draw one frame; return whether another is needed."""
        if self._votes:
            self._reorder(now)
        if self._shift:
            self._go(self._shift, now)
        moving = [row.move(now) for row in self._rows]
        return any(moving) or self._shift is not None

    def settle(self, now: float) -> None:
        """Finish all movements at once."""
        if self._votes:
            self._reorder(now)
        if self._shift:
            self._shift = None
            self._stand()
            self._number(self._slots)
        for row in self._rows:
            row.settle()

    def _reorder(self, now: float, *, at_once: bool = False) -> None:
        """Start moving each row to its place in the order, after current movements."""
        if self._shift or not self._areas:
            return
        slots = self._places(now)
        if slots == self._slots:
            return
        before, self._slots = self._slots, slots
        if at_once:
            self._stand()
        else:
            ways = parts(before, slots, self._column)
            self._shift = Shift(now, before, ways)

    def _number(self, slots: Sequence[int]) -> None:
        """Write each row's place. In an order by votes it is the one on screen.

        The order changes later than the votes, so a place by votes would contradict it.
        """
        votes = self._all_votes
        numbers = places(votes)
        if self.order is Order.VOTES:
            before = [i for i in range(len(votes)) if i not in self._only]  # the winner
            shown = [i for _, i in sorted(zip(slots, self._only, strict=True))]
            numbers = places_in([*before, *shown], votes)
        is_told = sum(votes) > 1 and not self.hidden
        for i, row in zip(self._only, self._rows, strict=True):
            shared = "=" * (numbers.count(numbers[i]) > 1)
            row.number(f"{shared}{numbers[i]}" if is_told else "")

    def _stand(self) -> None:
        """Put each row at its place; those beyond the last place aren't shown."""
        for i, (slot, row) in enumerate(zip(self._slots, self._rows, strict=True)):
            if slot < len(self._areas):
                row.stand(self._areas[slot], self._level_of(i))
            else:
                row.stand(self._areas[-1], 0.0)

    def _column(self, slot: int) -> int:
        return slot // self._lanes if slot < len(self._areas) else -1

    def _places(self, now: float) -> list[int]:
        """Return the place of each choice."""
        numbers = range(len(self._choices))
        match self.order:
            case Order.VOTES:
                best = self._ranking.follow(self._votes, now)
            case Order.NAME:
                best = sorted(numbers, key=lambda i: (self._choices[i].name.casefold(), i))
            case Order.GIVEN:
                best = list(numbers)
        places = [0] * len(best)
        for place, i in enumerate(best):
            places[i] = place
        return places

    def _go(self, shift: Shift, now: float) -> None:
        """Put each row where it is at `now` on the way to its place."""
        at_ms = (now - shift.began) * 1000
        dims = len(self._rows) <= MOST_DIMMED
        for i, row in enumerate(self._rows):
            way = pose(shift.parts[i], at_ms)
            slot = self._slots[i] if way.way else shift.before[i]
            if slot >= len(self._areas):
                row.stand(self._areas[-1], 0.0)
                continue
            start, end = (
                self._areas[min(each, len(self._areas) - 1)]
                for each in (shift.before[i], self._slots[i])
            )
            left = round(start.left + (end.left - start.left) * way.way)
            left += self._look.px(way.aside)
            top = round(start.top + (end.top - start.top) * way.way)
            level = way.level if dims or shift.parts[i] in FADING else 1.0
            row.stand(
                Area(left, top, left + end.width, top + end.height), level * self._level_of(i)
            )
        takes = takes_ms(shift.parts)
        if at_ms >= takes / 2:
            self._number(self._slots)
        if at_ms >= takes:
            self._shift = None


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of places: its start, the places before, and each row's movement."""

    began: float
    before: list[int]
    parts: tuple[RowMotion, ...]
