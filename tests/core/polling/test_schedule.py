"""The plan of one source, in virtual time: rounds, quota, back-off, sweep."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Post, Quota, Remedy, Sought
from twittervotes.core.polling import schedule as schedule_module
from twittervotes.core.polling.schedule import Position, Schedule

ONE = (Feed("a", "#a"),)
TWO = (Feed("a", "#a"), Feed("b", "#b"))
QUARTER_MS = 15 * 60_000
TODAY_MS = 1_700_000_000_000
TICK_MS = 100


def plan(feeds: tuple[Feed, ...] = ONE, every_ms: int = 1000, seed: int = 1) -> Schedule:
    return Schedule(feeds, TODAY_MS, every_ms, random=random.Random(seed))


def page(ask: Ask, quota: Quota | None = None, **values: object) -> Page:
    return replace(Page("net", ask, ()), quota=quota, **values)  # type: ignore[arg-type]


def failed(ask: Ask, remedy: Remedy = Remedy.RETRY, **values: object) -> Failed:
    return replace(Failed("net", ask, remedy, "Away."), **values)  # type: ignore[arg-type]


def step(schedule: Schedule, now: int, **values: object) -> Ask:
    """Request at `now` and note a page at once."""
    ask = schedule.ask(now, TODAY_MS + now)
    schedule.note(page(ask, **values), now)  # type: ignore[arg-type]
    return ask


@dataclass
class Net:
    """A network with a quota, whose rounds take as many pages as the test wants."""

    limit: int = 180
    window_ms: int = QUARTER_MS
    pages: int = 1
    overlap: int = 0
    sweep_pages: int = 1
    tells_quota: bool = True
    endless: bool = False
    silent: float = 0.0  # share of the requests that count, and are answered without headers
    random: random.Random = field(default_factory=lambda: random.Random(7))
    requests: list[int] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    refused: int = 0
    told_at: int = 0
    _reset_at: int = 0
    _left: int = 0

    def answer(self, ask: Ask, now: int) -> Page | Failed:
        self.requests.append(now)
        if now >= self._reset_at:  # X reports whole seconds
            self._reset_at, self._left = -(-(now + self.window_ms) // 1000) * 1000, self.limit
        allowed, self._left = self._left > 0, max(0, self._left - 1)
        quota = Quota(self.limit, self._left, self._reset_at - now) if self.tells_quota else None
        if not allowed:
            self.refused += 1
            wait = quota.reset_in_ms if quota else None
            return failed(ask, Remedy.WAIT, quota=quota, retry_in_ms=wait)
        if self.random.random() < self.silent:
            return failed(ask)
        return self._page(ask, now, quota)

    def _page(self, ask: Ask, now: int, quota: Quota | None) -> Page:
        pages = self.sweep_pages if ask.sweep else self.pages
        number = int(ask.token or 0) + 1
        overlap = self.overlap if ask.since else 0
        more = self.endless or number < pages + overlap
        reached = bool(ask.since) and number >= pages and not self.endless
        if number == pages:
            self.rounds.append(now)
        return page(
            ask,
            quota,
            newest="" if ask.token else str(now + 1),
            token=str(number) if more else "",
            reached=reached,
        )


def run(
    schedule: Schedule,
    net: Net,
    until: int,
    *,
    start: int = 0,
    latency: int = 200,
    most: int = 5000,
) -> int:
    """Tick the pipeline's clock until then; return the time at which it ended."""
    now = start
    while now < until and not (schedule.done or schedule.stopped):
        if schedule.due(now):
            known = schedule.quota
            if known and known.remaining == 0:
                assert now >= net.told_at + known.reset_in_ms, "asked although the quota is used up"
            ask = schedule.ask(now, TODAY_MS + now)
            now += latency
            answer = net.answer(ask, now - latency // 2)
            net.told_at = now if answer.quota else net.told_at
            schedule.note(answer, now)
            assert len(net.requests) < most, "a busy loop"
        else:
            now = max(now + TICK_MS, -(-schedule.next_at // TICK_MS) * TICK_MS)
    return now


# --- rounds -----------------------------------------------------------------------------------


def test_a_first_round_follows_page_tokens() -> None:
    schedule = plan()
    assert step(schedule, 0, newest="9", token="6") == Ask(ONE[0], opens_ms=TODAY_MS)
    assert step(schedule, 10, token="3") == Ask(ONE[0], token="6", opens_ms=TODAY_MS)
    assert step(schedule, 20) == Ask(ONE[0], token="3", opens_ms=TODAY_MS)
    assert schedule.ask(1000, TODAY_MS) == Ask(ONE[0], since="9", opens_ms=TODAY_MS)


def test_a_round_resumes_after_a_failure() -> None:
    schedule = plan()
    step(schedule, 0, newest="9")
    step(schedule, 2000, newest="20", token="15")
    cut = schedule.ask(2100, TODAY_MS)
    schedule.note(failed(cut), 2200)
    assert schedule.ask(9000, TODAY_MS) == cut == Ask(ONE[0], "9", "15", opens_ms=TODAY_MS)


def test_a_round_resumes_after_a_crash() -> None:
    schedule = plan()
    step(schedule, 0, newest="9")
    step(schedule, 2000, newest="20", token="15")
    again = plan()
    again.positions.update(schedule.positions)
    assert step(again, 0) == Ask(ONE[0], "9", "15", opens_ms=TODAY_MS)
    assert again.positions["a"].cursor == "20"


def test_an_empty_round_keeps_the_cursor() -> None:
    schedule = plan()
    step(schedule, 0, newest="9")
    step(schedule, 2000)
    assert schedule.positions["a"].cursor == "9"


def test_a_round_that_the_network_says_is_over_is_whole() -> None:
    schedule = plan()
    step(schedule, 0, newest="9", token="5")
    schedule.note(failed(schedule.ask(100, TODAY_MS), Remedy.FINISH), 100)
    assert schedule.positions["a"].cursor == "9"
    assert schedule.failure is None
    assert schedule.ask(5000, TODAY_MS).since == "9"


def test_a_refused_cursor_is_dropped_once() -> None:
    schedule = plan()
    step(schedule, 0, newest="9")
    schedule.note(failed(schedule.ask(2000, TODAY_MS), Remedy.RESTART), 2000)
    assert schedule.due(2000)
    ask = schedule.ask(2000, TODAY_MS)
    assert ask.since == ""
    schedule.note(failed(ask, Remedy.RESTART), 2000)
    assert not schedule.due(2000), "a busy loop"


def test_a_refused_next_page_restarts_the_round() -> None:
    schedule = plan()
    step(schedule, 0, newest="9")
    step(schedule, 2000, newest="12", token="b")
    schedule.note(failed(schedule.ask(2000, TODAY_MS), Remedy.RESTART), 2000)
    ask = schedule.ask(2000, TODAY_MS)
    assert (schedule.due(2000), ask.since, ask.token) == (True, "9", "")
    schedule.note(page(ask, newest="13"), 2000)
    assert schedule.positions["a"].cursor == "13"


def test_endlessly_refused_pages_stop_the_source() -> None:
    schedule = plan()
    for _ in range(schedule_module.MOST_RESTARTS + 1):
        assert not schedule.stopped
        now = schedule.next_at
        step(schedule, now, newest="9", token="b")
        schedule.note(failed(schedule.ask(now, TODAY_MS), Remedy.RESTART), now)
    assert schedule.stopped
    schedule.wake(schedule.next_at)
    assert not schedule.stopped
    step(schedule, schedule.next_at, newest="9")
    assert schedule.positions["a"].cursor == "9"


ANSWERS = st.lists(
    st.tuples(
        st.sampled_from(["page", "more", "reached", "failed", "lost", "finish", "crash", "sweep"]),
        st.integers(0, 3000),
    ),
    max_size=60,
)


@given(ANSWERS)
def test_a_cursor_never_moves_before_its_round_is_whole(answers: list[tuple[str, int]]) -> None:
    schedule = plan()
    now, newest = 0, 0
    first = ""  # the newest post of the first page of the round under way
    for kind, later in answers:
        now = max(now + later, schedule.next_at)
        if kind == "crash":
            kept = schedule.positions
            schedule = plan()
            schedule.positions.update(kept)
            continue
        if kind == "sweep":
            schedule.sweep(now)
            continue
        if schedule.done:
            break
        before = schedule.positions.get("a", Position()).cursor
        ask = schedule.ask(now, TODAY_MS)
        if not ask.token:
            newest += 1
            first = str(newest)
        more = kind in ("more", "reached")
        told = page(
            ask,
            newest="" if ask.token else first,
            token=f"{now}-{newest}" if more else "",
            reached=kind == "reached" and bool(ask.since),
        )
        trouble = {"failed": Remedy.RETRY, "finish": Remedy.FINISH, "lost": Remedy.RESTART}
        schedule.note(failed(ask, trouble[kind]) if kind in trouble else told, now)
        after = schedule.positions["a"].cursor
        whole = kind == "page" or (kind == "reached" and bool(ask.since))
        if whole:
            assert after == first
        elif kind == "lost" and not ask.token:
            assert after == "", "what is refused on a first page is the cursor"
        elif kind != "finish":
            assert after == before
        elif after != before:
            assert after == first


def test_a_turn_is_a_round_of_every_feed() -> None:
    schedule = plan(TWO)
    names = [step(schedule, 0, newest="9", token=token).feed.name for token in ("5", "", "4", "")]
    assert names == ["a", "a", "b", "b"]
    assert not schedule.due(999)
    assert schedule.due(1000)


def test_the_slowest_feed_decides_what_was_read() -> None:
    schedule = plan(TWO)
    step(schedule, 10)
    assert schedule.read_ms() == 0, "the second feed has not been read"
    step(schedule, 20, token="5")
    assert schedule.read_ms() == 0
    step(schedule, 30)
    assert schedule.read_ms() == TODAY_MS + 10


def test_a_request_says_how_far_everything_was_read() -> None:
    schedule = plan()
    assert step(schedule, 10, token="5").read_ms == 0
    assert step(schedule, 20).read_ms == 0
    assert step(schedule, 5000, token="6").read_ms == TODAY_MS + 10
    assert step(schedule, 5010).read_ms == TODAY_MS + 10
    assert schedule.ask(9000, TODAY_MS + 9000).read_ms == TODAY_MS + 5000


def test_turns_begin_no_closer_than_the_operator_wants() -> None:
    schedule, net = plan(every_ms=5000), Net(limit=100_000)
    run(schedule, net, 60_000)
    apart = [b - a for a, b in zip(net.requests, net.requests[1:], strict=False)]
    assert len(net.requests) == 12
    assert min(apart) >= 5000


# --- quota ------------------------------------------------------------------------------------


@pytest.mark.parametrize("pages", [1, 4, 7])
def test_the_quota_of_a_window_lasts_for_it_and_is_used(pages: int) -> None:
    schedule, net = plan(), Net(pages=pages)
    run(schedule, net, 3 * QUARTER_MS)
    assert net.refused == 0
    for third in range(9):
        from_ms = third * QUARTER_MS // 3
        made = sum(from_ms <= at < from_ms + QUARTER_MS // 3 for at in net.requests)
        assert 40 <= made <= 80, f"{made} requests in third {third} of a window"
    apart = max(b - a for a, b in zip(net.rounds, net.rounds[1:], strict=False))
    assert apart < 3 * pages * QUARTER_MS / 180, "the count stood still"


def test_the_wait_after_a_burst_is_short() -> None:
    schedule, net = plan(), Net()
    run(schedule, net, 60_000)
    net.pages = 25
    now = max(60_000, schedule.next_at)
    for _ in range(25):
        now = max(now, schedule.next_at)
        ask = schedule.ask(now, TODAY_MS + now)
        schedule.note(net.answer(ask, now), now)
    each_ms = QUARTER_MS / 180
    assert 4 * each_ms < schedule.next_at - now < 7 * each_ms, "and not 25 times as long"


def test_a_burst_is_read_at_once() -> None:
    schedule, net = plan(), Net()
    now = run(schedule, net, 200_000)
    net.pages = 60
    calm = len(net.requests)
    now = run(schedule, net, now + 20_000, start=now)
    assert len(net.requests) - calm >= 60
    net.pages = 1
    run(schedule, net, QUARTER_MS - 1000, start=now)
    assert net.refused == 0
    assert net.requests[-1] > QUARTER_MS - 30_000, "the rest of the window went without a poll"


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("pages", [1, 4])
def test_a_small_quota_neither_locks_nor_spins(limit: int, pages: int) -> None:
    schedule, net = plan(), Net(limit=limit, pages=pages)
    windows = 24
    run(schedule, net, windows * QUARTER_MS)
    assert net.refused == 0
    assert windows * limit // 2 <= len(net.requests) <= (windows + 1) * limit
    assert len(net.rounds) >= windows * limit // 2 // pages
    schedule.sweep(windows * QUARTER_MS)
    net.sweep_pages = 3
    run(schedule, net, (windows + 6) * QUARTER_MS, start=windows * QUARTER_MS)
    assert schedule.done
    assert net.refused == 0


@settings(max_examples=60)
@given(
    limit=st.integers(1, 200),
    window_s=st.integers(10, 900),
    pages=st.integers(1, 6),
    overlap=st.integers(0, 3),
    every_ms=st.integers(0, 10_000),
    latency=st.integers(20, 3000),
    silent=st.sampled_from([0.0, 0.0, 0.2, 0.6]),
    closes=st.floats(0.1, 2.5),
    sweep_pages=st.integers(1, 120),
    seed=st.integers(0, 99),
)
def test_requests_stay_within_the_quota(
    limit: int,
    window_s: int,
    pages: int,
    overlap: int,
    every_ms: int,
    latency: int,
    silent: float,
    closes: float,
    sweep_pages: int,
    seed: int,
) -> None:
    window_ms = window_s * 1000
    net = Net(limit, window_ms, pages, overlap, sweep_pages, silent=silent)
    net.random = random.Random(seed)
    schedule = plan(every_ms=every_ms, seed=seed)
    schedule.posts = sweep_pages * 100
    schedule.sweeps_at = int(closes * window_ms)
    now = run(schedule, net, schedule.sweeps_at, latency=latency)
    schedule.sweep(now)
    net.silent = min(silent, 0.2)
    longest = now + (sweep_pages // limit + 3) * 2 * (window_ms + 2000) + sweep_pages * 60_000
    run(schedule, net, longest, start=now, latency=latency)
    assert schedule.done
    assert net.refused == 0 or silent


@pytest.mark.parametrize("rate", [1, 5, 10])
def test_enough_is_kept_for_a_sweep_inside_the_window(rate: int) -> None:
    """More and more posts appear; at the end the sweep needs no second window."""
    schedule, net = plan(), Net()
    schedule.sweeps_at = closes = 10 * 60_000
    now = 0
    while now < closes:
        schedule.posts = rate * now // 1000
        now = run(schedule, net, min(now + 5000, closes), start=now)
    net.sweep_pages = 1 + schedule.posts // 100
    schedule.sweep(now)
    ended = run(schedule, net, 3 * QUARTER_MS, start=now)
    assert schedule.done
    assert ended < QUARTER_MS, "the sweep had to wait for the quota"
    assert max(b - a for a, b in zip(net.rounds, net.rounds[1:], strict=False)) < 90_000


def test_a_delayed_sweep_reserves_no_quota() -> None:
    schedule, net = plan(), Net(limit=60)
    schedule.sweeps_at, schedule.posts = 10 * 60_000, 50_000
    run(schedule, net, 10 * 60_000)
    assert len(net.requests) >= 50


def test_a_burst_doesnt_spend_the_sweeps_reserve() -> None:
    schedule = plan()
    schedule.posts, schedule.sweeps_at = 8000, 600_000
    step(schedule, 0, newest="1", quota=Quota(180, 105, QUARTER_MS))
    schedule.posts = 8500  # 87 requests, and no longer a quarter more
    step(schedule, 300_000, newest="2", quota=Quota(180, 88, 600_000))
    assert schedule.next_at >= 590_000


def test_an_answer_without_headers_may_have_cost_a_request() -> None:
    schedule = plan()
    step(schedule, 0, newest="1", quota=Quota(180, 1, QUARTER_MS))
    schedule.note(failed(schedule.ask(schedule.next_at, TODAY_MS)), 1000)
    assert schedule.waits_for_quota(1000)
    assert schedule.next_at >= QUARTER_MS


def test_without_headers_of_a_quota_the_operator_alone_sets_the_pace() -> None:
    schedule, net = plan(), Net(limit=10**6, tells_quota=False)
    run(schedule, net, 30_000)
    assert 25 <= len(net.requests) <= 30


def test_repeated_429s_wait_up_to_a_window() -> None:
    schedule = plan()
    now, waits = 0, []
    for _ in range(8):
        ask = schedule.ask(now, TODAY_MS)
        schedule.note(failed(ask, Remedy.WAIT), now)
        assert schedule.waits_for_quota(now)
        assert not schedule.due(now + 59_999)
        waits.append(schedule.next_at - now)
        now = schedule.next_at
    assert waits[0] < 63_000
    assert waits[1] >= 120_000
    assert max(waits) <= QUARTER_MS + 2000
    step(schedule, now)
    schedule.note(failed(schedule.ask(now + 1000, TODAY_MS), Remedy.WAIT), now)
    assert schedule.next_at - now < 63_000, "a success begins the count anew"


def test_other_failures_dont_lengthen_the_quota_wait() -> None:
    schedule = plan()
    waits_of(schedule, 5)
    now = schedule.next_at
    schedule.note(failed(schedule.ask(now, TODAY_MS), Remedy.WAIT), now)
    assert schedule.next_at - now < 63_000


def test_a_429_waits_until_its_reset_and_a_second_or_two() -> None:
    schedule = plan()
    quota = Quota(180, 0, 42_000)
    ask = schedule.ask(5000, TODAY_MS)
    schedule.note(failed(ask, Remedy.WAIT, quota=quota, retry_in_ms=42_000), 5000)
    assert 48_000 <= schedule.next_at <= 49_000


def test_a_429_with_a_past_reset_backs_off() -> None:
    schedule = plan()
    now, requests = 0, 0
    while now < 3_600_000:
        ask = schedule.ask(now, TODAY_MS)
        told = failed(ask, Remedy.WAIT, quota=Quota(180, 0, 0), retry_in_ms=0)
        schedule.note(told, now)
        requests += 1
        now = schedule.next_at
    assert requests < 40


def test_overlap_is_read_if_the_quota_allows() -> None:
    rich, net = plan(every_ms=5000), Net(limit=10_000, overlap=2)
    run(rich, net, 60_000, latency=100)
    assert len(net.requests) == 1 + 11 * 3
    poor, net = plan(every_ms=5000), Net(limit=180, overlap=2)
    run(poor, net, 60_000, latency=100)
    assert len(net.requests) == len(net.rounds)


def test_overlap_never_delays_the_next_turn() -> None:
    schedule, net = plan(every_ms=1000), Net(limit=100_000, overlap=50)
    run(schedule, net, 60_000, latency=400)
    assert len(net.rounds) >= 55


def test_overlap_is_not_read_while_the_quota_is_unknown() -> None:
    schedule, net = plan(), Net(tells_quota=False, limit=10**6, overlap=5)
    run(schedule, net, 30_000)
    assert len(net.requests) == len(net.rounds)


def test_an_endless_round_stays_within_the_quota() -> None:
    schedule, net = plan(), Net(limit=20, endless=True)
    run(schedule, net, 4 * QUARTER_MS)
    assert net.refused == 0
    assert len(net.requests) <= 5 * 20
    assert schedule.positions["a"].cursor == ""
    assert schedule.read_ms() == 0


def test_an_overlap_that_never_ends_keeps_no_new_post_waiting() -> None:
    schedule = plan(every_ms=1000)
    rich = Quota(10**6, 10**6 - 1, QUARTER_MS)
    step(schedule, 0, newest="5", quota=rich)
    fresh = 0
    for now in range(1000, 60_000, 100):
        if schedule.due(now):
            ask = schedule.ask(now, TODAY_MS)
            fresh += not ask.token
            schedule.note(page(ask, rich, newest=str(now), token=str(now), reached=True), now + 90)
    assert fresh >= 50


# --- trouble ----------------------------------------------------------------------------------


def waits_of(schedule: Schedule, times: int) -> list[int]:
    now, waits = 0, []
    for _ in range(times):
        schedule.note(failed(schedule.ask(now, TODAY_MS)), now)
        waits.append(schedule.next_at - now)
        now = schedule.next_at
    return waits


def test_back_off_grows_is_jittered_and_has_a_cap() -> None:
    waits = waits_of(plan(seed=1), 14)
    for number, wait in enumerate(waits):
        full = min(1000 << number, schedule_module.LONGEST_BACKOFF_MS)
        assert full // 2 <= wait <= full
    assert waits != waits_of(plan(seed=2), 14)


def test_a_success_ends_the_back_off() -> None:
    schedule = plan()
    waits_of(schedule, 9)
    step(schedule, 10**6)
    assert schedule.failure is None
    schedule.note(failed(schedule.ask(10**6 + 1000, TODAY_MS)), 10**6 + 1000)
    assert schedule.next_at - (10**6 + 1000) <= 1000


def test_a_network_may_ask_for_a_longer_back_off() -> None:
    schedule = plan()
    schedule.note(failed(schedule.ask(0, TODAY_MS), retry_in_ms=30_000), 0)
    assert schedule.next_at == 30_000


def test_a_stopped_source_is_not_asked_until_the_operator_wakes_it() -> None:
    schedule = plan()
    schedule.note(failed(schedule.ask(0, TODAY_MS), Remedy.STOP), 0)
    assert schedule.stopped
    assert not schedule.due(10**9)
    schedule.wake(10**9)
    assert schedule.due(10**9)
    assert schedule.failure is None


def test_waking_asks_now_but_never_against_the_quota() -> None:
    schedule = plan(every_ms=60_000)
    step(schedule, 0, newest="1")
    schedule.wake(500)
    assert schedule.due(500)
    step(schedule, 500, newest="2", quota=Quota(180, 0, 100_000))
    schedule.wake(600)
    assert not schedule.due(99_999)
    schedule.note(failed(schedule.ask(10**6, TODAY_MS), Remedy.WAIT), 10**6)
    schedule.wake(10**6 + 1)
    assert not schedule.due(10**6 + 1)


def test_waking_ends_a_back_off_once() -> None:
    schedule = plan()
    waits_of(schedule, 8)
    now = schedule.next_at - 10_000
    schedule.wake(now)
    assert schedule.due(now)
    schedule.note(failed(schedule.ask(now, TODAY_MS)), now)
    assert schedule.next_at - now > 60_000


# --- the final sweep --------------------------------------------------------------------------


def test_a_sweep_reads_every_feed_once_more() -> None:
    schedule = plan(TWO)
    for _ in TWO:
        step(schedule, 0, newest="9")
    schedule.sweep(500)
    asks = [step(schedule, 500, newest="10", token=token) for token in ("5", "", "")]
    assert [(ask.feed.name, ask.since, ask.token, ask.sweep) for ask in asks] == [
        ("a", "", "", True),
        ("a", "", "5", True),
        ("b", "", "", True),
    ]
    assert schedule.done
    assert not schedule.due(10**9)


def test_pages_of_an_earlier_round_are_not_the_sweeps() -> None:
    schedule = plan()
    step(schedule, 0, newest="9", token="5")
    ask = schedule.ask(10, TODAY_MS)
    schedule.sweep(20)
    schedule.note(page(ask), 30)
    assert not schedule.done
    assert schedule.ask(40, TODAY_MS) == Ask(ONE[0], sweep=True, opens_ms=TODAY_MS)


def test_a_sweep_cut_short_by_a_crash_starts_over() -> None:
    schedule = plan()
    schedule.sweep(0)
    step(schedule, 0, newest="9", token="5")
    again = plan()
    again.positions.update(schedule.positions)
    assert again.ask(0, TODAY_MS).token == ""
    again.sweep(0)
    again.note(page(Ask(ONE[0])), 0)
    assert not again.done


def test_a_compared_sweep_restarts_after_a_crash() -> None:
    schedule = plan()
    schedule.sweep(0, TODAY_MS, TODAY_MS)
    step(schedule, 0, newest="9", token="5")
    for compares, token in ((False, "5"), (True, "")):
        again = replace(plan(), positions=dict(schedule.positions), compares=compares)
        again.sweep(0, TODAY_MS, TODAY_MS)
        assert again.ask(0, TODAY_MS).token == token


def test_look_ups_precede_the_end_of_a_sweep() -> None:
    schedule = plan()
    schedule.sweep(0)
    step(schedule, 0, newest="9")
    assert schedule.done
    post = Post("net", "1", "v", 1, "debian")
    batches = [(Sought("1", post), Sought("2", post)), (Sought("3", post),)]
    schedule.seek(batches, 10)
    before = dict(schedule.positions)
    assert schedule.due(10)
    first = schedule.ask(10, TODAY_MS)
    schedule.note(failed(first), 20)
    assert not schedule.due(20)
    now = schedule.next_at
    assert schedule.ask(now, TODAY_MS) == first, "it is tried again"
    assert [step(schedule, now).sought for _ in batches] == batches
    assert schedule.done
    assert schedule.positions == before


def test_a_sweep_that_is_taken_back_looks_nothing_up() -> None:
    schedule = plan()
    schedule.sweep(0)
    step(schedule, 0)
    schedule.seek([(Sought("1", Post("net", "1", "v", 1, "debian")),)], 0)
    ask = schedule.ask(0, TODAY_MS)
    schedule.take_back_sweep(0)
    schedule.note(page(ask), 1)
    assert not schedule.done
    assert schedule.ask(1, TODAY_MS).sought == ()


@pytest.mark.parametrize("begins_again", [False, True])
def test_a_page_of_a_sweep_that_was_taken_back_moves_nothing(begins_again: bool) -> None:
    schedule = plan()
    step(schedule, 0, newest="9")
    schedule.sweep(10)
    asked = schedule.ask(10, TODAY_MS)
    schedule.take_back_sweep(20)
    if begins_again:
        schedule.sweep(30)
    before = dict(schedule.positions)
    for answer in (page(asked.after(page(asked, token="5"))), failed(asked, Remedy.RESTART)):
        schedule.note(answer, 40)
        assert (schedule.done, schedule.positions) == (False, before)
    ask = schedule.ask(50_000, TODAY_MS)
    assert (ask.sweep, ask.token) == (begins_again, "")


def test_a_sweep_that_is_refused_for_ten_minutes_stops_the_source() -> None:
    schedule = plan()
    waits_of(schedule, 12)  # away for long before the end of the vote
    now = began = schedule.next_at
    schedule.sweep(now)
    tries = 0
    while not schedule.stopped:
        schedule.note(failed(schedule.ask(now, TODAY_MS)), now)
        now, tries = schedule.next_at, tries + 1
    assert tries > 1, "it is tried, however long the network was away before"
    assert 10 * 60_000 <= now - began <= 21 * 60_000


def test_a_sweep_waits_for_quota_within_limits() -> None:
    schedule = plan()
    schedule.sweep(0)
    now = 0
    while not schedule.stopped:
        told = failed(schedule.ask(now, TODAY_MS), Remedy.WAIT, retry_in_ms=QUARTER_MS)
        schedule.note(told, now)
        now = schedule.next_at
        assert now < 2 * 3_600_000, "it waits for ever"
    assert now > 3 * QUARTER_MS


def test_waiting_for_quota_is_not_counted_as_failing() -> None:
    schedule = plan()
    schedule.sweep(0)
    schedule.note(failed(schedule.ask(0, TODAY_MS), Remedy.WAIT, retry_in_ms=14 * 60_000), 0)
    now = schedule.next_at
    schedule.note(failed(schedule.ask(now, TODAY_MS)), now)
    assert not schedule.stopped


def test_a_sweep_that_fails_in_turns_with_waiting_ends_too() -> None:
    schedule = plan()
    schedule.sweep(0)
    now = 0
    for remedy in (Remedy.WAIT, Remedy.RETRY) * 100:
        schedule.note(failed(schedule.ask(now, TODAY_MS), remedy), now)
        now = schedule.next_at
        if schedule.stopped:
            break
    assert schedule.stopped
    assert now < 2 * 3_600_000


def test_a_sweep_in_trouble_is_done_when_the_network_is_back() -> None:
    schedule = plan()
    schedule.sweep(0)
    for now in (0, 10_000, 20_000):
        schedule.note(failed(schedule.ask(now, TODAY_MS)), now)
    step(schedule, 30_000)
    assert schedule.done
