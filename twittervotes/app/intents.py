"""Intents of a view: forwarded to the current vote, or answered from its ledger."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.core.contest.snapshot import Intents, LookupResult
from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.core.contest.acts import Act

log = logging.getLogger(__name__)


def _nothing(*_: object) -> None:
    """Do nothing: there is no vote."""


IDLE = Intents(update=_nothing, pause=_nothing, resume=_nothing, close=_nothing, act=_nothing)


class IntentRelay:
    """Forwards intents to `to`, those of the current vote.

    A window is created once, before there is a vote, and stays for the next one.
    """

    def __init__(self) -> None:
        self.to = IDLE

    def intents(self) -> Intents:
        """Return the intents for the window."""
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


def answering(intents: Intents, ledger: Path) -> Intents:
    """Return `intents` plus those that only read the ledger, each in its own thread."""

    def look_up(wanted: str, told: Callable[[tuple[LookupResult, ...]], None]) -> None:
        def find() -> None:
            from twittervotes.ballots.receipts import looked_up
            from twittervotes.core.counting.lookup import findings
            from twittervotes.core.ledger.reader import Reader  # here: slow to import

            with Reader(ledger) as reader:
                ballot = looked_up(reader, wanted)
                told(findings(reader, wanted) if ballot is None else (ballot.finding(),))

        _begin(find, lambda words: told((LookupResult("", words),)))

    def export(path: str, told: Callable[[str], None]) -> None:
        def write() -> None:
            from twittervotes.core.ledger.reader import Reader
            from twittervotes.export import export as exported

            to = Path(path).expanduser()
            with Reader(ledger) as reader:
                exported(reader, to)
            told(f"Saved: {to}")

        _begin(write, told)

    return replace(intents, look_up=look_up, export=export)


def _begin(work: Callable[[], None], told: Callable[[str], None]) -> None:
    """Run `work` in a thread; if it fails, call `told` with a sentence that says why."""

    def done() -> None:
        try:
            work()
        except TwittervotesError as error:
            told(str(error))
        except OSError as error:
            told(f"Can't write the file: {error.strerror or error}.")
        except Exception as error:  # whatever happens, the user gets an answer
            log.exception("A query of the ledger failed.")
            told(f"That failed ({type(error).__name__}); see the log.")

    threading.Thread(target=done, name="inquiry", daemon=True).start()
