"""What is written into the log of what sources answer: each thing once, however often it comes.

Knows no ledger and no view; nothing here says what a post says or who wrote it.
"""

from __future__ import annotations

import logging

from twittervotes.core.contest.posts import Answer, Failed, Page, Remedy
from twittervotes.core.polling.schedule import PATIENCE_MS

log = logging.getLogger(__name__)


class Telling:
    """Tells of answers, and knows what it has told."""

    def __init__(self) -> None:
        self._bad: set[str] = set()
        self._awaited: set[str] = set()  # sources of which it is told that they are waited for

    def tell(self, answer: Answer) -> None:
        """Tell of a failure, or of posts that could not be read."""
        if isinstance(answer, Failed):
            log.warning("%s: %s %s", answer.source, answer.message, answer.advice)
            self._tell_patience(answer)
            return
        for bad in answer.bad:
            if bad not in self._bad:
                log.warning("%s: a post could not be read and is left out: %s", answer.source, bad)
        self._bad.update(answer.bad)

    def has_told(self, page: Page) -> bool:
        """Tell whether all that is bad in `page` was so before."""
        return self._bad.issuperset(page.bad)

    def _tell_patience(self, failed: Failed) -> None:
        """Say, where a network is away at the end, that it is waited for, and how long."""
        is_away = failed.ask.sweep and failed.remedy is Remedy.RETRY
        if is_away and failed.source not in self._awaited:
            self._awaited.add(failed.source)
            log.warning(
                "%s: The last reading is tried for %d minutes; Ctrl-C ends with the result so far.",
                failed.source,
                PATIENCE_MS // 60_000,
            )
