"""A network unreachable for ten minutes, a computer asleep for an hour: in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import FakeSource, StillClock, post

from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Failed, Page
from twittervotes.core.contest.snapshot import Snapshot, SourceState, State
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session

OPENS_MS = 1_700_000_000_000
SECOND_MS, MINUTE_MS = 1000, 60_000
EVERY_MS = 10_000
POSTS_EVERY_MS = 5_000
SOURCE = FakeSource()


class Network:
    """A post every five seconds, each by another account; `is_away` says when it is unreachable."""

    def __init__(self, clock: StillClock, is_away: Callable[[int], bool]) -> None:
        self._clock, self._is_away = clock, is_away

    def answer(self, ask: Ask) -> Page | Failed:
        at_ms = self._clock.today_ms - OPENS_MS
        if self._is_away(at_ms):
            return SOURCE.failed(ask)
        newest = at_ms // POSTS_EVERY_MS
        first = 0 if ask.sweep or not ask.since else int(ask.since) + 1
        found = [post(n, at_ms=OPENS_MS + n * POSTS_EVERY_MS) for n in range(first, newest + 1)]
        return replace(SOURCE.page(ask, *found, newest=str(newest)), ahead_ms=0)


def counted(
    path: Path,
    clock: StillClock,
    lasts_ms: int,
    is_away: Callable[[int], bool] = lambda _: False,
    sleeps_ms: tuple[int, int] = (0, 0),
) -> list[Snapshot]:
    """Count a vote second by second to its end; during sleep nothing happens but time passes."""
    contest = Contest("?", (Choice("debian"),), opens_ms=OPENS_MS, closes_ms=OPENS_MS + lasts_ms)
    network, shown = Network(clock, is_away), []
    with Ledger.create(path, contest, OPENS_MS) as ledger:
        session = Session(ledger, (SOURCE,), clock.clock(), every_ms=EVERY_MS, settle_ms=5000)
        session.begin()
        while not shown or shown[-1].state is not State.PROVISIONAL:
            assert clock.today_ms < OPENS_MS + 3 * lasts_ms, "it never ends"
            if session.due(SOURCE):
                session.record([network.answer(session.ask(SOURCE))])
            shown.append(session.tick())
            clock.forward(SECOND_MS)
            from_ms, to_ms = (OPENS_MS + edge for edge in sleeps_ms)
            if from_ms <= clock.today_ms < to_ms:
                clock.forward(to_ms - clock.today_ms)
    return shown


def votes(lasts_ms: int) -> int:
    return lasts_ms // POSTS_EVERY_MS


def test_a_ten_minute_outage_is_reported_and_caught_up(
    tmp_path: Path,
) -> None:
    away = range(5 * MINUTE_MS, 15 * MINUTE_MS)
    lasts_ms = 30 * MINUTE_MS
    clock = StillClock(OPENS_MS)
    shown = counted(tmp_path / "v.votes", clock, lasts_ms, away.__contains__)
    at_its_height = next(each for each in shown if each.now_ms >= OPENS_MS + away[-1])
    (source,) = at_its_height.sources
    (gap,) = source.gaps
    assert source.doing is SourceState.TROUBLE
    assert abs(gap.from_ms - OPENS_MS - away[0]) <= EVERY_MS + SECOND_MS
    assert gap.to_ms == at_its_height.now_ms
    last = shown[-1]
    assert (last.tally.votes, last.sources[0].gaps) == ((votes(lasts_ms),), ())
    back = next(each for each in shown if each.now_ms >= OPENS_MS + 20 * MINUTE_MS)
    assert back.sources[0].gaps == (), "the longest back-off is five minutes"


@pytest.mark.parametrize("goes_on", [True, False], ids=["counted", "not-counted"])
def test_an_hour_of_sleep_loses_no_post(tmp_path: Path, goes_on: bool) -> None:
    """Whether the steady clock runs while a computer sleeps depends on the system."""
    lasts_ms, sleeps_ms = 90 * MINUTE_MS, (10 * MINUTE_MS, 70 * MINUTE_MS)
    clock = StillClock(OPENS_MS) if goes_on else Drowsy(OPENS_MS)
    shown = counted(tmp_path / "v.votes", clock, lasts_ms, sleeps_ms=sleeps_ms)
    woken = next(each for each in shown if each.now_ms > OPENS_MS + sleeps_ms[1] + EVERY_MS)
    assert woken.tally.total >= votes(sleeps_ms[1])
    assert (shown[-1].tally.votes, shown[-1].sources[0].gaps) == ((votes(lasts_ms),), ())
    assert shown[-1].now_ms < OPENS_MS + lasts_ms + MINUTE_MS, "the end comes in its time"


def test_sleeping_over_the_end_loses_no_post(tmp_path: Path) -> None:
    lasts_ms, sleeps_ms = 30 * MINUTE_MS, (10 * MINUTE_MS, 70 * MINUTE_MS)
    shown = counted(tmp_path / "v.votes", StillClock(OPENS_MS), lasts_ms, sleeps_ms=sleeps_ms)
    assert (shown[-1].tally.votes, shown[-1].sources[0].gaps) == ((votes(lasts_ms),), ())


class Drowsy(StillClock):
    """A clock whose steady time stops while the computer sleeps."""

    def forward(self, ms: int) -> None:
        self.today_ms += ms
        self.steady_ms += ms if ms == SECOND_MS else 0
