"""The live count of a ledger: it follows new entries, and acts that change the rules.

Most acts affect no posts that were already counted, or only a few. After any other act all posts
are recounted in slices, so that the counting thread can keep recording. Until then the tally from
before the act is shown, and marked as such.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.affected import Affected, affected
from twittervotes.core.contest.columns import sealed
from twittervotes.core.contest.posts import FINE_MS
from twittervotes.core.counting.running import Count

if TYPE_CHECKING:
    from twittervotes.core.contest.posts import Tally
    from twittervotes.core.ledger.batch import PostBatch
    from twittervotes.core.ledger.writer import Changes, Ledger

SEARCHED = 50_000  # rows to search for affected posts per slice
COUNTED = 20_000  # rows to recount per slice
FEW = 2_000  # affected posts that are judged again individually, in one slice


class LiveCount:
    """The count of all posts of `ledger`, starting from `count` if given.

    During a recount, `_before` is the tally from before it. Either the ledger is being searched for
    affected posts: the count is complete but still by the old rules, and `_found` has the affected
    rows up to `_row`. Or everything is being recounted: the count is partial, and covers the rows
    up to `_row`.
    """

    def __init__(self, ledger: Ledger, count: Count | None = None) -> None:
        self._ledger = ledger
        self._before: Tally | None = None
        self._searched_for: Affected | None = None
        self._found: list[int] = []
        self._row = 0
        self._count = count or self._counted()

    @property
    def whole(self) -> Count | None:
        """The count of all posts under the current contest; None during a recount."""
        return self._count if self._before is None else None

    @property
    def recounting(self) -> int | None:
        """The progress of the recount in percent; None if there is none."""
        if self._before is None:
            return None
        return self._row * 100 // max(1, self._ledger.posts_written)

    def tally(self) -> Tally:
        """Return the current votes, or, during a recount, those from before it."""
        return self._before or self._count.tally()

    def record(self, changes: Changes) -> None:
        """Count the changes of a transaction; a partial count gets to later rows by itself."""
        added, removed = changes.added, changes.removed
        if self._is_partial:
            added, removed = up_to(added, self._row), up_to(removed, self._row)
        self._count.add(added)
        self._count.remove(removed)

    def follow(self) -> None:
        """Adopt the ledger's contest, which an act may have changed."""
        before, contest = self._count.contest, self._ledger.contest
        if replace(before, adjustments=contest.adjustments) == contest:
            self._count.adjust(contest)
            if self._before is not None:
                self._before = self._before.adjusted(contest.by_hand)
            return
        change = affected(before, contest)
        opens_ms = min(before.opens_ms, contest.opens_ms)
        if before.opens_ms != contest.opens_ms and self._count.latest_ms >= opens_ms + FINE_MS:
            change = None  # the fine steps now cover other votes
        if change and change.is_later_than(self._count.latest_ms):
            self._count.judge_by(contest)
            if not self._is_partial:
                self._end()
            return
        shown = self.tally()
        if self._is_partial or change is None:
            self._begin_again()
        else:
            self._searched_for, self._found, self._row = change, [], 0
        self._before = shown
        self.go_on()

    def go_on(self) -> None:
        """Do the next slice of the recount."""
        if self._searched_for:
            self._search_on(self._searched_for)
        elif self._is_partial:
            self._count_on()

    @property
    def _is_partial(self) -> bool:
        return self._before is not None and self._searched_for is None

    def _begin_again(self) -> None:
        room = self._count.accounts
        del self._count  # before the next one takes as much memory
        self._count = Count(self._ledger.contest, self._ledger, room)
        self._searched_for, self._row = None, 0

    def _end(self) -> None:
        self._before, self._searched_for, self._found = None, None, []

    def _count_on(self) -> None:
        to = min(self._row + COUNTED, self._ledger.posts_written)
        for batch in self._ledger.current(self._row + 1, to):
            self._count.add(batch)
        self._row = to
        if to == self._ledger.posts_written:
            self._end()

    def _search_on(self, change: Affected) -> None:
        to = min(self._row + SEARCHED, self._ledger.posts_written)
        for batch in self._ledger.rows(self._row + 1, to):
            self._found += batch.numbers[affects(change, batch, self._ledger.salt)].tolist()
        self._row = to
        if len(self._found) > FEW:
            self._begin_again()
        elif to == self._ledger.posts_written:
            posts = self._ledger.current_in(np.array(self._found, np.uint32))
            self._count.remove(posts)
            self._count.judge_by(self._ledger.contest)
            self._count.add(posts)
            self._end()

    def _counted(self) -> Count:
        count = Count(self._ledger.contest, self._ledger, self._ledger.estimated_accounts())
        for batch in self._ledger.current():
            count.add(batch)
        return count


def up_to(batch: PostBatch, row: int) -> PostBatch:
    """Return the posts of a batch in rows up to `row`."""
    here = batch.numbers <= row
    return batch if here.all() else batch.at(np.flatnonzero(here))


def affects(change: Affected, batch: PostBatch, salt: bytes) -> npt.NDArray[np.bool_]:
    """Return, for each post, whether a change may affect it."""
    found = np.zeros(len(batch), np.bool_)
    for from_ms, to_ms in change.times:
        found |= (batch.times >= from_ms) & (True if to_ms is None else batch.times < to_ms)
    if change.voters:
        networks = {each.partition(b"\t")[0].decode() for each in batch.tag_sets}
        names = [
            name for voter in change.voters for name in (voter, *(f"{n}:{voter}" for n in networks))
        ]
        seals = np.frombuffer(sealed(names, salt), "<u8")[::2]
        found |= np.isin(batch.seals[:, 0], seals)
    return found
