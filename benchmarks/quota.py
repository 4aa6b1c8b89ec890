"""What a quota of 180 requests in 15 minutes achieves: the age of the tally, and missed posts.

The real schedule decides, in simulated time, which requests to send. An hour of voting has two
posts per second and, in the middle, one minute with a hundred per second. Three ways are compared:
that of the program, with all hashtags in as few queries as possible; the same schedule with one
query per hashtag; and one request per hashtag in turn for the first page only, as simple counters
do.

    python -m benchmarks.quota [--minutes 60]
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import mean

from benchmarks import telling
from twittervotes.core.contest.contest import Contest, chosen
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Post, Quota, Remedy
from twittervotes.core.polling.schedule import Schedule
from twittervotes.sources.x_v1.source import SHIFT, Twitter

LIMIT, WINDOW_MS = 180, 15 * 60_000
CALM, BURST = 2, 100  # posts per second
MINUTE_MS, SECOND_MS = 60_000, 1000
ANSWERED_IN_MS, TICK_MS = 300, 100
EVERY_MS, SETTLE_MS = 2000, 30_000  # the program's defaults
START_MS = 1_700_000_000_000
COUNT = 100  # posts per page
NUMBERS = (4, 10, 50)  # of choices
AS_WE_DO, ONE_EACH, FIRST_PAGES = "like the program", "one query per hashtag", "first pages only"


@dataclass(slots=True)
class Network:
    """The posts of an hour, and a search with a quota; every ID shows when its post was posted."""

    ids: dict[str, list[int]]  # of each query, in order
    asked: int = 0
    _began: int = -WINDOW_MS
    _used: int = 0

    def found(self, query: str, since: int, up_to: int, now: int) -> tuple[list[int], bool]:
        """Return the newest posts of a range of IDs, and whether there are older ones."""
        ids = self.ids[query]
        high = bisect_right(ids, min(up_to, ((START_MS + now) << SHIFT) - 1))
        low = bisect_right(ids, since)
        return ids[max(low, high - COUNT) : high], high - COUNT > low

    def spent(self, now: int) -> Quota | None:
        """Take a request from the quota; return what is left, or None if it was used up."""
        if now - self._began >= WINDOW_MS:
            self._began, self._used = now, 0
        if self._used == LIMIT:
            return None
        self._used += 1
        self.asked += 1
        return Quota(LIMIT, LIMIT - self._used, self._began + WINDOW_MS - now)

    def answered(self, source: Twitter, ask: Ask, now: int) -> Page | Failed:
        """Answer a request as X does, decoded like by the source of X."""
        quota = self.spent(now)
        if quota is None:
            return Failed(source.name, ask, Remedy.WAIT, "The quota is used up.")
        since = int(ask.since or 0)
        floor = max(0, since - (source.overlap_ms << SHIFT))
        ids, goes_on = self.found(ask.feed.query, floor, int(ask.token or 2**63), now)
        lowest = min(ids, default=0)
        return Page(
            source.name,
            ask,
            tuple(Post("x", str(each), "1", each >> SHIFT, "") for each in ids),
            newest=str(max(*ids, since)) if ids and not ask.token else "",
            token=str(lowest - 1) if goes_on and lowest - 1 > floor else "",
            reached=bool(since) and lowest <= since,
            quota=quota,
        )


@dataclass(slots=True)
class Screen:
    """What is known at any moment: which posts, and up to when all of them."""

    seen: set[int] = field(default_factory=set)
    ages: dict[int, int] = field(default_factory=dict)  # of each second
    burst_in: int = 0  # when the last post of the burst was counted

    def take(self, ids: Sequence[int], now: int, burst: range) -> None:
        new = set(ids) - self.seen
        self.seen |= new
        if any((each >> SHIFT) - START_MS in burst for each in new):
            self.burst_in = now

    def look(self, before: int, now: int, read: int) -> None:
        """Record, for each second from `before` to `now`, the age of what is shown."""
        first = (before // SECOND_MS + 1) * SECOND_MS
        self.ages |= {second: second - read for second in range(first, now + 1, SECOND_MS)}


@dataclass(frozen=True, slots=True)
class Vote:
    """An hour of posts: which queries find them, and when the burst is."""

    queries: tuple[tuple[Feed, tuple[str, ...]], ...]
    ids: dict[str, list[int]]
    minutes: int

    @property
    def burst(self) -> range:
        middle = self.minutes // 2 * MINUTE_MS
        return range(middle, middle + MINUTE_MS)

    def network(self) -> Network:
        """Return a network with the posts that each query finds."""
        return Network(
            {
                feed.query: sorted(one for tag in tags for one in self.ids[tag])
                for feed, tags in self.queries
            }
        )


def posted(tags: Sequence[str], minutes: int) -> dict[str, list[int]]:
    """Return the IDs of each hashtag's posts, in order; the first hashtag is the most popular."""
    chance, ids = random.Random(5), {tag: list[int]() for tag in tags}
    weights = [1 / (place + 2) for place in range(len(tags))]
    number = 0
    for second in range(minutes * 60):
        for _ in range(BURST if minutes // 2 == second // 60 else CALM):
            number += 1
            at_ms = START_MS + second * SECOND_MS + number % SECOND_MS
            ids[chance.choices(tags, weights)[0]].append((at_ms << SHIFT) + number)
    return {tag: sorted(found) for tag, found in ids.items()}


def scheduled(vote: Vote, source: Twitter) -> tuple[Screen, int]:
    """Follow the schedule, including the final sweep; return what was known, and the requests."""
    net, screen, now, told = vote.network(), Screen(), 0, 0
    ends = vote.minutes * MINUTE_MS
    schedule = Schedule([feed for feed, _ in vote.queries], START_MS, EVERY_MS)
    schedule.random, schedule.sweeps_at = random.Random(1), ends + SETTLE_MS
    while not (schedule.done or schedule.stopped):
        if now >= ends + SETTLE_MS and not schedule.sweeping:
            schedule.sweep(now)
        if not schedule.due(now):
            now = max(now + TICK_MS, min(schedule.next_at, ends + SETTLE_MS))
            continue
        ask = schedule.ask(now, START_MS + now)
        answer = net.answered(source, ask, now)
        now += ANSWERED_IN_MS
        if schedule.read_ms() and now < ends:
            screen.look(told, now, schedule.read_ms() - START_MS)
        told = now
        schedule.note(answer, now)
        if isinstance(answer, Page):
            screen.take([int(post.key) for post in answer.posts], now, vote.burst)
            schedule.posts = len(screen.seen)
    return screen, net.asked


def first_pages(vote: Vote) -> tuple[Screen, int]:
    """Query one hashtag after another for its newest posts, as often as the quota allows."""
    net, screen = vote.network(), Screen()
    queries, pause = [feed.query for feed, _ in vote.queries], WINDOW_MS // LIMIT
    read = dict.fromkeys(queries, 0)
    for turn in range(vote.minutes * MINUTE_MS // pause):
        query, now = queries[turn % len(queries)], turn * pause
        net.spent(now)
        ids, _ = net.found(query, 0, 2**63, now)
        if turn >= len(queries):
            screen.look(now - pause, now, min(read.values()))
        read[query] = now
        screen.take(ids, now, vote.burst)
    return screen, net.asked


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--minutes", type=int, help="how long the vote is open")
    options = parser.parse_args()
    minutes = options.minutes or telling.sized(options, 60, 60, 30)
    source, rows, exact = Twitter("", "", "", ""), [], True
    for number in NUMBERS:
        tags = [f"candidate{place + 1}" for place in range(number)]
        contest = Contest("Which one?", chosen(tags)[0])
        ids = posted(tags, minutes)
        ours = Vote(tuple((feed, _named(feed)) for feed in source.feeds(contest)), ids, minutes)
        each = replace(ours, queries=tuple((Feed(f"#{tag}", f"#{tag}"), (tag,)) for tag in tags))
        everything = {one for found in ids.values() for one in found}
        for way, vote in ((AS_WE_DO, ours), (ONE_EACH, each), (FIRST_PAGES, each)):
            screen, asked = first_pages(vote) if way == FIRST_PAGES else scheduled(vote, source)
            missed = len(everything - screen.seen)
            exact = exact and (way == FIRST_PAGES or not missed)
            rows.append(
                (f"{number} choices, {way}", *told(vote, screen), f"{missed:,}", str(asked))
            )
    print(f"{LIMIT} requests in {WINDOW_MS // MINUTE_MS} minutes; {minutes} minutes of voting.\n")
    head = (
        "",
        "queries",
        "mean age, calm",
        "worst",
        "mean age, whole hour",
        "worst",
        "burst known after",
        "missed",
        "requests",
    )
    telling.table(head, rows)
    return telling.ended(exact=exact)


def _named(feed: Feed) -> tuple[str, ...]:
    return tuple(word[1:] for word in feed.query.split() if word.startswith("#"))


def told(vote: Vote, screen: Screen) -> tuple[str, ...]:
    """Return the number of queries, the age of the tally, and how soon a burst is known."""
    calm = [age for second, age in screen.ages.items() if second < vote.burst.start]
    every = list(screen.ages.values())
    ages = (mean(calm), max(calm), mean(every), max(every))
    after = max(0, screen.burst_in - vote.burst.stop)
    return str(len(vote.queries)), *(f"{each / SECOND_MS:.0f} s" for each in (*ages, after))


if __name__ == "__main__":
    raise SystemExit(main())
