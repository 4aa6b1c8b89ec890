"""The foot of the display: the total, the scale of the bars, the logo, how to check the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.desktop.canvas import logo
from twittervotes.desktop.canvas.fading import FadingImage
from twittervotes.desktop.canvas.items import Anchor, Area, Look, Text
from twittervotes.desktop.vote.row import UNIT
from twittervotes.presentation.invitation import networks, sum_in_words, written_address
from twittervotes.presentation.numbers import counted, grouped
from twittervotes.presentation.phrases import by_hand_words

if TYPE_CHECKING:
    import tkinter as tk

    from PIL import Image

    from twittervotes.desktop.vote.frame import Moment, Showing

TOTAL, SMALL, FAINT, RESULT, OTHERS = 56, 34, 28, 30, 40
BEING_CHECKED = "The count is being checked. The final result follows."
LOGO_WIDE, LOGO_HIGH = 360, 52
ALONE = 2.1  # the size of the logo while nothing else is shown, relative to the foot's
OTHERS_PARTS: tuple[tuple[str, Anchor], ...] = (
    ("others", "w"),
    ("others-votes", "w"),
    ("others-percent", "se"),
    ("others-unit", "se"),
)


class StageFoot:
    """Texts between the margins; `y` is the height of their middle."""

    def __init__(self, canvas: tk.Canvas, look: Look, picture: Image.Image | None) -> None:
        self._canvas = canvas
        self._look = look
        self._picture = picture
        self._logo = canvas.create_image(0, 0, anchor="e", state="hidden", tags=("logo",))
        self._shown = FadingImage(canvas, self._logo)
        self._number = Text(canvas, look, tags=("total",))
        self._on = Text(canvas, look, tags=("on",))
        self._right = Text(canvas, look, anchor="e", tags=("longest",))
        self._proof = Text(canvas, look, anchor="e", tags=("proof",))
        self._post = Text(canvas, look, anchor="e", tags=("post",))
        self._line = canvas.create_rectangle(
            0, 0, 0, 0, width=0, fill=look.colours.line, state="hidden"
        )
        self._others = [
            Text(canvas, look, anchor=anchor, tags=(tag,)) for tag, anchor in OTHERS_PARTS
        ]

    def draw(
        self,
        total: int,
        snapshot: Snapshot,
        added: str,
        margins: tuple[int, int],
        y: int,
        *,
        result: bool = False,
    ) -> int:
        """Write the total and its networks, or `added`; return the right end.

        Below a `result` it is small, because the winner is what matters.
        """
        look = self._look
        sizes, px, colours = look.sizes, look.px, look.colours
        left, right = margins
        size, small = (RESULT, RESULT) if result else (TOTAL, SMALL)
        large, text = sizes.font("text" if result else "bold", size), sizes.font("text", small)
        baseline = y + px(size * 0.36)
        x = left + px(16 if not result else 9)
        place = (left, baseline + sizes.below(large))
        self._canvas.itemconfigure(self._number.item, anchor="sw")
        self._canvas.itemconfigure(self._on.item, anchor="sw")
        x += self._number.show(grouped(total), place, large, colours.dim if result else colours.ink)
        by_hand = by_hand_words(snapshot.tally)
        vote = "vote" if total == 1 else "votes"
        vote = f"{vote}, {by_hand}," if by_hand else vote
        words = f"{vote} on {networks(snapshot)}"
        if snapshot.contest.rehearsal:
            words = f"{vote} simulated"
        elif snapshot.state is State.CLOSING:
            words = f"{vote} so far"
        elif added:
            words = f"{vote} · {added}"
        place = (x, baseline + sizes.below(text))
        return x + self._on.fit(words, place, text, colours.dim, width=(right - left) // 2)

    def draw_logo_alone(self, x: int, y: int) -> None:
        """Show the logo, larger, with its middle there."""
        if self._picture is None:
            return
        size = (self._look.px(LOGO_WIDE * ALONE), self._look.px(LOGO_HIGH * ALONE))
        self._shown.set(logo.fitted(self._picture, size))
        self._canvas.itemconfigure(self._logo, anchor="center")
        self._canvas.coords(self._logo, x, y)

    def draw_logo(self, right: int, y: int) -> int:
        """Show the logo with its right end there; return its left end."""
        if self._picture is None:
            return right
        if not self._shown.width:
            size = (self._look.px(LOGO_WIDE), self._look.px(LOGO_HIGH))
            self._shown.set(logo.fitted(self._picture, size))
        self._canvas.coords(self._logo, right, y)
        return right - self._shown.width - self._look.px(36)

    def fade(self, level: float) -> None:
        """Set the opacity of the logo."""
        self._shown.fade(level)

    def draw_scale(
        self, leading: float | None, moment: Moment, right: int, y: int, room: int
    ) -> None:
        """Say what percentage the longest bar has, and what rounded shares add up to."""
        words = [f"Longest bar: {leading:.1f}%"] if leading is not None else []
        words += filter(None, [sum_in_words(moment.percents)])
        font = self._look.sizes.font("text", FAINT)
        while len(words) > 1 and self._look.sizes.width(font, " · ".join(words)) > room:
            words.pop()
        self.draw_words(" · ".join(words), right, y, room)

    def draw_words(self, words: str, right: int, y: int, room: int) -> None:
        """Write a remark that ends at `right`."""
        font = self._look.sizes.font("text", FAINT)
        self._right.fit(words, (right, y), font, self._look.colours.faint, width=room)

    def draw_proof(
        self, showing: Showing, snapshot: Snapshot, right: int, y: int, room: int
    ) -> None:
        """Say where anyone can check the final result; a rehearsal's proves nothing."""
        words = ""
        if snapshot.state is State.PROVISIONAL:
            words = BEING_CHECKED
        elif showing.proof and not snapshot.contest.rehearsal:
            words = f"Check it: {written_address(showing.proof)}"
        font = self._look.sizes.font("text", RESULT)
        self._proof.fit(words, (right, y), font, self._look.colours.dim, width=room)

    def draw_post(self, words: str, right: int, y: int) -> None:
        """Say how to vote if there is no column for that."""
        font = self._look.sizes.font("text", SMALL)
        self._post.show(words, (right, y), font, self._look.colours.ink)

    def draw_others(
        self, left_out: int, number: int, total: int, place: Area, lefts: tuple[int, int]
    ) -> None:
        """Write how many choices have no row, and their votes, below the rows in `place`.

        `lefts` is how far badges and bars begin behind the rows' left end, 0 for bars below names.
        """
        look = self._look
        sizes, px, dim = look.sizes, look.px, look.colours.dim
        name, votes, share, unit = self._others
        left, right, top = place.left, place.right, place.bottom
        if not left_out:
            for text in self._others:
                text.hide()
            self._canvas.itemconfigure(self._line, state="hidden")
            return
        self._canvas.coords(self._line, left, top + px(6), right, top + px(8))
        self._canvas.itemconfigure(self._line, state="normal")
        font, y = sizes.font("text", SMALL), top + px(38)
        words = f"{left_out} others together" if left_out > 1 else "1 other"
        start, bars = (left + each for each in lefts)
        end = start + name.show(words, (start, y), sizes.font("bold", SMALL), dim) + px(40)
        start = max(end, bars)
        votes.show(counted(number, "vote"), (start, y), font, dim)
        shown = f"{number * 100 / total if total else 0.0:.1f}"
        large, small = sizes.font("bold", OTHERS), sizes.font("text", OTHERS * UNIT)
        baseline = y + px(OTHERS * 0.36)
        right -= unit.show("%", (right, baseline + sizes.below(small)), small, dim) + px(2)
        share.show(shown, (right, baseline + sizes.below(large)), large, dim)
