"""What the audience will see once the vote begins, drawn by the display itself."""

from __future__ import annotations

import time
import tkinter as tk
from typing import TYPE_CHECKING

from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Tally
from twittervotes.core.contest.snapshot import Snapshot, SourceState, SourceStatus, State
from twittervotes.core.errors import TwittervotesError
from twittervotes.desktop.start_page.draft import ends
from twittervotes.desktop.vote.frame import Air, Moment, Showing
from twittervotes.desktop.vote.on_air import made_stage
from twittervotes.desktop.widgets.card import Card

if TYPE_CHECKING:
    from datetime import datetime

    from twittervotes.desktop.canvas.items import Look
    from twittervotes.desktop.start_page.draft import Draft

WIDE, HIGH = 282, 159
EMPTY = Choice("hashtag", label="Your choices")


class PreviewPart(Card):
    """A small picture of the display, with the question and the choices as typed."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        super().__init__(parent, look, "The audience will see")
        size = (look.px(WIDE), look.px(HIGH))
        edge = tk.Frame(self, background=look.colours.line)
        edge.pack(anchor="w", pady=(0, look.px(4)))
        frame = tk.Frame(edge, width=size[0], height=size[1], background=look.colours.track)
        frame.pack_propagate(False)
        line = max(1, look.px(1))
        frame.pack(padx=line, pady=line)
        self._showing = Showing(air=Air.VOTING)
        self.stage = made_stage(frame, look, self._showing)
        self.stage.lay(*size)

    def show(self, draft: Draft, now: datetime) -> None:
        """Draw the vote that `draft` describes, at its beginning."""
        now_ms = round(now.timestamp() * 1000)
        snapshot = _beginning(draft, now, now_ms)
        nothing = (0,) * len(snapshot.contest.choices)
        moment = Moment(snapshot, now_ms, nothing, tuple(map(float, nothing)))
        at = time.monotonic()
        self.stage.show(moment, at, self._showing)
        self.stage.settle(at)


def _beginning(draft: Draft, now: datetime, now_ms: int) -> Snapshot:
    try:
        length_ms, at = ends(draft, now)
    except TwittervotesError:
        length_ms, at = None, None
    closes_ms = round(at.timestamp() * 1000) if at else now_ms + length_ms if length_ms else None
    choices = tuple(
        Choice(name, label=choice.label.strip(), colour=choice.colour)
        for name, choice in draft.named.items()
    )
    contest = Contest(
        title=draft.title.strip() or "Your question",
        choices=choices or (EMPTY,),
        opens_ms=now_ms,
        closes_ms=closes_ms,
    )
    sources = tuple(SourceStatus(name, SourceState.READY, "ready") for name in draft.sources)
    tally = Tally((0,) * len(contest.choices), ())
    return Snapshot(contest, State.OPEN, now_ms, tally, sources, "0" * 64)
