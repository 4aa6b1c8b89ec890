"""The audience's display as it is drawn: rows, or the winner above them, head and foot."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twittervotes.core.contest.contest import Choice
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.desktop.canvas.fading import Veil
from twittervotes.desktop.canvas.items import Area, Look
from twittervotes.desktop.canvas.sizes import Sizes
from twittervotes.desktop.canvas.theme_colours import mark
from twittervotes.desktop.vote.animation import Glide
from twittervotes.desktop.vote.bars import Bars
from twittervotes.desktop.vote.frame import Air, Moment, Order, Showing
from twittervotes.desktop.vote.invite import Invite
from twittervotes.desktop.vote.phrases import UNDER_WAY
from twittervotes.desktop.vote.stage_foot import StageFoot
from twittervotes.desktop.vote.stage_head import StageHead
from twittervotes.desktop.vote.stage_layout import (
    COLUMN,
    FOOT,
    HIGH,
    MARGIN,
    MOST_ROWS,
    ONE_COLUMN,
    ROWS_END,
    ROWS_TOP,
    WIDE,
    arranged,
)
from twittervotes.desktop.vote.stage_measures import inline_columns, inline_lefts, row_height
from twittervotes.desktop.vote.stage_row import StageRow
from twittervotes.desktop.vote.tape import draw as draw_tape
from twittervotes.desktop.vote.tape import rehearsal_colours
from twittervotes.desktop.vote.verdict import OTHERS, TIED, ResultBand, winner
from twittervotes.presentation.invitation import (
    FEW,
    invitation,
    sum_in_words,
    vote_address,
    written_address,
)

if TYPE_CHECKING:
    from PIL import Image

    from twittervotes.desktop.vote.row import Figures

WINNER_BEFORE = 0.72  # the opacity of the others beside a winner
FADE_S, FAINT = 0.25, 0.3  # how rows appear when something else is put on air
LEAST = 0.02  # rows hide their numbers at 0
CLOSED = 0.8  # the opacity of rows while the last votes are counted


class Stage:
    """The Canvas of display mode; all its sizes scale with the screen."""

    def __init__(self, parent: tk.Misc, look: Look, logo: Image.Image | None = None) -> None:
        self._parent = parent
        self._given = self._look = look
        self._logo = logo
        self.canvas = tk.Canvas(
            parent, background=look.colours.background, highlightthickness=0, borderwidth=0
        )
        self.canvas.pack(fill="both", expand=True)
        self._size = (0, 0)
        self._made_for: StageKind | None = None
        self._bars: Bars | None = None
        self._verdict: ResultBand | None = None
        self._level = 1.0
        self._revealed: tuple[StageKind, float] | None = None
        self._appears = float("-inf")  # since when something else is on air
        self._is_all_new = False  # if so, all of it fades in, not only the rows
        self._leaves: float | None = None  # since when all that was on air fades out
        self._veil = Veil(self.canvas, self._ground_of)
        self._total = Glide()
        self._moment: Moment | None = None
        self._showing = Showing()

    def lay(self, width: int, height: int) -> None:
        """Set a new size; everything is redrawn at the next `show`."""
        if (width, height) != self._size:
            self._size = (width, height)
            self._made_for = None

    def show(self, moment: Moment, now: float, showing: Showing) -> None:
        """Start moving to the numbers of `moment`."""
        snapshot = moment.snapshot
        if self._size[0] < 2:
            return
        kind = kind_of(snapshot, showing)
        if self._still_leaves(kind, moment, now, showing):
            return
        is_new = kind != self._made_for
        if is_new:
            figures = self._figures(kind)
            if self._made_for is not None and self._made_for.air is not kind.air:
                self._appears = now if not showing.is_cut else float("-inf")
                self._is_all_new = kind.is_result or self._made_for.air is Air.NOTHING
            self._made_for = kind
            self._make(snapshot, kind, self._reveal(kind, now))
            if self._bars:
                self._bars.begin(figures)
        if self._moment is None:
            self._total.jump(snapshot.tally.total)
        self._moment, self._showing = moment, showing
        self._total.aim(snapshot.tally.total, now)
        if kind.air is Air.NOTHING:
            return
        if self._bars:
            self._bars.hidden = showing.hidden
            # If not all have a place, the best are shown, and tied ones side by side.
            by_votes = kind.is_result or self._bars.most < len(kind.choices)
            order = Order.VOTES if by_votes else showing.order
            self._bars.order = Order.GIVEN if showing.hidden else order
            is_counting = kind.is_closed and not kind.is_result and not showing.hidden
            level = CLOSED if is_counting else 1.0
            self._level = WINNER_BEFORE if kind.winner is not None else level
            self._bars.show(moment, now)
        if self._verdict:
            self._verdict.show(moment, now, *self._margins)
        self._fade(now)
        is_part = self._bars and self._bars.below and not showing.hidden and not kind.is_result
        words = (
            f"Places 1–{self._bars.most} of {len(kind.choices)}" if self._bars and is_part else ""
        )
        self._head.draw(moment, *self._margins)
        self._head.draw_places(words, self._place.right)
        if self._invite:
            self._invite.draw(snapshot, vote_address(showing.link, snapshot.address), self._beside)
        self._draw_foot(moment, kind)
        self._veil_all(now)
        if is_new:
            self.move(now)  # or the empty rows would be seen for a moment

    def move(self, now: float) -> bool:
        """Draw one frame; return whether another is needed."""
        if self._made_for is None or self._made_for.air is Air.NOTHING:
            return False
        if self._leaves is not None:
            return self._leave(now)
        self._fade(now)
        moving = self._bars is not None and self._bars.move(now)
        moving = moving or now - self._appears < FADE_S
        if self._verdict:
            moving = self._verdict.move(now) or moving
        if self._total.moving and self._moment:
            self._total.move(now)
            self._draw_foot(self._moment, self._made_for)
            moving = True
        self._veil_all(now)
        return moving

    def settle(self, now: float) -> None:
        """Finish all movements at once, for a preview."""
        kind, moment = self._made_for, self._moment
        if kind is None or moment is None or kind.air is Air.NOTHING:
            return
        if self._leaves is not None:
            self._leaves = float("-inf")
            self._leave(now)
            return
        if self._verdict:
            self._verdict.settle(now)
        self._appears = float("-inf")
        self._fade(now)
        if self._bars:
            self._bars.settle(now)
        self._total.jump(self._total.target)
        self._draw_foot(moment, kind)
        self._veil_all(now)

    def _figures(self, kind: StageKind) -> dict[int, Figures]:
        """Return the numbers last shown, so that a new stage starts from them."""
        is_same = self._moment and self._moment.snapshot.contest.choices == kind.choices
        return self._bars.figures if self._bars and is_same else {}

    def _reveal(self, kind: StageKind, now: float) -> float:
        """Return when the reveal of this result began; it is shown once, and not again as final."""
        if not kind.is_closed:
            self._revealed = None
        if not kind.is_result:
            return now
        result = replace(kind, is_final=False)
        if self._revealed is None or self._revealed[0] != result:
            self._revealed = (result, now)
        return self._revealed[1]

    def _fade(self, now: float) -> None:
        """Set the opacity of the rows; beside a result they appear after it."""
        if self._bars:
            shown = self._verdict.others(now) if self._verdict else 1.0
            share = min(1.0, (now - self._appears) / FADE_S)
            shown *= (
                max(LEAST, self._content(now))
                if self._is_all_new or self._leaves is not None
                else 1.0
            )
            shown *= 1.0 if self._is_all_new else FAINT + (1 - FAINT) * share
            self._bars.step_back(self._level * shown)

    def _visible(self, now: float) -> float:
        """Return the opacity of all that is on air."""
        if self._leaves is not None:
            return 1 - min(1.0, (now - self._leaves) / FADE_S)
        return min(1.0, (now - self._appears) / FADE_S) if self._is_all_new else 1.0

    def _content(self, now: float) -> float:
        """Return the opacity of all but the band, and set the band's."""
        level = self._visible(now)
        if not self._verdict:
            return level
        self._verdict.fade(level)
        return self._verdict.content

    def _veil_all(self, now: float) -> None:
        """Set the opacity of all except rows, once they are drawn."""
        level = self._content(now)
        ground = self._verdict.ground if self._verdict else self._look.colours.background
        self._head.fade(level, ground)
        self._foot.fade(level)
        if self._invite:
            self._invite.fade(level)
        self._veil.set(level)

    def _ground_of(self, item: int) -> str | None:
        """Return the colour behind an item; None for those that have an opacity of their own."""
        tags = self.canvas.gettags(item)
        if any(tag.startswith(("choice", "winner-bar", "band", "tape")) for tag in tags):
            return None
        _, y, *_ = self.canvas.coords(item)
        if self._verdict and y < self._verdict.bottom:
            return self._verdict.ground
        return self._look.colours.background

    def _still_leaves(self, kind: StageKind, moment: Moment, now: float, showing: Showing) -> bool:
        """Return whether what was on air is still fading out, and start that."""
        made = self._made_for
        if kind.air is not Air.NOTHING or made is None or made.air is kind.air or showing.is_cut:
            self._leaves = None
            return False
        self._moment, self._showing = moment, showing
        self._leaves = now if self._leaves is None else self._leaves
        is_leaving = now - self._leaves < FADE_S
        self._leaves = self._leaves if is_leaving else None
        return is_leaving

    def _leave(self, now: float) -> bool:
        """Draw one frame of the fade to nothing; return whether another is needed."""
        self._fade(now)
        if self._bars:
            self._bars.move(now)
        self._veil_all(now)
        if self._moment and self._leaves is not None and now - self._leaves >= FADE_S:
            self.show(self._moment, now, self._showing)
        return self._leaves is not None

    @property
    def _margins(self) -> tuple[int, int]:
        margin = self._look.px(MARGIN)
        return margin, self._size[0] - margin

    def _make(self, snapshot: Snapshot, kind: StageKind, began: float) -> None:
        self.canvas.delete("all")
        width, height = self._size
        unit = min(width / WIDE, height / HIGH)
        contest, choices = snapshot.contest, snapshot.contest.choices
        colours = rehearsal_colours() if contest.rehearsal else self._given.colours
        self.canvas.configure(background=colours.background)
        self._look = look = Look(colours, Sizes(self._parent, unit), self._given.images)
        self._bars = self._verdict = self._invite = None
        self._veil = Veil(self.canvas, self._ground_of)
        self._foot = StageFoot(self.canvas, look, self._logo)
        if kind.air is Air.NOTHING:
            self._foot.draw_logo_alone(width // 2, height // 2)
            return
        marks = [mark(i, colours, choice.colour) for i, choice in enumerate(choices)]
        if kind.is_result:
            won = None if kind.winner is None else marks[kind.winner]
            self._verdict = ResultBand(
                self.canvas, look, won, width, final=kind.is_final, began=began
            )
        top = ROWS_TOP if not kind.is_result else TIED if kind.winner is None else OTHERS
        _, right = self._margins
        bottom = height - look.px(HIGH - ROWS_END)
        self._beside = Area(right - look.px(COLUMN), look.px(ROWS_TOP), right, bottom)
        if contest.rehearsal:
            place = self._beside
            square = Area(place.left, place.top, place.right, place.top + place.width)
            draw_tape(self.canvas, look, self._size, square if kind.has_column else None)
        only = [i for i in range(len(choices)) if i != kind.winner]
        hidden = kind.air is Air.VOTING
        place, plan = arranged(
            len(only), (width, height), unit, top=top, hidden=hidden, column=kind.has_column
        )
        is_tie = kind.is_result and kind.winner is None
        can_post = not kind.is_result and not kind.is_closed
        plan = replace(
            plan,
            hashtag=can_post and (hidden or len(choices) <= FEW),
            places=is_tie or (len(only) > MOST_ROWS and not hidden),
        )
        if plan.stacked:
            high = row_height(look, [choices[i] for i in only], plan, place.width)
            top = place.top + (plan.pitch - high) // 2
            place = Area(place.left, top, place.right, place.bottom)
            plan = replace(plan, row=high)
        else:
            chips, bar_left = inline_columns(look, [choices[i] for i in only], plan, place.width)
            plan = replace(plan, chips=chips, bar_left=bar_left)
        self._bars = Bars(self.canvas, look, choices, only, StageRow) if only else None
        if self._bars:
            self._bars.lay(place, plan)
        self.canvas.tag_lower("band")
        self._place, self._plan = place, plan
        self._head = StageHead(self.canvas, look, contest, result=kind.is_result)
        if kind.has_column:
            self._invite = Invite(self.canvas, look, picture=contest.rehearsal)

    def _draw_foot(self, moment: Moment, kind: StageKind) -> None:
        snapshot, votes = moment.snapshot, moment.snapshot.tally.votes
        look, px = self._look, self._look.px
        left, right = self._margins
        y = self._size[1] - px(HIGH - FOOT)
        if self._bars:
            below = [] if kind.air is Air.VOTING else self._bars.below
            number = sum(votes[i] for i in below)
            place = self._place
            place = Area(place.left, place.top, place.right, place.top + self._plan.bars)
            lefts = (0, 0) if self._plan.stacked else inline_lefts(look, self._plan)
            self._foot.draw_others(len(below), number, snapshot.tally.total, place, lefts)
        added = sum_in_words(moment.percents) if kind.is_result else ""
        total, margins = round(self._total.value), (left, right)
        x = self._foot.draw(total, snapshot, added, margins, y, result=kind.is_result)
        end = self._foot.draw_logo(right, y)
        room = end - x - px(48)
        if kind.is_result:
            self._foot.draw_proof(self._showing, snapshot, end, y, room)
        elif not kind.has_column:
            said = invitation(snapshot, vote_address(self._showing.link, snapshot.address))
            address = written_address(said.address) if said else ""
            words = f"Vote: {address}" if address else said.words if said else ""
            fits = look.sizes.width(look.sizes.font("text", 34), words) <= room
            self._foot.draw_post(words if fits else "", end, y)
        elif kind.air is Air.RESULTS:
            leading = moment.percents[votes.index(max(votes))] if max(votes) else None
            self._foot.draw_scale(leading, moment, end, y, room)
        else:
            self._foot.draw_words("Results stay hidden until the reveal.", end, y, room)


@dataclass(frozen=True, slots=True)
class StageKind:
    """The kind of a stage; any change needs a new stage."""

    choices: tuple[Choice, ...]
    air: Air
    is_closed: bool = False
    is_result: bool = False
    is_final: bool = False
    winner: int | None = None

    @property
    def has_column(self) -> bool:
        """Return whether how to vote is shown beside the rows."""
        is_wide = self.air is Air.VOTING and len(self.choices) > ONE_COLUMN
        return not self.is_result and not is_wide


def kind_of(snapshot: Snapshot, showing: Showing) -> StageKind:
    """Return the kind of stage for a snapshot: bars, a winner or a tie."""
    choices, state = snapshot.contest.choices, snapshot.state
    is_closed = state not in (State.SCHEDULED, State.OPEN, State.PAUSED)
    if showing.hidden or not snapshot.tally.leaders or state in UNDER_WAY:
        return StageKind(choices, showing.air, is_closed)
    return StageKind(
        choices,
        showing.air,
        is_closed,
        is_result=True,
        is_final=state is State.CERTIFIED,
        winner=winner(snapshot),
    )
