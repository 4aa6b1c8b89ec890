"""What makes a result differ at first sight from a lead: a tag beside the winner's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.contest.tie import decision
from twittervotes.desktop.canvas.items import Area, Box, Look, Text
from twittervotes.desktop.canvas.sizes import SMALL, TINY
from twittervotes.presentation.phrases import FINAL

if TYPE_CHECKING:
    import tkinter as tk
    from tkinter.font import Font

PAD, HIGH = 9, 22
STEPPED_BACK = 0.62  # the opacity of the other rows


def awards(snapshot: Snapshot) -> dict[int, str]:
    """Return the words to show beside the names of the winner or the tied, by choice."""
    tally = snapshot.tally
    if snapshot.state not in FINAL or not tally.leaders:
        return {}
    winners = decision(tally, snapshot.contest).winners
    if len(winners) > 1:
        return dict.fromkeys(winners, "Tie")
    return dict.fromkeys(winners, "Winner" if snapshot.state is State.CERTIFIED else "Leading")


class AwardTag:
    """A word on a small plate."""

    def __init__(self, canvas: tk.Canvas, look: Look, tag: str) -> None:
        colours = look.colours
        self._look = look
        self._plate = Box(
            canvas, look, fill=colours.ink, outside=colours.panel, radius=6, tags=(tag,)
        )
        self._text = Text(canvas, look, anchor="w", tags=(tag, f"{tag}-award"))

    def width(self, word: str, fraction: float) -> int:
        """Return how wide it is with this word."""
        return self._look.sizes.width(self._font(fraction), word) + 2 * self._look.px(PAD)

    def show(self, word: str, left: int, middle: int, fraction: float) -> None:
        """Show the word from `left`, around the height `middle`."""
        look, colours = self._look, self._look.colours
        high = look.px(HIGH * min(1.0, fraction))
        top = middle - high // 2
        self._plate.place(Area(left, top, left + self.width(word, fraction), top + high))
        place = (left + look.px(PAD), middle)
        self._text.show(word, place, self._font(fraction), colours.background)

    def hide(self) -> None:
        """Show nothing."""
        self._plate.hide()
        self._text.hide()

    def _font(self, fraction: float) -> Font:
        return self._look.sizes.font("bold", max(TINY, SMALL * fraction))
