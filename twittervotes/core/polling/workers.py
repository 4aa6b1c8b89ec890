"""The worker processes: pools that outlive a broken worker and never outlive their parent.

Workers are spawned, never forked: a fork of a program with Tk and threads may hang. Each holds
the reading end of a pipe, the lifeline; when the parent closes its end or dies, they end too. The
function that runs in a worker returns a value whatever happens: an exception would have to be
pickled, and one that cannot be breaks the whole pool.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, TypeGuard

from twittervotes.core import logs
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.columns import MOST_POSTS, PostColumns, columns_of
from twittervotes.core.contest.numbered import together
from twittervotes.core.contest.posts import (
    Answer,
    Ask,
    Failed,
    FetchesNumbers,
    Page,
    Remedy,
    Source,
    can_all_be_kept,
    can_be_kept,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

LONGEST_STRIDE_S = 0.5  # after which a stride ends
NICENESS = 5  # of a worker


class Runner:
    """Owns a pool per source; `submit` works again after a worker has died.

    A pool has one worker: one source's requests never wait for another's, and always run in the
    same process, in which a source may keep a socket open between two requests.
    """

    def __init__(self, salt: bytes = b"") -> None:
        """Create a runner; its workers start when first needed.

        With the ledger's `salt` they return posts as columns.
        """
        self._salt = salt
        self._lock = threading.Lock()
        self._closed = False
        self._lanes: dict[str, _Lane] = {}

    def submit(self, source: Source, ask: Ask) -> Future[tuple[Answer, ...]]:
        """Make a worker query `source`, once or for several pages of a round, as `ask` says."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the runner is closed")
            lane = self._lanes.get(source.name) or self._started(source)
            try:
                return lane.submit(source, ask, self._salt)
            except BrokenProcessPool:
                log.warning("A worker process of %s ended; starting a new one.", source.name)
                lane.end()
                return self._started(source).submit(source, ask, self._salt)

    def restart(self, source: Source) -> None:
        """End the workers of `source`, even if they hang; the next request starts new ones."""
        with self._lock:
            lane = self._lanes.pop(source.name, None)
            if lane is not None:
                lane.end()

    def close(self) -> None:
        """End all workers now, dropping current requests. Harmless if called twice.

        Waits until they have ended: a pool that shuts down while Python exits prints a traceback.
        """
        with self._lock:
            self._closed = True
            lanes = list(self._lanes.values())
            self._lanes.clear()
        for lane in lanes:
            lane.lifeline.close()
        for lane in lanes:
            lane.pool.shutdown(wait=True, cancel_futures=True)

    def _started(self, source: Source) -> _Lane:
        context = multiprocessing.get_context("spawn")
        theirs, ours = context.Pipe(duplex=False)
        pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(theirs,))
        lane = self._lanes[source.name] = _Lane(pool, ours)
        return lane


@dataclass(frozen=True, slots=True)
class _Lane:
    """The pool of one source, and the end of the pipe that keeps its workers alive."""

    pool: ProcessPoolExecutor
    lifeline: Connection

    def submit(self, source: Source, ask: Ask, salt: bytes) -> Future[tuple[Answer, ...]]:
        future = self.pool.submit(stride, source, ask, salt, Clock().now())
        # The worker has started and is the only one to write. While this process could write too, a
        # worker that dies within an answer would be waited for without end: no end of file came.
        results = getattr(self.pool, "_result_queue", None)
        writer = getattr(results, "_writer", None)
        if isinstance(writer, Connection):
            writer.close()
        return future

    def end(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.lifeline.close()


def stride(
    source: Source, ask: Ask, salt: bytes = b"", sent_at: int | None = None
) -> tuple[Answer, ...]:
    """Query `source`, page after page of the round as far as `ask` allows; runs in a worker.

    It ends early when the schedule must decide: when the quota is used up, the cursor is reached,
    something fails or a while has passed. `sent_at` is when `ask` was made, by the clock that never
    jumps: a worker may take seconds to start, and a source must not take that time for the present.
    """
    ends = time.monotonic() + LONGEST_STRIDE_S
    sent_at = Clock().now() if sent_at is None else sent_at
    fetch = source.fetch
    if salt and isinstance(source, FetchesNumbers):
        fetch = source.fetch_numbers  # which become columns
    answers = [work(source, _asked_now(ask, sent_at), fetch)]
    while len(answers) < ask.stride and time.monotonic() < ends and _goes_on(answers[-1]):
        ask = ask.after(answers[-1])
        answer = work(source, _asked_now(ask, sent_at), fetch)
        if isinstance(answer, Failed) and answer.remedy is Remedy.STOP:
            break  # `spent` is more accurate at the next request
        answers.append(answer)
    return with_columns(answers, salt) if salt else tuple(answers)


def _asked_now(ask: Ask, sent_at: int) -> Ask:
    """Return `ask` with the current time of day."""
    if not ask.today_ms:
        return ask
    return replace(ask, today_ms=ask.today_ms + Clock().now() - sent_at)


def _goes_on(answer: Answer) -> TypeGuard[Page]:
    """Return whether the schedule would request the page after `answer` at once."""
    if isinstance(answer, Failed) or not answer.token or answer.reached or answer.bad:
        return False
    return answer.quota is None or answer.quota.remaining > 0


def with_columns(answers: Sequence[Answer], salt: bytes) -> tuple[Answer, ...]:
    """Return the answers of a stride with all posts as columns, in the last page that has any.

    They are written in one transaction, so it doesn't matter which page has them; and columns of
    many posts cost less. If a source has IDs for its posts, each page keeps its own.
    """
    numbered = [each.numbered for each in answers if isinstance(each, Page) and each.numbered]
    is_alike = len({each.network for each in numbered}) == 1
    is_alike = is_alike and not any(isinstance(each, Page) and each.posts for each in answers)
    if is_alike and sum(each.size for each in numbered) <= MOST_POSTS:
        return _with_numbered(answers, together(numbered).columns(salt))
    answers = [each.with_posts() if isinstance(each, Page) else each for each in answers]
    pages = [page for page in answers if isinstance(page, Page) and page.posts]
    last = pages[-1] if pages else None
    posts = [post for page in pages for post in page.posts]
    is_one = len(posts) <= MOST_POSTS and not any(page.ids for page in pages)
    found: list[Answer] = []
    for answer in answers:
        if isinstance(answer, Failed) or answer.columns or len(answer.posts) > MOST_POSTS:
            found.append(answer)
        elif is_one:
            made = columns_of(posts, salt) if answer is last else None
            found.append(replace(answer, posts=(), columns=made))
        else:
            made = columns_of(answer.posts, salt) if answer.posts else None
            found.append(replace(answer, posts=(), columns=made))
    return tuple(found)


def _with_numbered(answers: Sequence[Answer], columns: PostColumns) -> tuple[Answer, ...]:
    """Return answers with `columns` in the last page that has numbered posts."""
    places = [
        place
        for place, each in enumerate(answers)
        if isinstance(each, Page) and each.numbered and each.numbered.size
    ]
    return tuple(
        replace(each, numbered=None, columns=columns if place in places[-1:] else each.columns)
        if isinstance(each, Page)
        else each
        for place, each in enumerate(answers)
    )


def work(source: Source, ask: Ask, fetch: Callable[[Ask], Answer] | None = None) -> Answer:
    """Query `source` once by `fetch`, or by the source's own; runs in a worker."""
    try:
        answer = (fetch or source.fetch)(ask)
        return without_unclean(answer) if isinstance(answer, Page) else answer
    except BaseException as error:
        log.debug("asking %s failed", source.name, exc_info=True)
        return Failed(
            source.name,
            ask,
            Remedy.RETRY,
            f"Reading the answer of {source.name} failed ({type(error).__name__}).",
            "If this continues, update this program and tell its developers.",
        )


def without_unclean(page: Page) -> Page:
    """Return `page` without posts that the ledger can't store or hash."""
    if can_all_be_kept(page.posts):
        return page
    places = [place for place, post in enumerate(page.posts) if can_be_kept(post)]
    if len(places) == len(page.posts):
        return page
    clean = tuple(page.posts[place] for place in places)
    ids = tuple(page.ids[place] for place in places) if page.ids else ()
    lost = len(page.posts) - len(clean)
    posts = f"{lost} post{'s' * (lost != 1)}"
    bad = (*page.bad, f"{posts} with control characters or values out of range")
    return replace(page, posts=clean, ids=ids, bad=bad)


def _begin(lifeline: Connection) -> None:
    """Set up a worker process: ignore Ctrl-C, end with the parent, log like it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    logs.setup()
    go_behind()


def go_behind() -> None:
    """Lower this process's priority, so that the window and the ledger go first."""
    if hasattr(os, "nice"):  # Windows has none
        os.nice(NICENESS)


def _end_with_parent(lifeline: Connection) -> None:
    try:
        lifeline.recv_bytes()
    finally:
        os._exit(0)
