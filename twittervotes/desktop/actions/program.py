"""What the window asks of the program around it: another vote, in its place or beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _nothing(*_: object) -> None:
    """Do nothing: there is no program around this window."""


@dataclass(frozen=True, slots=True)
class Program:
    """`new` shows the form of a new vote, `open` a vote that was kept.

    While a vote is under way both open a window of their own, so that counting goes on. `folder` is
    where votes are kept.
    """

    new: Callable[[], None] = _nothing
    open: Callable[[Path], None] = _nothing
    folder: str = ""
