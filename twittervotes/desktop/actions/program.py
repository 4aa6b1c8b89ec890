"""The surroundings of a window: the program, which opens votes, and a page that may cover it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import tkinter as tk

    from twittervotes.desktop.canvas.items import Look


def _nothing(*_: object) -> None:
    """Do nothing: there is no program around this window."""


@dataclass(frozen=True, slots=True)
class Program:
    """Functions of the program: `new` shows the form of a new vote, `open` a saved vote.

    While a vote is running both open a separate window, so that counting continues. `folder` is
    where votes are saved. `board` serves the live result as web pages and shows its address.
    `again` opens this window's vote again after counting has stopped.
    """

    new: Callable[[], None] = _nothing
    open: Callable[[Path], None] = _nothing
    folder: str = ""
    board: Callable[[], None] = _nothing
    again: Callable[[], None] = _nothing


class WindowPage(Protocol):
    """A page that may cover the whole window for a while, such as the form of a new vote.

    It is removed and shown again when colours or size change, and keeps its content.
    """

    def put_on(self, root: tk.Tk, look: Look) -> None:
        """Cover the window."""

    def put_off(self) -> None:
        """Uncover the window, and keep what was typed."""
