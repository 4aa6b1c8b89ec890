"""The answers to what a view asks of the ledger: wires readers, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from twittervotes.core.contest.snapshot import Intents, LookupResult
from twittervotes.core.counting.lookup import findings
from twittervotes.core.errors import TwittervotesError
from twittervotes.core.ledger.reader import Reader

log = logging.getLogger(__name__)


def answering(intents: Intents, ledger: Path) -> Intents:
    """Return `intents` with those that only read the ledger."""

    def look_up(wanted: str, told: Callable[[tuple[LookupResult, ...]], None]) -> None:
        def find() -> None:
            with Reader(ledger) as reader:
                told(findings(reader, wanted))

        _begin(find, lambda words: told((LookupResult("", words),)))

    def export(path: str, told: Callable[[str], None]) -> None:
        def write() -> None:
            from twittervotes.export import export as exported  # only where it is wanted

            to = Path(path).expanduser()
            with Reader(ledger) as reader:
                exported(reader, to)
            told(f"Saved: {to}")

        _begin(write, told)

    return replace(intents, look_up=look_up, export=export)


def _begin(work: Callable[[], None], told: Callable[[str], None]) -> None:
    """Do `work` in a thread; where it fails, tell why in a sentence."""

    def done() -> None:
        try:
            work()
        except TwittervotesError as error:
            told(str(error))
        except OSError as error:
            told(f"Can't write the file: {error.strerror or error}.")
        except Exception as error:  # whatever happens, who asked gets an answer
            log.exception("A query of the ledger failed.")
            told(f"That failed ({type(error).__name__}); see the log.")

    threading.Thread(target=done, name="inquiry", daemon=True).start()
