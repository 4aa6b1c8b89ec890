"""What an audience sees in display mode, drawn: rows, or the winner before them, head and foot."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass, replace

from twittervotes.core.contest.contest import Choice
from twittervotes.core.contest.percent import percentages
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.desktop.canvas.items import Anchor, Area, Look, Text
from twittervotes.desktop.canvas.sizes import Sizes
from twittervotes.desktop.canvas.theme_colours import Palette, mark
from twittervotes.desktop.vote.animation import Glide
from twittervotes.desktop.vote.bars import Bars
from twittervotes.desktop.vote.frame import Moment, Order, Showing
from twittervotes.desktop.vote.layout import Plan
from twittervotes.desktop.vote.phrases import UNDER_WAY, invitation, networks
from twittervotes.desktop.vote.stage_head import StageHead
from twittervotes.desktop.vote.tape import draw as draw_tape
from twittervotes.desktop.vote.tape import rehearsal_colours
from twittervotes.desktop.vote.verdict import OTHERS, TIED, ResultBand, winner
from twittervotes.presentation.numbers import counted, grouped, percent_text
from twittervotes.presentation.phrases import by_hand_words

WIDE, HIGH = 1920, 1080
MARGIN, ROWS_TOP, ROWS_END, FOOT = 96, 262, 930, 1000
PITCH, INLINE, STACKED, LEAST_PITCH, TALLER, ABOVE = 334, 150, 124, 58, 1.195, 0.12
TOTAL, SMALL = 56, 36
OF_COLUMN = 0.216  # a higher row has letters so large that its name has no room
MOST_ROWS, OTHERS_HIGH, WATERMARK = 10, 66, 432
WINNER_BEFORE = 0.72  # how visible the others are beside a winner
OTHERS_PARTS: tuple[tuple[str, Anchor], ...] = (
    ("others", "w"),
    ("others-votes", "w"),
    ("others-percent", "e"),
)


class Stage:
    """The Canvas of the display mode; all its sizes follow the screen's."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        self._parent = parent
        self._given = self._look = look
        self.canvas = tk.Canvas(
            parent, background=look.colours.background, highlightthickness=0, borderwidth=0
        )
        self.canvas.pack(fill="both", expand=True)
        self._size = (0, 0)
        self._made_for: StageKind | None = None
        self._bars: Bars | None = None
        self._verdict: ResultBand | None = None
        self._total = Glide()
        self._snapshot: Snapshot | None = None

    def lay(self, width: int, height: int) -> None:
        """Take a new size: all is made anew at the next `show`."""
        if (width, height) != self._size:
            self._size = (width, height)
            self._made_for = None

    def show(self, moment: Moment, now: float, showing: Showing) -> None:
        """Set out for the numbers of `moment`."""
        snapshot = moment.snapshot
        if self._size[0] < 2:
            return
        kind = kind_of(snapshot, hidden=showing.hidden)
        if kind != self._made_for:
            self._made_for = kind
            self._make(snapshot, kind)
        self._snapshot = snapshot
        if self._bars:
            self._bars.hidden = showing.hidden
            # The best are shown where not all have a place, and the tied side by side.
            by_votes = kind.is_result or self._bars.most < len(kind.choices)
            order = Order.VOTES if by_votes else showing.order
            self._bars.order = Order.GIVEN if showing.hidden else order
            is_back = snapshot.state is State.CLOSING
            self._bars.step_back(
                WINNER_BEFORE if kind.winner is not None else 0.8 if is_back else 1
            )
            self._bars.show(moment, now)
        if self._verdict:
            self._verdict.show(moment, now, *self._margins)
        self._total.aim(snapshot.tally.total, now)
        self._head.draw(moment, *self._margins)
        self._draw_others(moment)
        self._draw_foot()

    def move(self, now: float) -> bool:
        """Draw one frame; tell whether another is needed."""
        moving = self._bars is not None and self._bars.move(now)
        if self._verdict:
            moving = self._verdict.move(now) or moving
        if self._total.moving:
            self._total.move(now)
            self._draw_foot()
            moving = True
        return moving

    @property
    def _margins(self) -> tuple[int, int]:
        margin = self._look.px(MARGIN)
        return margin, self._size[0] - margin

    def _make(self, snapshot: Snapshot, kind: StageKind) -> None:
        self.canvas.delete("all")
        width, height = self._size
        unit = min(width / WIDE, height / HIGH)
        contest, choices = snapshot.contest, snapshot.contest.choices
        colours = rehearsal_colours() if contest.rehearsal else self._given.colours
        self.canvas.configure(background=colours.background)
        self._look = look = Look(colours, Sizes(self._parent, unit), self._given.images)
        is_final = snapshot.state is State.CERTIFIED
        marks = [mark(i, colours, choice.colour) for i, choice in enumerate(choices)]
        self._verdict = None
        if kind.is_result:
            won = None if kind.winner is None else marks[kind.winner]
            self._verdict = ResultBand(self.canvas, look, won, width, final=is_final)
        top = ROWS_TOP if not kind.is_result else TIED if kind.winner is None else OTHERS
        end = self._size[0]
        if contest.rehearsal:
            end = self._tape(kind)
        only = [i for i in range(len(choices)) if i != kind.winner]
        place, plan = arranged(len(only), (end, height), unit, top=top, hidden=kind.is_hidden)
        is_labelled = any(choice.label for choice in choices)
        is_tie = kind.is_result and kind.winner is None
        plan = replace(
            plan,
            hashtag=is_labelled and not kind.is_result,
            places=is_tie or (len(only) > MOST_ROWS and not kind.is_hidden),
        )
        self._bars = Bars(self.canvas, look, choices, only) if only else None
        if self._bars:
            self._bars.lay(place, plan)
        self.canvas.tag_lower("band")
        self._place, self._plan = place, plan
        self._head = StageHead(self.canvas, look, contest, result=kind.is_result)
        self._others = [
            Text(self.canvas, look, anchor=anchor, tags=(tag,)) for tag, anchor in OTHERS_PARTS
        ]
        self._line = self.canvas.create_rectangle(
            0, 0, 0, 0, width=0, fill=look.colours.line, state="hidden"
        )
        self._longest = Text(self.canvas, look, anchor="e", tags=("longest",))
        self._number = Text(self.canvas, look, tags=("total",))
        self._on = Text(self.canvas, look, tags=("on",))
        self._post = Text(self.canvas, look, anchor="e", tags=("post",))

    def _tape(self, kind: StageKind) -> int:
        """Draw what tells of a rehearsal; return where the room for rows ends."""
        px, (_, right) = self._look.px, self._margins
        column = None
        if not kind.is_result:
            left = right - px(WATERMARK)
            column = Area(left, px(ROWS_TOP), right, px(ROWS_TOP + WATERMARK))
        draw_tape(self.canvas, self._look, self._size, column)
        return column.left - px(64) + px(MARGIN) if column else self._size[0]

    def _draw_others(self, moment: Moment) -> None:
        """Write how many choices have no row, and what they have together."""
        look, snapshot = self._look, moment.snapshot
        sizes, px, dim = look.sizes, look.px, look.colours.dim
        name, votes, share = self._others
        bars = self._bars
        left_out = len(bars.below) if bars else 0
        if not bars or not left_out or bars.hidden:
            for text in self._others:
                text.hide()
            self.canvas.itemconfigure(self._line, state="hidden")
            return
        left, right = self._margins
        right = self._place.right - (left - self._place.left)
        top = self._place.top + self._plan.bars
        self.canvas.coords(self._line, left, top + px(6), right, top + px(8))
        self.canvas.itemconfigure(self._line, state="normal")
        font, y = sizes.font("text", 36), top + px(38)
        number = sum(snapshot.tally.votes[i] for i in bars.below)
        words = f"{left_out} others together" if left_out > 1 else "1 other"
        start = left + px(110)
        start += name.show(words, (start, y), font, dim) + px(40)
        votes.show(counted(number, "vote"), (start, y), font, dim)
        total = snapshot.tally.total
        shown = percent_text(number * 100 / total if total else 0.0)
        share.show(shown, (right, y), sizes.font("bold", 36), dim)

    def _draw_foot(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        look = self._look
        sizes, px, colours = look.sizes, look.px, look.colours
        left, right = self._margins
        y = self._size[1] - px(HIGH - FOOT)
        total = round(self._total.value)
        large, text = sizes.font("bold", TOTAL), sizes.font("text", SMALL)
        x = left + self._number.show(grouped(total), (left, y), large, colours.ink) + px(16)
        vote = "vote" if total == 1 else "votes"
        by_hand = by_hand_words(snapshot.tally)
        vote = f"{vote}, {by_hand}," if by_hand else vote
        words = f"{vote} on {networks(snapshot)}"
        if snapshot.contest.rehearsal:
            words = f"{vote} simulated"
        x += self._on.fit(words, (x, y), text, colours.dim, width=(right - left) // 2)
        room = right - x - px(48)
        asked = invitation(snapshot, lambda words: sizes.width(text, words) <= room)
        asked = "" if snapshot.contest.rehearsal else asked
        self._post.show(asked, (right, y), text, colours.dim)
        kind, votes = self._made_for, snapshot.tally.votes
        if kind and not kind.is_result and not kind.is_hidden and max(votes):
            leading = percentages(votes)[votes.index(max(votes))]
            words = f"Longest bar: {percent_text(leading)}"
            end = self._place.right - (left - self._place.left)
            self._longest.show(words, (end, y - px(58)), sizes.font("text", 28), colours.faint)
        else:
            self._longest.hide()


@dataclass(frozen=True, slots=True)
class StageKind:
    """What a stage is made for; another is made for anything else."""

    choices: tuple[Choice, ...]
    is_hidden: bool
    is_result: bool = False
    is_final: bool = False
    winner: int | None = None


def kind_of(snapshot: Snapshot, *, hidden: bool) -> StageKind:
    """Return what the stage of a snapshot looks like: bars, a winner or a tie."""
    choices, state = snapshot.contest.choices, snapshot.state
    if hidden or not snapshot.tally.leaders or state in UNDER_WAY:
        return StageKind(choices, hidden)
    return StageKind(
        choices,
        hidden,
        is_result=True,
        is_final=state is State.CERTIFIED,
        winner=winner(snapshot),
    )


def arranged(
    count: int, size: tuple[int, int], unit: float, *, top: int = ROWS_TOP, hidden: bool = False
) -> tuple[Area, Plan]:
    """Return where the bars of so many choices stand on a screen, and how.

    Up to ten have a row; of more the best ten have, unless results are hidden.
    """
    columns = (1 if count <= MOST_ROWS else 2 if count <= 20 else 3) if hidden else 1
    rows = max(1, -(-count // columns))
    first, end = round(top * unit), size[1] - round((HIGH - ROWS_END) * unit)
    others = round(OTHERS_HIGH * unit)
    fits = MOST_ROWS if top == ROWS_TOP else max(1, (end - first) // round(LEAST_PITCH * unit))
    if not hidden and rows > fits:
        end -= others
        rows = min(fits, MOST_ROWS, (end - first) // round(LEAST_PITCH * unit))
    column = (size[0] - 2 * round(MARGIN * unit)) // columns
    stacked = columns == 1 and (end - first) // rows >= STACKED * unit
    most = round((PITCH if stacked else INLINE) * unit)
    pitch = min(most, (end - first) // rows, round(column * OF_COLUMN))
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
    side = round(20 * unit)
    left = round(MARGIN * unit) - side
    above = round(row * ABOVE) if stacked else 0
    start = first + max(0, (end - first - rows * pitch) // 2) - above
    return Area(left, start, size[0] - left, start + rows * pitch), plan


def stage_colours(colours: Palette) -> Palette:
    """Return the colours for the display: no panels, and the tracks stand out from the ground."""
    if colours.theme == "light":
        return replace(colours, background=colours.panel)
    return replace(colours, background=colours.track, panel=colours.track, track=colours.panel)
