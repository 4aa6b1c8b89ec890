"""How to vote, to the right of the display's rows; after the close, which sources are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import Snapshot, SourceState, State
from twittervotes.desktop.canvas.fading import FadingImage
from twittervotes.desktop.canvas.items import Area, Look, Text
from twittervotes.desktop.canvas.qr import qr_code
from twittervotes.desktop.vote.phrases import UNDER_WAY
from twittervotes.presentation.invitation import Invitation, invitation, written_address
from twittervotes.presentation.phrases import network_title

if TYPE_CHECKING:
    import tkinter as tk

TITLE, ADDRESS, WORDS, LARGE, ALONE = 52, 32, 32, 44, 52
SMALLEST = 22
SIDE = 432
MOST_SOURCES = 6
COUNTED = "Counted. The result follows."
DONE, READING = "✓", "…"


class Invite:
    """The column: a QR code and words below it."""

    def __init__(self, canvas: tk.Canvas, look: Look, *, picture: bool = False) -> None:
        """Create the column; with a `picture`, something else replaces the code."""
        self._canvas = canvas
        self._look = look
        self._has_picture = picture
        self._code = canvas.create_image(0, 0, anchor="nw", state="hidden", tags=("qr",))
        self._picture = FadingImage(canvas, self._code)
        self._shown = ""
        self._title = Text(canvas, look, anchor="nw", tags=("invite-title",))
        self._address = Text(canvas, look, anchor="nw", tags=("invite-address",))
        self._words = Text(canvas, look, anchor="nw", tags=("invite",))
        self._sources = [
            tuple(Text(canvas, look, anchor=anchor, tags=("read",)) for anchor in ("w", "w", "e"))
            for _ in range(MOST_SOURCES)
        ]

    def draw(self, snapshot: Snapshot, link: str, area: Area) -> None:
        """Draw what fits into `area`."""
        look, sizes, px = self._look, self._look.sizes, self._look.px
        words = COUNTED if snapshot.tally.leaders else "No votes were counted."
        said = invitation(snapshot, link) or Invitation("Voting has closed", words=words)
        is_over = snapshot.state not in UNDER_WAY or snapshot.state is State.CLOSING
        top = area.top
        self._draw_code(said.address, area)
        if said.address or self._has_picture:
            top += area.width + px(30)
        colour = look.colours.waiting if self._has_picture else look.colours.ink
        is_alone = not said.address and not self._has_picture
        font = sizes.font("bold", 64 if is_alone else TITLE)
        top += self._title.wrap(said.title, (area.left, top), font, colour, width=area.width)
        if said.address:
            text = written_address(said.address)
            font = next(
                (
                    font
                    for size in range(ADDRESS, SMALLEST - 1, -2)
                    if sizes.width(font := sizes.font("bold", size), text) <= area.width
                ),
                sizes.font("bold", SMALLEST),
            )
            top += px(8)
            place = (area.left, top)
            self._address.fit(text, place, font, look.colours.ink, width=area.width)
            top += px(44)
        top += px(12)
        size = WORDS if not is_alone else LARGE if is_over else ALONE
        colour = look.colours.ink if is_alone and not is_over else look.colours.dim
        while size > SMALLEST:
            font = sizes.font("text", size)
            high = self._words.wrap(said.words, (area.left, top), font, colour, width=area.width)
            if top + high <= area.bottom:
                break
            size -= 2
        if is_over:
            self._draw_sources(snapshot, area, top + high + px(56))

    def fade(self, level: float) -> None:
        """Set the opacity of the code."""
        self._picture.fade(level)

    def _draw_code(self, address: str, area: Area) -> None:
        if not address:
            self._picture.set(None)
            self._shown = ""
        elif address != self._shown:
            self._shown = address
            self._picture.set(qr_code(address, area.width))
            self._canvas.coords(self._code, area.left, area.top)

    def _draw_sources(self, snapshot: Snapshot, area: Area, top: int) -> None:
        """Tick off the sources that have been read completely."""
        look, px = self._look, self._look.px
        font, text = look.sizes.font("bold", 34), look.sizes.font("text", 32)
        for i, (tick, name, state) in enumerate(self._sources):
            y = top + i * px(62)
            if i >= len(snapshot.sources) or y > area.bottom or snapshot.contest.rehearsal:
                for part in (tick, name, state):
                    part.hide()
                continue
            source = snapshot.sources[i]
            is_done = source.doing is SourceState.DONE
            mark, colour = (DONE, look.colours.good) if is_done else (READING, look.colours.waiting)
            tick.show(mark, (area.left, y), font, colour)
            words = "complete" if is_done else "reading"
            end = area.right - state.show(words, (area.right, y), text, look.colours.dim)
            left = area.left + px(54)
            place = (left, y)
            title = network_title(source.name)
            name.fit(title, place, font, look.colours.ink, width=end - left - px(16))
