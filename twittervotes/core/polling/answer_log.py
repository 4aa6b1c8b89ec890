"""Log the answers of sources: each failure, and each problem with a post once.

Knows no ledger and no view. Never logs what a post says or who wrote it.
"""

from __future__ import annotations

import logging

from twittervotes.core.contest.posts import Answer, Failed, Page, Remedy
from twittervotes.core.polling.schedule import PATIENCE_MS

log = logging.getLogger(__name__)


class AnswerLog:
    """Remembers what was logged, so that nothing is logged twice."""

    def __init__(self) -> None:
        self._bad: set[str] = set()
        self._awaited: set[str] = set()  # sources that the final sweep waits for

    def record(self, answer: Answer) -> None:
        """Log a failure, or posts that couldn't be read."""
        if isinstance(answer, Failed):
            log.warning("%s: %s %s", answer.source, answer.message, answer.advice)
            self._record_wait(answer)
            return
        for bad in answer.bad:
            if bad not in self._bad:
                log.warning("%s: a post could not be read and was skipped: %s", answer.source, bad)
        self._bad.update(answer.bad)

    def knows(self, page: Page) -> bool:
        """Return whether every problem in `page` was logged before."""
        return self._bad.issuperset(page.bad)

    def _record_wait(self, failed: Failed) -> None:
        """Log once that the final sweep waits for a network, and for how long."""
        is_away = failed.ask.sweep and failed.remedy is Remedy.RETRY
        if is_away and failed.source not in self._awaited:
            self._awaited.add(failed.source)
            log.warning(
                "%s: The final sweep is retried for %d minutes; Ctrl-C ends it now.",
                failed.source,
                PATIENCE_MS // 60_000,
            )
