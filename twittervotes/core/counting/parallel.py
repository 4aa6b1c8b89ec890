"""The recount of a ledger: as a whole, or, where it is long, its accounts shared out to processes.

An account's posts are counted by one process, so what the processes find only has to be added up.
All of them read the ledger as it was when it was opened here, whatever is written meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twittervotes.core.contest.contest import Contest
from twittervotes.core.counting.recount import Judged, Sums, judged, sums, together
from twittervotes.core.ledger.reader import Reader, Share

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

    from twittervotes.core.contest.posts import Tally

Passed = Callable[[int], None]  # told how many posts have been read, now and then

TELL_EVERY: Final = 10_000
TELL_S: Final = 0.2
ALONE: Final = 300_000  # posts; fewer are counted before another process has started

_read: Synchronized[int] | None = None  # posts that all processes have read; in each of them


@dataclass(frozen=True, slots=True)
class _Part:
    """What one process counts."""

    path: Path
    contest: Contest
    without: tuple[str, ...]
    share: Share


def verdicts(
    reader: Reader,
    contest: Contest | None = None,
    *,
    without: Collection[str] = (),
    share: Share | None = None,
    passed: Passed | None = None,
) -> Iterator[Judged]:
    """Return every post of a ledger, or of a share, with its verdict, account by account."""
    contest = contest or reader.contest
    posts = reader.accounts(without=without, share=share, withdrawn=contest.rules.withdrawn)
    found = judged(posts, contest)
    return _told(found, passed) if passed else found


def recounted(
    reader: Reader, contest: Contest, without: Collection[str], passed: Passed | None
) -> Tally:
    """Recount a ledger under `contest`, without the sources in `without`."""
    if reader.posts < ALONE:
        found = verdicts(reader, contest, without=without, passed=passed)
        return together([sums(found, contest)], contest)
    number = os.cpu_count() or 1
    parts = [
        _Part(reader.path, contest, tuple(without), Share(place, number, reader.posts))
        for place in range(number)
    ]
    return together(_by_processes(parts, passed), contest)


def _by_processes(parts: list[_Part], passed: Passed | None) -> list[Sums]:
    context = multiprocessing.get_context("spawn")
    read = context.Value("q", 0)
    with ProcessPoolExecutor(len(parts), context, _begin, (read,)) as pool:
        try:
            under_way = [pool.submit(_counted, part) for part in parts]
            while wait(under_way, TELL_S).not_done:
                if passed:
                    passed(read.value)
            return [part.result() for part in under_way]
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(read: Synchronized[int]) -> None:
    global _read
    _read = read


def _counted(part: _Part) -> Sums:
    """Count the accounts of one share; in a process of its own."""
    with Reader(part.path) as reader:
        found = verdicts(reader, part.contest, without=part.without, share=part.share)
        return sums(_told(found, _tell), part.contest)


def _tell(_: int) -> None:
    if _read is not None:
        with _read.get_lock():
            _read.value += TELL_EVERY


def _told(found: Iterable[Judged], passed: Passed) -> Iterator[Judged]:
    for number, each in enumerate(found, 1):
        if number % TELL_EVERY == 0:
            passed(number)
        yield each
