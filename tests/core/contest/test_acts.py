"""Acts: what the contest is after them, and no vote lost to rounding."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import CLOSES, OPENS, contest

from twittervotes.core.contest.act_kinds import after, after_all
from twittervotes.core.contest.acts import Act, ActKind, second_after, second_before, state
from twittervotes.core.contest.contest import Contest, PerAccount, Rules, checked
from twittervotes.core.contest.snapshot import State


def acted(*acts: Act, on: Contest | None = None) -> Contest:
    held = on or contest()
    for act in acts:
        held = after(held, act)
    return held


times = st.integers(OPENS - 3000, CLOSES + 3000)
acts = st.lists(
    st.builds(Act, st.sampled_from(ActKind), times, until_ms=st.none() | times, rules=st.none())
)


several = st.lists(
    st.builds(
        Act,
        st.sampled_from(
            [ActKind.EXCLUDED, ActKind.EXCLUDED, ActKind.ADJUSTED, ActKind.RULED, *ActKind]
        ),
        times,
        rules=st.none() | st.builds(Rules, exclude=st.sampled_from([(), ("x:a", "x:a", "x:b")])),
        voter=st.sampled_from(["x:a", "x:b", "x:c"]),
        votes=st.integers(-2, 2),
        seed=st.sampled_from("ab"),
    )
)


@given(several)
def test_applying_acts_together_equals_one_by_one(done: list[Act]) -> None:
    laid_down = contest(exclude=("x:b", "x:b"))
    assert after_all(laid_down, done) == acted(*done, on=laid_down)


def test_a_hundred_thousand_exclusions_are_applied_at_once() -> None:
    done = [Act(ActKind.EXCLUDED, OPENS, voter=f"x:{n}") for n in range(100_000)]
    assert len(after_all(contest(), done).rules.exclude) == 100_000


@given(st.integers(-(10**13), 10**13))
def test_seconds_are_rounded_outwards(at_ms: int) -> None:
    before, behind = second_before(at_ms), second_after(at_ms)
    assert before <= at_ms <= behind
    assert before % 1000 == behind % 1000 == 0
    assert behind - before == (1000 if at_ms % 1000 else 0)


@given(acts)
def test_any_acts_leave_a_valid_contest(
    done: list[Act],
) -> None:
    held = checked(acted(*done))
    ends = [time for pause in held.pauses for time in pause if time is not None]
    assert all(time % 1000 == 0 for time in [*ends, held.closes_ms or 0])
    assert all(to_ms is None or from_ms <= to_ms for from_ms, to_ms in held.pauses)
    assert all(to_ms is not None for _, to_ms in held.pauses[:-1])


def test_pauses_are_rounded_in_favour_of_voters() -> None:
    held = acted(Act(ActKind.PAUSED, OPENS + 1001), Act(ActKind.RESUMED, OPENS + 3999))
    assert held.pauses == ((OPENS + 2000, OPENS + 3000),)


def test_a_pause_shorter_than_a_second_keeps_nothing_out() -> None:
    held = acted(Act(ActKind.PAUSED, OPENS + 1001), Act(ActKind.RESUMED, OPENS + 1900))
    assert held.pauses == ((OPENS + 2000, OPENS + 2000),)


def test_a_pause_taken_back_is_as_if_it_never_was() -> None:
    back = Act(ActKind.UNPAUSED, OPENS + 6000, pause_ms=OPENS + 2000)
    pause, resumed = Act(ActKind.PAUSED, OPENS + 1001), Act(ActKind.RESUMED, OPENS + 3999)
    assert acted(pause, resumed, back) == contest()
    assert acted(pause, back) == contest(), "also while it lasts"
    later = acted(pause, resumed, Act(ActKind.PAUSED, OPENS + 5000), back)
    assert later.pauses == ((OPENS + 5000, None),), "another pause stays"
    assert acted(back) == contest()


def test_redundant_pauses_and_resumes_change_nothing() -> None:
    once = acted(Act(ActKind.PAUSED, OPENS))
    assert after(once, Act(ActKind.PAUSED, OPENS + 5000)) == once
    assert acted(Act(ActKind.RESUMED, OPENS)) == contest()


def test_closing_includes_the_current_second() -> None:
    assert acted(Act(ActKind.CLOSED, OPENS + 4001)).closes_ms == OPENS + 5000


def test_closing_never_makes_a_vote_longer_and_extending_may() -> None:
    assert acted(Act(ActKind.CLOSED, CLOSES + 5000)).closes_ms == CLOSES
    extended = Act(ActKind.EXTENDED, OPENS, until_ms=CLOSES + 500)
    assert acted(extended).closes_ms == CLOSES + 1000


def test_a_vote_closed_before_it_opens_lasts_for_a_second() -> None:
    assert acted(Act(ActKind.CLOSED, OPENS - 9000)).closes_ms == OPENS + 1000
    assert acted(Act(ActKind.EXTENDED, OPENS, until_ms=0)).closes_ms == OPENS + 1000


def test_the_operator_closes_a_vote_without_an_end() -> None:
    held = acted(Act(ActKind.CLOSED, OPENS + 60_000), on=replace(contest(), closes_ms=None))
    assert held.closes_ms == OPENS + 60_000


def test_new_rules_take_the_place_of_the_old() -> None:
    rules = Rules(per_account=PerAccount.LAST)
    assert acted(Act(ActKind.RULED, OPENS, rules=rules)).rules == rules


@pytest.mark.parametrize(
    ("done", "now_ms", "expected"),
    [
        ([], OPENS - 1, State.SCHEDULED),
        ([], OPENS, State.OPEN),
        ([ActKind.OPENED], CLOSES - 1, State.OPEN),
        ([], CLOSES, State.CLOSING),
        ([ActKind.PAUSED], OPENS + 1, State.PAUSED),
        ([ActKind.PAUSED, ActKind.RESUMED], OPENS + 1, State.OPEN),
        ([ActKind.PAUSED], CLOSES, State.CLOSING),
        ([ActKind.CLOSED], OPENS + 5000, State.CLOSING),
        ([ActKind.CLOSED, ActKind.SETTLED], CLOSES, State.PROVISIONAL),
        ([ActKind.SETTLED, ActKind.CERTIFIED], CLOSES, State.CERTIFIED),
    ],
)
def test_the_state_of_a_contest(done: list[ActKind], now_ms: int, expected: State) -> None:
    acts = [Act(does, OPENS) for does in done]
    assert state(acted(*acts), acts, now_ms) is expected
