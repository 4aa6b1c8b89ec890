"""The recount of a ledger: accounts are split into shares, for a long one in several processes.

All posts of an account are in one share, so the shares' results only have to be added up. All
processes read the ledger as it was when it was opened here, even if it grows meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Collection
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Tally
from twittervotes.core.counting.opinions import Opinions
from twittervotes.core.counting.recount import Note, Recount, Share, ShareSums, together
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.versions import RowNumbers, superseded

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

    from twittervotes.core.contest.posts import Tally

Passed = Callable[[int], None]  # called now and then with the number of posts read


TELL_S: Final = 0.2
ALONE: Final = 500_000  # posts; fewer are counted before another process would have started
MOST: Final = 2_500_000  # posts per share, which is sorted in memory

_read: Synchronized[int] | None = None  # posts read by all processes; set in each


@dataclass(frozen=True, slots=True)
class _Part:
    """What to count of a ledger, and how: everything that another process must know."""

    path: Path
    contest: Contest
    without: tuple[str, ...]
    superseded: RowNumbers
    share: Share
    entries: int


def recounted(
    reader: Reader, contest: Contest, without: Collection[str], passed: Passed | None
) -> Tally:
    """Recount a ledger under `contest`, without the sources in `without`."""
    processes = (os.cpu_count() or 1) if reader.posts >= ALONE else 1
    rows = superseded(reader, contest.rules.withdrawn, without)
    parts = [
        _Part(reader.path, contest, tuple(without), rows, share, reader.entries)
        for share in shares(reader.posts, processes)
    ]
    if processes == 1:
        tell = _Telling(passed, len(parts))
        opinions = Opinions(contest, reader.salt)
        return together([_count(reader, part, opinions, tell) for part in parts], contest)
    return together(_by_processes(parts, processes, passed), contest)


def note_verdicts(reader: Reader, opinions: Opinions, note: Note, passed: Passed | None) -> None:
    """Recount a ledger by its own rules; `note` receives the verdict on each post."""
    rows = superseded(reader, reader.contest.rules.withdrawn)
    several = shares(reader.posts, 1)
    tell = _Telling(passed, len(several))
    for share in several:
        part = _Part(reader.path, reader.contest, (), rows, share, reader.entries)
        _count(reader, part, opinions, tell, note)


def shares(posts: int, processes: int) -> list[Share]:
    """Return the shares of the accounts: small enough to sort, equally many per process."""
    of = -(-max(posts, 1) // (MOST * processes)) * processes
    return [Share(number, of) for number in range(of)]


class _Telling:
    """Reports how many posts have been read, although each is read once per share."""

    def __init__(self, passed: Passed | None, times: int) -> None:
        self._passed, self._times, self._read = passed, times, 0

    def __call__(self, posts: int) -> None:
        self._read += posts
        if self._passed:
            self._passed(self._read // self._times)


def _count(
    reader: Reader, part: _Part, opinions: Opinions, tell: Passed, note: Note | None = None
) -> ShareSums:
    """Count the accounts of one share; `tell` is called with the number of further posts read."""
    count = Recount(
        part.contest,
        opinions,
        reader.posts_at,
        part.superseded,
        part.share,
        reader.posts,
        note,
    )
    for batch in reader.batches(part.without, last=part.entries):
        count.add(batch)
        tell(len(batch))
    return count.sums()


def _by_processes(parts: list[_Part], processes: int, passed: Passed | None) -> list[ShareSums]:
    context = multiprocessing.get_context("spawn")
    read = context.Value("q", 0)
    with ProcessPoolExecutor(processes, context, _begin, (read,)) as pool:
        try:
            under_way = [pool.submit(_counted, part) for part in parts]
            while wait(under_way, TELL_S).not_done:
                if passed:
                    passed(read.value // len(parts))
            return [part.result() for part in under_way]
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(read: Synchronized[int]) -> None:
    global _read
    _read = read


def _counted(part: _Part) -> ShareSums:
    """Count one share, in its own process."""
    with Reader(part.path) as reader:
        return _count(reader, part, Opinions(part.contest, reader.salt), _tell)


def _tell(posts: int) -> None:
    if _read is not None:
        with _read.get_lock():
            _read.value += posts
