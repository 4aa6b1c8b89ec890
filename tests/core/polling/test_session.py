"""One contest, counted step by step with a stopped clock."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import FakeSource, StillClock, post

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Choice, Contest, Rules
from twittervotes.core.contest.posts import Post, Quota, Remedy, Verdict
from twittervotes.core.contest.snapshot import Snapshot, SourceState, State
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.counting.running import tally
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.core.polling.session import Session

OPENS_MS = 1_700_000_000_000
MINUTE_MS = 60_000
CHOICES = (Choice("debian"), Choice("ubuntu"))
CONTEST = Contest("Which?", CHOICES, opens_ms=OPENS_MS, closes_ms=OPENS_MS + MINUTE_MS)
SOURCE = FakeSource()


class World:
    """A ledger's file, a clock, and the session that a test is about."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path = path
        self.clock = StillClock(OPENS_MS)
        self._stack = stack
        self.sources: tuple[FakeSource, ...] = (SOURCE,)

    def open(self, contest: Contest = CONTEST) -> Session:
        self.ledger = self._stack.enter_context(Ledger.create(self.path, contest, OPENS_MS))
        return self._session()

    def reopen(self) -> Session:
        """Take the ledger up again, as after a crash: nothing of the old session is used."""
        self.ledger.close()
        self.ledger = self._stack.enter_context(Ledger.reopen(self.path))
        return self._session()

    def _session(self) -> Session:
        self.session = Session(
            self.ledger, self.sources, self.clock.clock(), every_ms=1000, settle_ms=5000
        )
        self.session.begin()
        return self.session

    def poll(self, *posts: Post, newest: str = "", token: str = "") -> Snapshot:
        """Let one request be made and answered."""
        assert self.session.due(SOURCE)
        ask = self.session.ask(SOURCE)
        return self.session.record([SOURCE.page(ask, *posts, newest=newest, token=token)])

    def fail(self, remedy: Remedy = Remedy.RETRY, message: str = "Away.") -> Snapshot:
        assert self.session.due(SOURCE)
        return self.session.record([SOURCE.failed(self.session.ask(SOURCE), remedy, message)])

    def forward(self, ms: int) -> Snapshot:
        self.clock.forward(ms)
        return self.session.tick()

    def acts(self) -> list[ActKind]:
        return [act.does for act in self.ledger.acts]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(tmp_path / "vote.votes", stack)


def at(second: float) -> int:
    return OPENS_MS + int(second * 1000)


def test_a_new_contest_is_opened_by_an_act_and_polled_at_once(world: World) -> None:
    session = world.open()
    assert world.acts() == [ActKind.OPENED]
    assert session.snapshot().state is State.OPEN
    assert session.due(SOURCE)
    assert session.snapshot().sources[0].doing is SourceState.READY


def test_posts_are_counted_once_however_often_they_are_seen(world: World) -> None:
    world.open()
    first = post(1, at_ms=at(1))
    shown = world.poll(first, post(2, "ubuntu", at(2)), newest="2")
    assert shown.tally.votes == (1, 1)
    world.forward(1000)
    shown = world.poll(first, post(3, at_ms=at(3)), newest="3")
    assert shown.tally.votes == (2, 1)
    assert (shown.sources[0].posts, shown.sources[0].votes) == (3, 3)
    assert shown.sources[0].requests == 2


def test_an_edited_post_counts_in_its_latest_version_only(world: World) -> None:
    world.open()
    first = post(1, "debian", at(1))
    assert world.poll(first, newest="1").tally.votes == (1, 0)
    world.forward(1000)
    shown = world.poll(first._replace(tags="ubuntu", revision=1), newest="1")
    assert shown.tally.votes == (0, 1)
    assert shown.tally.posts == 1


def test_what_is_shown_is_committed(world: World) -> None:
    world.open()
    shown = world.poll(post(1, at_ms=at(1)), newest="1")
    with sqlite3.connect(f"file:{world.path}?mode=ro", uri=True) as db:
        (kept,) = db.execute("SELECT sum(size) FROM pages").fetchone()
        (digest,) = db.execute("SELECT digest FROM entries ORDER BY n DESC LIMIT 1").fetchone()
    db.close()
    assert kept == shown.tally.posts == 1
    assert digest.hex() == shown.digest


def test_several_answers_are_written_in_one_transaction(world: World) -> None:
    other = FakeSource("other")
    world.sources = (SOURCE, other)
    session = world.open()
    statements: list[str] = []
    world.ledger._db.set_trace_callback(statements.append)
    one, two = session.ask(SOURCE), session.ask(other)
    shown = session.record(
        [SOURCE.page(one, post(1, at_ms=at(1))), other.page(two, post(2, at_ms=at(1)))]
    )
    assert statements.count("COMMIT") == 1
    assert [source.posts for source in shown.sources] == [1, 1]


def test_an_unwritten_answer_is_not_counted(world: World) -> None:
    session = world.open()
    world.poll(post(1, at_ms=at(1)), newest="1")
    world.forward(1000)
    ask = session.ask(SOURCE)
    world.ledger._db.execute("PRAGMA query_only = 1")
    with pytest.raises(LedgerError):
        session.record([SOURCE.page(ask, post(2, at_ms=at(1)), newest="2")])
    shown = session.snapshot()
    assert (shown.tally.total, shown.sources[0].posts, shown.sources[0].requests) == (1, 1, 1)


def test_pause_and_resume_work_to_the_second_in_favour_of_the_voters(world: World) -> None:
    session = world.open()
    world.forward(10_400)
    assert session.operate(Act(ActKind.PAUSED)).state is State.PAUSED
    assert session.due(SOURCE), "a paused vote is read all the same"
    world.forward(10_000)
    assert session.operate(Act(ActKind.RESUMED)).state is State.OPEN
    assert world.ledger.contest.pauses == ((at(11), at(20)),)
    shown = world.poll(*(post(n, at_ms=at(n)) for n in (10, 11, 19, 20)), newest="20")
    assert shown.tally.total == 2
    assert dict(shown.tally.verdicts)[Verdict.PAUSED] == 2


def test_a_pause_takes_votes_out_again_that_were_counted(world: World) -> None:
    session = world.open()
    assert world.poll(post(1, at_ms=at(30)), newest="1").tally.total == 1
    world.forward(20_000)
    assert session.operate(Act(ActKind.PAUSED)).tally.total == 0


def test_closing_applies_from_the_next_full_second(
    world: World,
) -> None:
    session = world.open(replace(CONTEST, closes_ms=None))
    world.forward(9_300)
    session.operate(Act(ActKind.CLOSED))
    assert world.ledger.contest.closes_ms == at(10)
    world.forward(1000)
    shown = world.poll(post(9, at_ms=at(9)), post(10, at_ms=at(10)), newest="10")
    assert shown.state is State.CLOSING
    assert shown.tally.total == 1
    assert dict(shown.tally.verdicts)[Verdict.LATE] == 1


@pytest.mark.parametrize("does", [ActKind.PAUSED, ActKind.RESUMED, ActKind.CLOSED])
def test_what_the_state_does_not_allow_changes_nothing(world: World, does: ActKind) -> None:
    session = world.open()
    world.forward(2 * MINUTE_MS)
    before = world.acts(), world.ledger.contest
    assert session.operate(Act(does)).refused.endswith(".")
    assert (world.acts(), world.ledger.contest) == before


def test_the_clock_closes_a_vote_and_says_so_once(world: World) -> None:
    world.open()
    assert world.forward(MINUTE_MS - 1).state is State.OPEN
    assert world.forward(1).state is State.CLOSING
    world.forward(100)
    assert world.acts() == [ActKind.OPENED, ActKind.CLOSED]
    assert world.ledger.acts[-1].by == "the clock"


def test_the_result_is_complete_only_after_the_sweep(
    world: World,
) -> None:
    session = world.open()
    world.poll(post(5, at_ms=at(5)), newest="5")
    world.forward(MINUTE_MS)
    shown = world.poll(newest="5")  # late posts are read on
    assert shown.sources[0].words == "polling"
    assert world.forward(4999).state is State.CLOSING
    world.forward(1)
    ask = session.ask(SOURCE)
    assert (ask.sweep, ask.since) == (True, "")
    shown = session.record([SOURCE.page(ask, post(4, at_ms=at(4)), newest="5", token="3")])
    assert shown.state is State.CLOSING
    assert shown.sources[0].words == "reading all once more"
    assert world.forward(100).state is State.CLOSING
    shown = world.poll(post(3, "ubuntu", at(3)))
    assert shown.tally.votes == (2, 1)
    shown = world.forward(100)
    assert shown.state is State.PROVISIONAL
    assert shown.sources[0].doing is SourceState.DONE
    assert shown.sources[0].completeness == "exact"
    assert not session.due(SOURCE)
    assert world.acts() == [ActKind.OPENED, ActKind.CLOSED, ActKind.SETTLED]


def test_the_sweep_waits_for_the_grace_too(world: World) -> None:
    session = world.open(replace(CONTEST, rules=Rules(grace_s=20)))
    world.forward(MINUTE_MS + 24_999)
    assert not session.ask(SOURCE).sweep
    world.forward(1)
    assert session.ask(SOURCE).sweep


def test_an_earlier_requests_answer_doesnt_end_the_sweep(
    world: World,
) -> None:
    session = world.open()
    ask = session.ask(SOURCE)
    world.forward(MINUTE_MS + 5000)
    session.record([SOURCE.page(ask, newest="1")])
    assert world.forward(100).state is State.CLOSING
    world.poll()
    assert world.forward(100).state is State.PROVISIONAL


def test_the_schedule_knows_the_sweep_from_the_start(world: World) -> None:
    session = world.open()
    ask = session.ask(SOURCE)
    quota = Quota(180, 10, 15 * MINUTE_MS)
    session.record([replace(SOURCE.page(ask, newest="1"), quota=quota)])
    world.clock.forward(15_000)
    assert session.due(SOURCE), "the vote ends in this window: ten requests are for a minute"


def test_a_source_stopped_for_good_leaves_a_gap_and_an_end(world: World) -> None:
    session = world.open()
    world.poll(post(1, at_ms=at(1)), newest="1")
    world.forward(10_000)
    shown = world.fail(Remedy.STOP, "Wrong keys.")
    assert shown.sources[0].doing is SourceState.STOPPED
    assert shown.sources[0].words == "Wrong keys."
    assert shown.sources[0].advice == "Wait."
    assert shown.sources[0].completeness.startswith("gap ")
    assert not session.due(SOURCE)
    shown = world.forward(MINUTE_MS)
    assert shown.state is State.PROVISIONAL
    (gap,) = shown.sources[0].gaps
    assert (gap.from_ms, gap.to_ms, gap.reason) == (at(0), at(60), "Wrong keys.")
    assert world.reopen().snapshot().sources[0].gaps == (gap,)


def test_waking_a_stopped_source_ends_its_gap(world: World) -> None:
    session = world.open()
    world.fail(Remedy.STOP)
    world.forward(5000)
    assert session.snapshot().sources[0].gaps
    session.update()
    shown = world.poll(post(1, at_ms=at(1)), newest="1")
    assert shown.sources[0].gaps == ()
    assert shown.sources[0].completeness == "exact"


def kept_gaps(world: World) -> list[tuple[int, int, str]]:
    """Return the gaps that a command reports for the ledger as it is now."""
    with Reader(world.path) as reader:
        (source,) = outcome(reader).sources
    assert source.completeness.startswith("gap ") == bool(source.gaps)
    return [(gap.from_ms, gap.to_ms, gap.reason) for gap in source.gaps]


def test_a_stopped_source_is_a_gap_at_once(world: World) -> None:
    world.open()
    world.poll(post(1, at_ms=at(1)), newest="1")
    world.forward(10_000)
    world.fail(Remedy.STOP, "The budget is spent.")
    assert kept_gaps(world) == [(at(0), at(10), "The budget is spent.")]


@pytest.mark.parametrize("remedy", [Remedy.STOP, Remedy.RETRY])
def test_the_final_result_equals_that_of_the_ledger(remedy: Remedy, world: World) -> None:
    session = world.open()
    world.poll(newest="1")
    world.forward(10_000)
    world.fail(remedy, "Away.")
    world.forward(500)
    last = session.end()
    assert kept_gaps(world) == [(at(0), at(10.5), "Away.")]
    (gap,) = last.sources[0].gaps
    assert (gap.from_ms, gap.to_ms, gap.reason) == (at(0), at(10.5), "Away.")


def test_a_stop_is_healed_once_all_is_read_and_not_before(world: World) -> None:
    world.open()
    world.poll(newest="1")
    world.forward(10_000)
    world.fail(Remedy.STOP, "Wrong keys.")
    world.session.end()
    world.clock.forward(20_000)
    world.reopen()
    stop = [(at(0), at(10), "Wrong keys.")]
    assert kept_gaps(world) == stop
    world.poll(newest="3", token="2")
    assert kept_gaps(world) == stop
    shown = world.poll(newest="3")
    assert kept_gaps(world) == []
    assert shown.sources[0].gaps == ()
    assert world.reopen().snapshot().sources[0].gaps == ()


def test_the_latest_stop_replaces_earlier_ones(world: World) -> None:
    session = world.open()
    for second in (5, 10):
        world.clock.forward(5000)
        session.update()
        world.fail(Remedy.STOP, f"Wrong keys at {second}.")
    assert kept_gaps(world) == [(at(0), at(10), "Wrong keys at 10.")]
    world.forward(MINUTE_MS)
    assert session.snapshot().state is State.PROVISIONAL
    assert kept_gaps(world) == [(at(0), at(60), "Wrong keys at 10.")]


def test_a_full_disk_at_the_end_costs_no_result(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LedgerError("The disk is full.")

    session = world.open()
    world.fail(Remedy.STOP)
    monkeypatch.setattr(world.ledger, "append", full)
    assert session.end().sources[0].gaps


def test_a_refused_cursor_leaves_a_gap_in_the_ledger(world: World) -> None:
    world.open()
    world.poll(newest="1")
    world.forward(10_000)
    shown = world.fail(Remedy.RESTART, "Too old.")
    (gap,) = shown.sources[0].gaps
    assert (gap.from_ms, gap.to_ms, gap.reason) == (at(0), at(10), "Too old.")
    assert world.reopen().snapshot().sources[0].gaps == (gap,)


def test_billed_posts_are_known_after_a_crash(world: World) -> None:
    session = world.open()
    for number, billed in enumerate((60, 0, 7)):
        world.forward(5_000)
        answer = replace(SOURCE.page(session.ask(SOURCE), post(number), newest="1"), billed=billed)
        shown = session.record([answer])
    assert shown.sources[0].words == "polling · 67 posts billed"
    assert session.ask(SOURCE).spent == 67
    assert world.reopen().ask(SOURCE).spent == 67
    world.session.record([SOURCE.failed(world.session.ask(SOURCE), Remedy.STOP, "Shut.")])
    assert world.session.snapshot().sources[0].words == "Shut. 67 posts billed."


def test_an_older_ledgers_posts_count_as_billed(world: World) -> None:
    session = world.open()
    world.poll(post(1), post(2), newest="1")
    assert session.ask(SOURCE).spent == 2
    assert "billed" not in session.snapshot().sources[0].words


def test_a_refused_next_page_is_not_a_gap(world: World) -> None:
    world.open()
    world.poll(newest="1", token="b")
    world.forward(10_000)
    shown = world.fail(Remedy.RESTART, "Where was I?")
    assert shown.sources[0].gaps == ()


def test_one_source_stopped_does_not_keep_the_other_from_ending(world: World) -> None:
    other = FakeSource("other")
    world.sources = (SOURCE, other)
    session = world.open()
    session.record([other.failed(session.ask(other), Remedy.STOP)])
    world.forward(MINUTE_MS + 5000)
    world.poll()
    shown = world.forward(100)
    assert shown.state is State.PROVISIONAL
    assert [source.completeness[:3] for source in shown.sources] == ["exa", "gap"]


def test_a_failed_request_is_no_data(world: World) -> None:
    world.open()
    assert world.fail().sources[0].last_ms == 0
    world.forward(5_000)
    shown = world.poll()
    assert shown.sources[0].last_ms == shown.now_ms
    world.forward(5_000)
    assert world.fail().sources[0].last_ms == shown.now_ms


def test_update_asks_every_source_now(world: World) -> None:
    session = world.open()
    world.poll(newest="1")
    assert not session.due(SOURCE)
    session.update()
    assert session.due(SOURCE)


def test_a_scheduled_vote_is_not_polled_before_it_opens(world: World) -> None:
    world.clock.forward(-10_000)
    session = world.open()
    assert session.snapshot().state is State.SCHEDULED
    assert not session.due(SOURCE)
    world.forward(10_000)
    assert session.due(SOURCE)


def test_a_failure_is_recorded_and_shown(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.open()
    shown = world.fail(message="X is away.")
    assert (shown.sources[0].requests, shown.sources[0].failed) == (1, 1)
    assert shown.sources[0].doing is SourceState.TROUBLE
    assert "X is away." in caplog.text
    assert world.reopen().snapshot().sources[0].failed == 1


def test_a_bad_post_is_reported_once_and_ends_exactness(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    session = world.open()
    for _ in range(3):
        page = replace(SOURCE.page(session.ask(SOURCE), newest="1"), bad=("post 7: no time",))
        shown = session.record([page])
        world.forward(1000)
    assert caplog.text.count("post 7: no time") == 1
    assert shown.sources[0].completeness == "at least"
    assert world.reopen().snapshot().sources[0].completeness == "at least"


# --- taking up a ledger -----------------------------------------------------------------------


def test_a_ledger_is_resumed(world: World) -> None:
    world.open()
    world.poll(post(5, at_ms=at(5)), newest="5")
    world.forward(1000)
    shown = world.poll(post(9, "ubuntu", at(6)), newest="9", token="7")
    again = world.reopen()
    assert again.snapshot().tally == shown.tally
    assert again.snapshot().digest == shown.digest
    assert again.snapshot().sources[0].requests == 2
    assert again.snapshot().sources[0].posts == 2
    ask = again.ask(SOURCE)
    assert (ask.since, ask.token) == ("5", "7"), "the round cut short"
    assert world.acts() == [ActKind.OPENED], "taking up is no act"


def test_each_feed_resumes_from_its_own_position(world: World) -> None:
    world.sources = (FakeSource(queries=("a", "b")),)
    session = world.open()
    for newest in ("5", "8"):
        session.record([SOURCE.page(session.ask(SOURCE), newest=newest)])
    again = world.reopen()
    asks = []
    for _ in range(2):
        asks.append(again.ask(SOURCE))
        again.record([SOURCE.page(asks[-1])])
    assert [(ask.feed.name, ask.since) for ask in asks] == [("a", "5"), ("b", "8")]


def test_a_paused_vote_is_resumed_as_paused(world: World) -> None:
    world.open().operate(Act(ActKind.PAUSED))
    assert world.reopen().snapshot().state is State.PAUSED


def test_a_vote_resumed_after_its_end_is_completed(world: World) -> None:
    world.open()
    world.poll(post(1, at_ms=at(1)), newest="1")
    world.clock.forward(24 * 3_600_000)
    world.reopen()
    assert world.session.tick().state is State.CLOSING
    shown = world.poll(post(2, at_ms=at(2)), newest="2")
    assert shown.state is State.CLOSING
    shown = world.forward(100)
    assert shown.state is State.PROVISIONAL
    assert shown.tally.total == 2
    assert world.ledger.acts[1] == Act(ActKind.CLOSED, at(60), "the clock")


def test_a_sweep_resumes_after_a_crash(world: World) -> None:
    world.open()
    world.forward(MINUTE_MS + 5000)
    world.poll(newest="9", token="5")
    again = world.reopen()
    again.tick()
    ask = again.ask(SOURCE)
    assert (ask.sweep, ask.since, ask.token) == (True, "", "5")
    assert again.record([SOURCE.page(ask)]).state is State.CLOSING
    assert world.forward(100).state is State.PROVISIONAL


def test_a_sweep_under_a_wrong_clock_restarts_after_a_crash(world: World) -> None:
    world.open()
    world.clock.today_ms += 3_600_000
    again = world.reopen()
    again.tick()
    ask = again.ask(SOURCE)
    assert ask.sweep
    again.record([SOURCE.page(ask, newest="9", token="5")])
    world.clock.today_ms -= 3_600_000
    again = world.reopen()
    world.forward(MINUTE_MS + 5000)
    ask = again.ask(SOURCE)
    assert (ask.sweep, ask.token) == (True, "")


def test_extending_the_vote_restarts_the_sweep(world: World) -> None:
    world.open()
    world.forward(MINUTE_MS + 5000)
    world.poll(newest="9", token="5")
    world.ledger.act(Act(ActKind.EXTENDED, at(65), until_ms=at(90)))
    again = world.reopen()
    world.forward(35_000)
    ask = again.ask(SOURCE)
    assert (ask.sweep, ask.token) == (True, "")


def test_a_provisional_result_does_not_change(world: World) -> None:
    world.open()
    world.poll(post(1, at_ms=at(1)), newest="1")
    world.forward(MINUTE_MS + 5000)
    world.poll()
    shown = world.forward(0)
    again = world.reopen()
    world.forward(MINUTE_MS)
    assert again.snapshot().state is State.PROVISIONAL
    assert not again.due(SOURCE)
    assert (again.snapshot().digest, again.snapshot().tally) == (shown.digest, shown.tally)


def test_the_live_tally_is_the_recount(world: World) -> None:
    world.open()
    shown = world.poll(
        post(1, at_ms=at(1)),
        post(2, "debian ubuntu", at(2)),
        post(3, at_ms=at(-1)),
        post(4, "ubuntu", at(4), voter="v1"),
        post(5, at_ms=at(5), kind="repost"),
        newest="5",
    )
    assert shown.tally == tally(world.ledger.posts(), world.ledger.contest)
    assert shown.tally.posts == 5


@pytest.mark.parametrize("position", [None, {"cursor": 7}, "gone"])
def test_a_ledger_without_positions_is_refused(world: World, position: object) -> None:
    world.open()
    world.ledger.append([Entry("page", "fake", {"feed": "all", "position": position})], OPENS_MS)
    with pytest.raises(LedgerError, match="damaged"):
        world.reopen()


def test_the_position_is_written_with_its_page(world: World) -> None:
    world.open()
    world.poll(post(5, at_ms=at(5)), newest="5", token="3")
    (row,) = world.ledger._db.execute("SELECT body FROM entries WHERE kind = 'page'").fetchall()
    kept = json.loads(row[0])["position"]
    assert (kept["cursor"], kept["newest"], kept["token"]) == ("", "5", "3")
    ask = world.session.ask(SOURCE)
    assert (ask.feed, ask.since, ask.token) == (SOURCE.feeds(CONTEST)[0], "", "3")


def test_a_silent_source_is_a_gap(world: World) -> None:
    world.open()
    world.poll(newest="1")
    world.forward(10_000)
    shown = world.fail(Remedy.RETRY, "Away.")
    (gap,) = shown.sources[0].gaps
    assert (gap.from_ms, gap.to_ms, gap.reason) == (at(0), at(10), "Away.")
    assert shown.sources[0].completeness.startswith("gap ")
    world.forward(10_000)
    assert world.poll(newest="2").sources[0].gaps == ()


def told_time(world: World, ahead_ms: int | None) -> Snapshot:
    """Let one request be answered by a network whose clock is so far ahead of ours."""
    assert world.session.due(SOURCE)
    page = SOURCE.page(world.session.ask(SOURCE))
    return world.session.record([replace(page, ahead_ms=ahead_ms)])


@pytest.mark.parametrize(("ahead_ms", "words"), [(90_000, "90 s behind"), (-90_000, "90 s ahead")])
def test_a_wrong_clock_is_logged_once_and_shown(
    world: World, caplog: pytest.LogCaptureFixture, ahead_ms: int, words: str
) -> None:
    world.open()
    for jitter_ms in (0, 800, -1500):
        shown = told_time(world, ahead_ms + jitter_ms)
        world.forward(1000)
    assert [words in each.message for each in caplog.records if "clock" in each.message] == [True]
    assert words in shown.sources[0].advice
    assert "set the clock" in shown.sources[0].advice


@pytest.mark.parametrize("ahead_ms", [None, 0, 3000, -9000])
def test_clocks_that_hardly_differ_are_no_trouble(world: World, ahead_ms: int | None) -> None:
    world.open()
    assert told_time(world, ahead_ms).sources[0].advice == ""


def test_a_clock_that_is_set_right_is_no_trouble_any_more(world: World) -> None:
    world.open()
    told_time(world, -90_000)
    world.forward(1000)
    assert told_time(world, -500).sources[0].advice == ""


@pytest.mark.parametrize(
    ("ahead_ms", "waits_ms"),
    [(-90_000, 90_000), (90_000, 0), (-3_600_000, 3_600_000)],
    ids=["behind", "ahead", "an hour behind"],
)
def test_the_sweep_waits_for_the_networks_clock(world: World, ahead_ms: int, waits_ms: int) -> None:
    session = world.open()
    told_time(world, ahead_ms)
    world.forward(MINUTE_MS + 5000 + waits_ms - 1)
    assert not session.ask(SOURCE).sweep
    session.record([SOURCE.page(session.ask(SOURCE))])
    world.forward(1)
    assert session.ask(SOURCE).sweep


def swept(world: World, *posts: Post, bad: tuple[str, ...] = ()) -> Snapshot:
    """Let one request of the sweep be answered."""
    assert world.session.due(SOURCE)
    ask = world.session.ask(SOURCE)
    assert ask.sweep
    shown = world.session.record([replace(SOURCE.page(ask, *posts), bad=bad)])
    return shown if world.session.due(SOURCE) else world.session.tick()


def test_an_unreadable_post_in_the_sweep_is_retried(world: World) -> None:
    world.open()
    world.poll(newest="1")
    world.forward(MINUTE_MS + 5000)
    assert swept(world, bad=("post 3: cut",)).state is State.CLOSING
    shown = swept(world, post(3, at_ms=at(3)))
    assert (shown.state, shown.tally.votes) == (State.PROVISIONAL, (1, 0))


def test_an_unreadable_post_doesnt_block_the_sweep(world: World) -> None:
    world.open()
    world.poll(newest="1")
    world.forward(MINUTE_MS + 5000)
    swept(world, bad=("post 3: cut",))
    assert (
        swept(world, bad=("post 3: cut", "post 4: another every time")).state is State.PROVISIONAL
    )


def test_a_bad_post_is_counted_once(world: World) -> None:
    session = world.open()
    bad = ("post 3: cut", "post 4: no time")
    for again in range(3):
        page = replace(SOURCE.page(session.ask(SOURCE)), bad=bad[: again + 1])
        (live,) = session.record([page]).sources
        assert live.unread == min(again + 1, 2)
    (reopened,) = world.reopen().snapshot().sources
    assert reopened.unread == 2
    with Reader(world.path) as reader:
        (recounted,) = outcome(reader).sources
    assert recounted.unread == 2


def test_a_known_bad_post_is_not_requested_again(world: World) -> None:
    session = world.open()
    session.record([replace(SOURCE.page(session.ask(SOURCE)), bad=("post 3: cut",))])
    world.forward(MINUTE_MS + 5000)
    assert swept(world, bad=("post 3: cut",)).state is State.PROVISIONAL


def test_waiting_for_a_network_is_logged_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.open()
    world.fail()
    world.forward(MINUTE_MS + 5000)
    assert "10 minutes" not in caplog.text
    for _ in range(3):
        world.forward(MINUTE_MS)
        world.fail()
    told = [each.message for each in caplog.records if "10 minutes" in each.message]
    assert len(told) == 1
    assert "Ctrl-C" in told[0]


OTHER = FakeSource("other")


@pytest.mark.parametrize(
    ("ahead_ms", "waits_ms"), [(-90_000, 90_000), (-3_600_000, 0), (90_000, 0)]
)
def test_a_slow_network_clock_is_waited_for_within_limits(
    world: World, ahead_ms: int, waits_ms: int
) -> None:
    world.sources = (SOURCE, OTHER)
    session = world.open()
    told_time(world, ahead_ms)
    session.record([replace(OTHER.page(session.ask(OTHER)), ahead_ms=0)])
    world.forward(MINUTE_MS + 5000 + waits_ms - 1)
    assert not session.ask(SOURCE).sweep
    session.record([SOURCE.page(session.ask(SOURCE))])
    world.forward(1)
    assert session.ask(SOURCE).sweep


def test_a_clock_jump_doesnt_close_the_vote(
    world: World,
) -> None:
    session = world.open()
    told_time(world, 0)
    world.clock.today_ms += 3_600_000
    world.forward(1000)
    assert session.snapshot().state is State.OPEN
    assert session.ask(SOURCE).today_ms == at(1)
    shown = session.record([SOURCE.failed(session.ask(SOURCE))])
    assert shown.sources[0].gaps[0].to_ms == at(1)
    assert "3,600 s ahead" in session.record([SOURCE.page(session.ask(SOURCE))]).sources[0].advice


def test_a_premature_sweep_is_taken_back(
    world: World,
) -> None:
    world.clock.today_ms += 3_600_000
    session = world.open()
    world.forward(1)
    ask = session.ask(SOURCE)
    assert ask.sweep
    session.record([replace(SOURCE.page(ask), ahead_ms=-3_600_000)])
    assert world.forward(1000).state is State.OPEN
    assert session.due(SOURCE)
    assert not session.ask(SOURCE).sweep
    session.record([SOURCE.page(session.ask(SOURCE), post(1, at_ms=at(30)), newest="1")])
    world.forward(MINUTE_MS + 5000)
    shown = session.record([SOURCE.page(session.ask(SOURCE), post(1, at_ms=at(30)), newest="1")])
    assert shown.state is State.CLOSING
    assert (world.forward(1).state, shown.tally.votes) == (State.PROVISIONAL, (1, 0))
