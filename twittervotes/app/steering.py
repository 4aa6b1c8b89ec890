"""What a window may ask for, before there is a vote to ask it of.

The window is made once and steers whatever vote is opened behind it.
"""

from __future__ import annotations

from collections.abc import Callable

from twittervotes.core.contest.acts import Act
from twittervotes.core.contest.snapshot import Intents, LookupResult


def _nothing(*_: object) -> None:
    """Do nothing: nothing is counted yet, or any more."""


IDLE = Intents(update=_nothing, pause=_nothing, resume=_nothing, close=_nothing, act=_nothing)


class Steering:
    """Hands on what is asked for to `to`, the intents of the vote that is under way."""

    def __init__(self) -> None:
        self.to = IDLE

    def intents(self) -> Intents:
        """Return what the window is given."""
        return Intents(
            update=self._update,
            pause=self._pause,
            resume=self._resume,
            close=self._close,
            act=self._act,
            look_up=self._look_up,
            export=self._export,
        )

    def _update(self) -> None:
        self.to.update()

    def _pause(self) -> None:
        self.to.pause()

    def _resume(self) -> None:
        self.to.resume()

    def _close(self) -> None:
        self.to.close()

    def _act(self, act: Act) -> None:
        self.to.act(act)

    def _look_up(self, wanted: str, told: Callable[[tuple[LookupResult, ...]], None]) -> None:
        if self.to.look_up:
            self.to.look_up(wanted, told)
        else:
            told((LookupResult("", "There is no ledger to search yet."),))

    def _export(self, path: str, told: Callable[[str], None]) -> None:
        if self.to.export:
            self.to.export(path, told)
        else:
            told("There is no ledger to export yet.")
