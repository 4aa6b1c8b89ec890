"""What is around a window: the program, which opens another vote, and a page that may cover it."""

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
    """`new` shows the form of a new vote, `open` a vote that was kept.

    While a vote is under way both open a window of their own, so that counting goes on. `folder` is
    where votes are kept. `board` serves the live result as web pages and shows where.
    """

    new: Callable[[], None] = _nothing
    open: Callable[[Path], None] = _nothing
    folder: str = ""
    board: Callable[[], None] = _nothing


class WindowPage(Protocol):
    """What may cover the whole window for a while, such as the form of a new vote.

    It is put on and off again when colours or size change, and keeps what it holds.
    """

    def put_on(self, root: tk.Tk, look: Look) -> None:
        """Cover the window."""

    def put_off(self) -> None:
        """Uncover the window, and keep what is typed."""
