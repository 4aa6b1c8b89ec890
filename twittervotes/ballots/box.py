"""A ballot box: decides about each ballot, and acknowledges those that are on disk.

Ballots that arrive during a write share the next transaction, so that one wait for the disk serves
all of them. All decisions are made in one thread, within the transaction that writes the ballot, so
two ballots of one voter can't overtake each other.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from twittervotes.ballots.setup import LEAST_FREE
from twittervotes.core.contest.contest import PerAccount
from twittervotes.sources.web.feed import PAGE, BallotRow, FeedAnswer, FeedEnd, FeedPlace
from twittervotes.sources.web.keys import Keys, Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twittervotes.ballots.notice import Phase, VoteNotice
    from twittervotes.ballots.store import BallotStore

log = logging.getLogger(__name__)

LOOKS_EVERY_S: Final = 1.0
MOST_WAITING: Final = 20_000
MOST_TOGETHER: Final = 2_000  # ballots per transaction
MOST_A_VOTER: Final = 100  # ballots, if a voter may cast several

Refusal = Literal[
    "soon", "paused", "closed", "voted", "unknown choice", "too many", "busy", "no room", "failed"
]


@dataclass(frozen=True, slots=True)
class Cast:
    """A ballot that a voter tries to cast. The same `retry` identifies the same attempt."""

    voter: str
    level: Level
    tag: str
    retry: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A ballot that is on disk; `is_new` is false for a retry."""

    receipt: str
    row: BallotRow
    is_new: bool = True


Outcome = Recorded | Refusal


class BallotBox:
    """Takes ballots into a store; must be used from a single event loop."""

    def __init__(
        self,
        store: BallotStore,
        keys: Keys,
        notice: VoteNotice,
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        least_free: int = LEAST_FREE,
        folder: Path | None = None,
    ) -> None:
        self.notice = notice
        self.keys = keys
        self._store = store
        self._now_ms = now_ms
        self._least_free = least_free
        self._folder = folder
        self._waiting: deque[tuple[Cast, Callable[[Outcome], None]]] = deque()
        self._is_writing = False
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="ballots")
        self._has_room, self._looked_s = True, 0.0
        self._shut_ms: int | None = None
        self.fetched = 0  # the last ballot that the count has requested

    def now_ms(self) -> int:
        """Return the time of day."""
        return self._now_ms()

    def phase(self) -> Phase:
        """Return whether ballots are taken now, judged by the time that one would get."""
        now_ms = max(self._now_ms(), self._store.last_ms)
        if self._shut_ms is not None and now_ms >= self._shut_ms:
            return "closed"
        return self.notice.phase(now_ms)

    def tell(self, notice: VoteNotice) -> None:
        """Update the state of the vote."""
        if notice.closes_ms != self.notice.closes_ms:
            self._shut_ms = None
        self.notice = notice

    async def cast(self, cast: Cast) -> Outcome:
        """Record a ballot; return once it is on disk, or why it was refused."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.submit(cast, lambda outcome: None if done.done() else done.set_result(outcome))
        return await done

    def submit(self, cast: Cast, done: Callable[[Outcome], None]) -> None:
        """Call `done` once a ballot is on disk, or with why it was refused."""
        if len(self._waiting) >= MOST_WAITING:
            done("busy")
            return
        self._waiting.append((cast, done))
        if not self._is_writing:
            self._is_writing = True
            asyncio.get_running_loop().call_soon(self._write)

    def find(self, receipt: str) -> BallotRow | None:
        """Return the ballot with this receipt."""
        return self._store.find(self.keys.key(receipt))

    def latest_of(self, voter: str) -> BallotRow | None:
        """Return a voter's latest ballot."""
        return self._store.latest_of(voter)

    def has_voted(self, voter: str) -> bool:
        """Return whether this box would refuse another ballot of a voter."""
        is_single = self.notice.per_account == PerAccount.FIRST.value
        return is_single and self.latest_of(voter) is not None

    def feed(self, place: FeedPlace, closes_ms: int | None, limit: int = PAGE) -> FeedAnswer | None:
        """Return the ballots after `place`; None if they don't continue what was read before.

        The caller may know that the vote is closed before this box does.
        """
        self._shut_ms = closes_ms
        is_foreign = place.box and place.box != self._store.box
        if is_foreign or self._store.link_at(place.seq) != place.link:
            return None
        rows = tuple(self._store.after(place.seq, min(limit, PAGE) + 1))
        more, rows = len(rows) > limit, rows[:limit]
        link = self._store.link_at(rows[-1].seq) if rows else place.link
        self.fetched = max(self.fetched, place.seq)
        end = None
        if not more and self.phase() == "closed" and not self._is_writing:
            last = self._store.committed()
            end = FeedEnd(last, self._store.link_at(last))
        return FeedAnswer(self._store.box, rows, link, more, self._now_ms(), end)

    def stop(self) -> None:
        """Stop writing, and wait for the current write."""
        self._disk.shutdown(wait=True)

    def _write(self) -> None:
        """Decide about the waiting ballots, and write them to disk."""
        together = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
        if not together:
            self._is_writing = False
            return
        loop = asyncio.get_running_loop()
        try:
            self._store.begin()
            outcomes = [self._outcome(cast) for cast, _ in together]
        except sqlite3.Error as error:
            self._give_up(together, error)
            loop.call_later(0.1, self._write)
            return

        def written(committed: asyncio.Future[None]) -> None:
            if committed.cancelled():
                return
            error = committed.exception()
            if error is not None:
                self._give_up(together, error)
            else:
                for (_, done), outcome in zip(together, outcomes, strict=True):
                    _tell(done, outcome)
            self._write()

        loop.run_in_executor(self._disk, self._store.commit).add_done_callback(written)

    def _give_up(
        self, together: list[tuple[Cast, Callable[[Outcome], None]]], error: BaseException
    ) -> None:
        """Tell those who wait that their ballots were not recorded."""
        log.error("Ballots can't be written: %s", error)
        try:
            self._store.undo()
        except sqlite3.Error as again:
            log.error("The ballot box can't continue: %s", again)
        for _, done in together:
            _tell(done, "failed")

    def _outcome(self, cast: Cast) -> Outcome:
        """Decide about one ballot, and write it if it is accepted."""
        receipt = self.keys.receipt(cast.voter, cast.retry, cast.tag)
        key = self.keys.key(receipt)
        known = self._store.written(key)
        if known is not None:
            return Recorded(receipt, known, is_new=False)
        phase = self.phase()
        if phase != "open":
            return phase
        if cast.tag not in self.notice.tags:
            return "unknown choice"
        refusal = self._refused(cast)
        if refusal is not None:
            return refusal
        if not self._room():
            return "no room"
        row = self._store.put(key, cast.voter, cast.tag, self._now_ms(), cast.level)
        return Recorded(receipt, row)

    def _refused(self, cast: Cast) -> Refusal | None:
        """Return why a voter's further ballot is refused; the count would ignore it too."""
        rule = self.notice.per_account
        before = self._store.choices_of(cast.voter)
        if before and rule == PerAccount.FIRST.value:
            return "voted"
        if cast.tag in before and rule == PerAccount.PER_CHOICE.value:
            return "voted"
        return "too many" if len(before) >= MOST_A_VOTER else None

    def _room(self) -> bool:
        """Return whether the disk has space; checked once a second."""
        now = time.monotonic()
        if self._folder is not None and now - self._looked_s >= LOOKS_EVERY_S:
            self._looked_s = now
            self._has_room = shutil.disk_usage(self._folder).free >= self._least_free
        return self._has_room


def _tell(done: Callable[[Outcome], None], outcome: Outcome) -> None:
    try:
        done(outcome)
    except Exception:  # the others' outcomes must still be told
        log.exception("A voter could not be told what became of a ballot.")
