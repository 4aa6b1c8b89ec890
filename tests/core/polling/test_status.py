"""The status of a source as an operator sees it."""

from __future__ import annotations

import random

import pytest
from doubles import FakeSource

from twittervotes.core.contest.clock import of_day
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Quota, Remedy
from twittervotes.core.contest.snapshot import Gap, Record, SourceState, SourceStatus
from twittervotes.core.polling.schedule import Schedule
from twittervotes.core.polling.status import completeness, status

FEED = Feed("a", "#a")
ASK = Ask(FEED)
TODAY_MS = 1_700_000_000_000
NOW = 50_000
SOURCE = FakeSource()


def plan(*answers: Page | Failed) -> Schedule:
    schedule = Schedule((FEED,), TODAY_MS, 1000, random=random.Random(1))
    for answer in answers:
        schedule.ask(NOW, TODAY_MS)
        schedule.note(answer, NOW)
    return schedule


def told(schedule: Schedule, *, ended: bool = False) -> SourceStatus:
    record = Record(requests=7, failed=2, posts=40, last_ms=TODAY_MS)
    return status(
        SOURCE, schedule, record, (), 30, ahead_ms=0, ended=ended, now=NOW, today_ms=TODAY_MS
    )


def page(quota: Quota | None = None) -> Page:
    return Page("fake", ASK, (), newest="1", quota=quota)


def failed(remedy: Remedy = Remedy.RETRY) -> Failed:
    return Failed("fake", ASK, remedy, "X is away.", "Wait a while.")


def test_the_numbers_of_the_record_are_passed_on() -> None:
    shown = told(plan(page(Quota(180, 99, 5000))))
    assert (shown.requests, shown.failed, shown.posts, shown.votes) == (7, 2, 40, 30)
    assert shown.quota == Quota(180, 99, 5000)
    assert (shown.name, shown.last_ms) == ("fake", TODAY_MS)


def test_a_source_not_queried_yet_is_ready() -> None:
    assert told(plan()).doing is SourceState.READY


def test_a_source_that_answers_is_polling_without_advice() -> None:
    shown = told(plan(page()))
    assert (shown.doing, shown.words, shown.advice) == (SourceState.POLLING, "polling", "")


def test_a_used_up_quota_says_until_when_it_waits() -> None:
    schedule = plan(page(Quota(180, 0, 60_000)))
    shown = told(schedule)
    until = of_day(TODAY_MS + schedule.next_at - NOW)
    assert (shown.doing, shown.words) == (SourceState.WAITING, f"waits for its quota until {until}")
    assert told(plan(failed(Remedy.WAIT))).doing is SourceState.WAITING


def test_a_problem_is_shown_with_advice_and_retry_time() -> None:
    shown = told(plan(failed()))
    assert shown.doing is SourceState.TROUBLE
    assert shown.words.startswith("X is away. Next try at ")
    assert shown.advice == "Wait a while."


def test_a_stopped_source_says_why_even_after_the_end() -> None:
    for ended in (False, True):
        shown = told(plan(failed(Remedy.STOP)), ended=ended)
        assert (shown.doing, shown.words) == (SourceState.STOPPED, "X is away.")
        assert shown.advice == "Wait a while."


def test_a_source_is_done_when_nothing_more_will_be_read() -> None:
    assert told(plan(page(Quota(180, 0, 60_000))), ended=True).doing is SourceState.DONE


@pytest.mark.parametrize(
    ("promises", "bad", "words"),
    [(True, 0, "exact"), (True, 1, "at least"), (False, 0, "at least")],
)
def test_completeness_without_a_gap(promises: bool, bad: int, words: str) -> None:
    assert completeness(promises, (), bad) == words


def test_several_gaps_are_shown_as_one_span() -> None:
    gaps = [Gap(TODAY_MS + 60_000, TODAY_MS + 90_000, ""), Gap(TODAY_MS, TODAY_MS + 5000, "")]
    words = completeness(True, gaps, 0)
    assert words == f"gap {of_day(TODAY_MS)}–{of_day(TODAY_MS + 90_000)}"
