"""The board's address and its QR code, shown over the window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import ImageTk

from twittervotes.desktop.canvas.qr import qr_code
from twittervotes.desktop.canvas.sizes import NAME
from twittervotes.desktop.widgets.button import Button
from twittervotes.desktop.widgets.overlay import Sheet, open_sheets

if TYPE_CHECKING:
    from twittervotes.desktop.canvas.items import Look

SIDE = 216
HERE = "Browsers on this computer can open it, OBS and vMix too. Nobody else can."
NEAR = (
    "Everyone on your network can open it, without encryption. Scan the code with a phone."
    " It only reads, and shows no result that is hidden on the display."
)


@dataclass(frozen=True, slots=True)
class ServedBoard:
    """A running board: its address, and what can be done with it."""

    address: str
    is_shared: bool
    browse: Callable[[], object]
    share: Callable[[bool], None]
    stop: Callable[[], None]


def show_board(root: tk.Misc, look: Look, served: ServedBoard) -> None:
    """Show the address of a board over the window."""
    if not open_sheets(root):
        BoardSheet(root, look, served)


class BoardSheet(Sheet):
    """The address, its QR code, and buttons to open it, to share it and to stop the board."""

    def __init__(self, root: tk.Misc, look: Look, served: ServedBoard) -> None:
        super().__init__(root, look, "The board", width=520)
        self.say(NEAR if served.is_shared else HERE)
        # Tk discards a picture without a reference.
        self._code = ImageTk.PhotoImage(qr_code(served.address, look.px(SIDE)), master=self)
        code = tk.Label(self.inner, image=str(self._code), background=look.colours.background)
        code.pack(anchor="w", pady=(0, look.px(12)))
        self.say(served.address, look.sizes.font("bold", NAME - 6), look.colours.ink)
        row = tk.Frame(self.inner, background=look.colours.background)
        row.pack(fill="x")
        share = "Only this computer" if served.is_shared else "Share on my network"
        actions: tuple[tuple[str, Callable[[], object]], ...] = (
            ("Stop", served.stop),
            (share, lambda: served.share(not served.is_shared)),
            ("Open in browser", served.browse),
        )
        self.buttons: dict[str, Button] = {}
        for word, do in actions:
            button = Button(row, look, press=lambda do=do: self._left_to(do))  # type: ignore[misc]
            button.show(word)
            button.pack(side="left", padx=(0, look.px(8)))
            self.buttons[word] = button
        self.come_to_front(button)

    def _left_to(self, do: Callable[[], object]) -> None:
        self.end()
        do()
