"""When to query a source, and for what: rounds, quota, back-off and the final sweep of one source.

Pure: `now` is in milliseconds of a clock that never jumps, `today_ms` is the time of day; nothing
here knows a network, a thread or Rx. A round goes from the newest post down to the cursor, and the
cursor moves only when the round is complete. The remaining quota is spread over the remaining time
of its window, with a reserve for finishing a round and, if the vote closes before the quota resets,
for the final sweep.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isqrt

from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Quota, Remedy, Sought

FIRST_BACKOFF_MS = 1_000
LONGEST_BACKOFF_MS = 5 * 60_000
FIRST_QUOTA_WAIT_MS = 60_000  # if a network doesn't say when the quota resets
LONGEST_QUOTA_WAIT_MS = 15 * 60_000
PATIENCE_MS = 10 * 60_000  # how long the final sweep is retried while a network is away
QUOTA_PATIENCE_MS = 60 * 60_000  # and how long if it also says that the quota is used up
POSTS_A_PAGE = 100
MOST_RESTARTS = 5  # of rounds that can't be completed
TURNS = 6  # the number of turns in the average


@dataclass(frozen=True, slots=True)
class Position:
    """How far a feed has been read: the values that the ledger stores with every page.

    `cursor` is the newest post of the last complete round; `since`, `newest`, `token` and `sweep`
    belong to the current round, which began at `began_ms`; everything up to `read_ms` has been
    read.
    """

    cursor: str = ""
    since: str = ""
    newest: str = ""
    token: str = ""
    sweep: bool = False
    began_ms: int = 0
    read_ms: int = 0

    def ready(self, *, sweep: bool, today_ms: int) -> Position:
        """Return the position of the next request: in the current round, or else in a new one."""
        if self.token and self.sweep == sweep:
            return self
        since = "" if sweep else self.cursor
        return replace(self, since=since, newest="", token="", sweep=sweep, began_ms=today_ms)

    def after(self, page: Page) -> Position:
        """Return the position after `page`; the cursor moves if the round is complete."""
        newest = page.newest or self.newest
        if page.token and not page.reached:
            return replace(self, newest=newest, token=page.token)
        cursor = newest or self.cursor
        return replace(self, cursor=cursor, newest=newest, token=page.token, read_ms=self.began_ms)


@dataclass(slots=True)
class Schedule:
    """The plan of one source. Call `due`, then `ask`, then `note` with the answer, and repeat.

    `every_ms` is the minimum time between the beginnings of two turns (a turn is a round of every
    feed), `sweeps_at` the time of the final sweep, if it is known.
    """

    feeds: Sequence[Feed]
    opens_ms: int
    every_ms: int
    positions: dict[str, Position] = field(default_factory=dict)
    random: random.Random = field(default_factory=random.Random)
    posts: int = 0
    sweeps_at: int | None = None
    sweeping: bool = False
    done: bool = False
    stopped: bool = False
    failure: Failed | None = None
    quota: Quota | None = None
    next_at: int = 0
    compares: bool = False  # the final sweep is compared with the posts seen before
    _sought: list[tuple[Sought, ...]] = field(
        default_factory=list
    )  # posts to look up, one request each
    _failures: int = 0
    _trouble_since: int = 0  # start of a series of failures without a success
    _away_ms: int = 0  # total back-off without a success; waiting for the quota doesn't count
    _quota_at: int = 0
    _again: Ask | None = None  # repeated because its page could not be read completely
    _restarts: int = 0  # since the last complete round
    _left: list[Feed] = field(default_factory=list)  # feeds whose round is still due in this turn
    _turn_at: int = 0
    _requests: int = 0  # in this turn
    _turns: list[int] = field(default_factory=list)  # requests of the latest turns
    _sweeps: int = 0  # that have begun

    def due(self, now: int) -> bool:
        """Return whether to send a request now."""
        return not (self.stopped or self.done) and now >= self.next_at

    def ask(self, now: int, today_ms: int) -> Ask:
        """Return the next request."""
        if self._sought:
            return Ask(
                self.feeds[0],
                sweep=True,
                opens_ms=self.opens_ms,
                sweep_number=self._sweeps,
                sought=self._sought[-1],
            )
        if not self._left:
            self._left, self._turn_at, self._requests = list(self.feeds), now, 0
        feed = self._left[0]
        at = self.position(feed).ready(sweep=self.sweeping, today_ms=today_ms)
        self.positions[feed.name] = at
        self._requests += 1
        return Ask(
            feed,
            at.since,
            at.token,
            at.sweep,
            self.opens_ms,
            read_ms=at.read_ms,
            left_at=at.newest or at.cursor,
            sweep_number=self._sweeps,
        )

    def note(self, answer: Page | Failed, now: int, *, again: bool = False) -> None:
        """Take in an answer: move the position, and decide when to send the next request.

        With `again` the position stays, so that the page is requested a second time, but not a
        third.
        """
        if answer.quota is not None:
            self.quota, self._quota_at = answer.quota, now
        elif self.quota is not None:  # no quota reported, but the request may have counted
            self.quota = replace(self.quota, remaining=max(0, self.quota.remaining - 1))
        match answer:
            case Page() | Failed(remedy=Remedy.FINISH | Remedy.RESTART) if self.is_stale(answer):
                self.failure, self._failures, self.next_at = None, 0, self._allowed(now)
            case Page() if again and answer.ask != self._again:
                self.failure, self._failures = None, 0
                self._again, self.next_at = answer.ask, self._allowed(now)
            case Page():
                self._note_page(answer, now)
            case Failed(remedy=Remedy.FINISH):
                self._note_page(Page(answer.source, answer.ask, ()), now)
            case Failed():
                self._note_failure(answer, now)

    def wake(self, now: int) -> None:
        """Send a request at the next opportunity, even if stopped; only a quota still delays it."""
        if self.stopped and not self.done:
            self.stopped, self.failure, self._failures, self._restarts = False, None, 0, 0
        if not self.waits_for_quota(now):
            self.next_at = now

    def sweep(self, now: int, since_ms: int = 0, today_ms: int | None = None) -> None:
        """Begin the final sweep: read the whole period once more.

        A sweep that a crash interrupted is continued if it began between `since_ms` and `today_ms`;
        one that began earlier, or by a clock that was ahead, hasn't seen everything. A schedule
        that `compares` starts over, because nobody remembers what the earlier sweep listed.
        """
        self.sweeping = True
        self._sweeps += 1
        self._left, self._sought = [], []
        for name, at in self.positions.items():
            is_late = today_ms is not None and at.began_ms > today_ms
            if at.sweep and at.token and (self.compares or at.began_ms < since_ms or is_late):
                self.positions[name] = replace(at, token="")
        self._trouble_since, self._away_ms = now, 0
        if not self._failures:
            self.next_at = self._allowed(now)

    def seek(self, sought: Sequence[tuple[Sought, ...]], now: int) -> None:
        """Look these posts up, several per request, before the final sweep is done."""
        self._sought = [*reversed(sought)]
        self.done = not sought
        self.next_at = self._allowed(now)

    def take_back_sweep(self, now: int) -> None:
        """Return to normal polling if the final sweep began too early."""
        if self.sweeping:
            self.sweeping = self.done = False
            self._left, self._sought = [], []
            if not (self._failures or self.stopped):
                self.next_at = self._allowed(now)

    def is_stale(self, answer: Page | Failed) -> bool:
        """Return whether an answer belongs to a sweep that was taken back while it was under way.

        What it brings is counted, but it is no part of the present sweep.
        """
        ask = answer.ask
        return ask.sweep and not (self.sweeping and ask.sweep_number == self._sweeps)

    def is_away(self) -> bool:
        """Return whether the source has stopped or keeps failing."""
        failing = self.failure is not None and self.failure.remedy is Remedy.RETRY
        return self.stopped or (failing and not self.done)

    def waits_for_quota(self, now: int) -> bool:
        """Return whether the quota is used up."""
        if self.failure is not None and self.failure.remedy is Remedy.WAIT:
            return now < self.next_at
        return self._allowed(now) > now

    def read_ms(self) -> int:
        """Return the time of day up to which every feed has been read."""
        return min(self.position(feed).read_ms for feed in self.feeds)

    def position(self, feed: Feed) -> Position:
        """Return how far `feed` has been read."""
        return self.positions.get(feed.name, Position())

    def _note_page(self, page: Page, now: int) -> None:
        self.failure, self._failures = None, 0
        if page.ask.sought:
            self._note_looked_up(page, now)
            return
        feed = page.ask.feed
        at = self.position(feed).after(page)
        if at.token and page.reached and not self._has_spare(now):
            at = replace(at, token="")
        self.positions[feed.name] = at
        if not at.token:
            self._restarts = 0
            self._left = [other for other in self._left if other != feed]
            if not self._left:
                self._turns = [*self._turns, max(1, self._requests)][-TURNS:]
                self.done = self.sweeping and at.sweep
        self.next_at = self._next_request(now)

    def _note_looked_up(self, page: Page, now: int) -> None:
        if self._sought and page.ask.sought == self._sought[-1]:
            self._sought.pop()
            self.done = self.sweeping and not self._sought
        self.next_at = self._allowed(now)

    def _note_failure(self, failure: Failed, now: int) -> None:
        waits = failure.remedy is Remedy.WAIT
        if self.failure is None:
            self._trouble_since, self._away_ms = now, 0
        elif waits is not (self.failure.remedy is Remedy.WAIT):
            self._away_ms = self._failures = 0  # a used-up quota is not an absence
        self.failure = failure
        self._failures += 1
        wait = 0
        match failure.remedy:
            case Remedy.STOP:
                self.stopped = True
            case Remedy.WAIT:
                wait = _grown(FIRST_QUOTA_WAIT_MS, self._failures, LONGEST_QUOTA_WAIT_MS)
                if failure.retry_in_ms is not None:  # doubles, in case the advice is wrong
                    wait = max(failure.retry_in_ms, self._backoff())
                wait += self._a_second_or_two()
            case Remedy.RESTART:
                wait = self._restart(failure)
            case _:
                wait = max(self._backoff(), failure.retry_in_ms or 0)
        self.next_at = max(now + wait, self._allowed(now))
        self._away_ms += 0 if waits else wait
        is_away = not waits and self._away_ms >= PATIENCE_MS
        if self.sweeping and (is_away or now - self._trouble_since >= QUOTA_PATIENCE_MS):
            self.stopped = True

    def _restart(self, failure: Failed) -> int:
        """Start the round over, and return how long to wait first.

        If the first page is refused, the cursor is invalid and gets dropped. If pages of a round
        keep being refused, the round could never complete and is abandoned.
        """
        feed, self._restarts = failure.ask.feed, self._restarts + 1
        at = self.position(feed)
        if failure.ask.token:
            self.positions[feed.name] = replace(at, token="")
            self.stopped = self._restarts > MOST_RESTARTS
        else:
            self.positions[feed.name] = Position(read_ms=at.read_ms)
        return 0 if self._restarts == 1 else self._backoff()

    def _next_request(self, now: int) -> int:
        if self._left or self.sweeping:
            return self._allowed(now)
        pace = self._pace(now, self._expected())
        return max(self._allowed(now), self._turn_at + max(self.every_ms, pace))

    def _expected(self) -> int:
        """Return how many requests the next turn is expected to take.

        A burst of posts is usually short. Waiting as if it continued would leave its last posts
        unread for minutes; ignoring it would use up the quota if it does continue. So this is the
        mean of the latest turn and the average.
        """
        return isqrt(min(self._turns) * self._turns[-1]) if self._turns else 1

    def _has_spare(self, now: int) -> bool:
        """Return whether one more request in this turn delays no other turn."""
        if self.quota is None:
            return False
        took = now - self._turn_at
        in_time = took + took // max(1, self._requests) <= self.every_ms
        return in_time and self._pace(now, self._requests + 1) <= self.every_ms

    def _pace(self, now: int, requests: int) -> int:
        """Return the time between turns of `requests` requests so that the quota lasts."""
        if self.quota is None or now >= self._filled_at():
            return 0
        left = self._filled_at() - now
        kept = min(requests, self.quota.remaining // 2)
        if self.sweeps_at is not None and self.sweeps_at < self._filled_at():
            left = max(0, self.sweeps_at - now)
            kept += self._kept_for_sweep(self.quota.remaining - kept)
        usable = self.quota.remaining - kept
        return min(left, left * requests // usable) if usable > 0 else left

    def _kept_for_sweep(self, remaining: int) -> int:
        """Return what the final sweep will take, plus a quarter if there is enough.

        Returns 0 if the sweep can't finish before the quota resets, because then it waits for that
        anyway.
        """
        needed = len(self.feeds) + 1 + self.posts // POSTS_A_PAGE
        return next((kept for kept in (needed * 5 // 4, needed) if kept <= remaining), 0)

    def _allowed(self, now: int) -> int:
        """Return the earliest time at which the quota allows a request."""
        if self.quota is None or self.quota.remaining > 0 or now >= self._filled_at():
            return now
        return self._filled_at() + self._a_second_or_two()

    def _filled_at(self) -> int:
        return self._quota_at + (self.quota.reset_in_ms if self.quota else 0)

    def _backoff(self) -> int:
        wait = _grown(FIRST_BACKOFF_MS, self._failures, LONGEST_BACKOFF_MS)
        return int(wait * (0.5 + self.random.random() / 2))

    def _a_second_or_two(self) -> int:
        return 1000 + int(self.random.random() * 1000)


def _grown(first: int, times: int, longest: int) -> int:
    return min(longest, first << min(times - 1, 20))
