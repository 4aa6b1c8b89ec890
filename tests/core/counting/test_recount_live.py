"""The cost of an act during a vote, and what is shown during the recount."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from doubles import FakeSource, StillClock
from samples import OPENS, contest, page, post

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import PerAccount, Rules, Tie
from twittervotes.core.contest.posts import FINE_MS, Post
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.counting import checkpoint as checkpoint_module
from twittervotes.core.counting import live
from twittervotes.core.counting.checkpoint import Checkpoint
from twittervotes.core.counting.result import document, is_whole
from twittervotes.core.counting.running import Count, tally
from twittervotes.core.ledger.batch import PostBatch
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling.session import Session

SOURCE = FakeSource()
POSTS = 40
LAST = Rules(per_account=PerAccount.LAST)
BY_HAND = Act(ActKind.ADJUSTED, tag="arch", votes=3, reason="a show of hands")


class Vote:
    """A session over a ledger of 40 posts by 20 accounts, three seconds after the opening."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path, self._stack = path, stack
        self.clock = StillClock(OPENS + 3000)
        posts = [
            post(f"{n:02}", ("debian", "arch")[n > 19], voter=f"voter {n % 20}")
            for n in range(POSTS)
        ]
        self.ledger = stack.enter_context(Ledger.create(path, contest(tie=Tie.DRAW), OPENS))
        self.ledger.append([page(posts)], OPENS)
        self.session = self._session()

    def _session(self) -> Session:
        checkpoint = Checkpoint(self.path.parent / "counts", self.ledger)
        session = Session(
            self.ledger,
            (SOURCE,),
            self.clock.clock(),
            every_ms=1000,
            settle_ms=1000,
            checkpoint=checkpoint,
        )
        session.begin()
        return session

    def read(self, *posts: Post) -> Snapshot:
        return self.session.record([SOURCE.page(self.session.ask(SOURCE), *posts)])

    def reopen(self) -> Snapshot:
        """Take the ledger up again, as after a kill: nothing of the session is used."""
        self.ledger.close()
        self.ledger = self._stack.enter_context(Ledger.reopen(self.path))
        self.session = self._session()
        return self.session.snapshot()

    def recounted(self) -> Snapshot:
        """Go on to the end of the recount."""
        while self.session.is_recounting:
            self.session.recount()
        return self.session.snapshot()


@pytest.fixture
def vote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vote]:
    monkeypatch.setattr(live, "COUNTED", 10)
    monkeypatch.setattr(live, "SEARCHED", 10)
    monkeypatch.setattr(checkpoint_module, "FEW", 1)
    with ExitStack() as stack:
        yield Vote(tmp_path / "vote.votes", stack)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many posts are counted, each time any are."""
    counted: list[int] = []
    add = Count.add

    def noted(self: Count, batch: PostBatch) -> None:
        counted.append(len(batch))
        add(self, batch)

    monkeypatch.setattr(Count, "add", noted)
    return counted


@pytest.mark.parametrize(
    "act",
    [
        BY_HAND,
        Act(ActKind.PAUSED),
        Act(ActKind.EXTENDED, until_ms=OPENS + 60_000),
        Act(ActKind.CLOSED),
        Act(ActKind.RULED, rules=Rules(grace_s=5, tie=Tie.EARLIEST)),
    ],
    ids=lambda act: act.does.value,
)
def test_an_act_that_affects_no_post_reads_none(
    act: Act, vote: Vote, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rows", "current_in", "current", "posts"):
        monkeypatch.setattr(Ledger, name, None)
    shown = vote.session.operate(act)
    assert (shown.refused, shown.recounting, counted) == ("", None, [])
    assert shown.tally.votes == (20, 0, 3 if act is BY_HAND else 0)


def test_a_pause_costs_only_the_posts_of_its_seconds(vote: Vote, counted: list[int]) -> None:
    early = post("early", "arch", at_ms=OPENS + 5000, voter="dora")  # its network is fast
    vote.read(early)
    vote.session.operate(Act(ActKind.PAUSED))
    assert vote.recounted().tally.votes == (20, 0, 0)
    vote.clock.forward(2500)
    vote.session.operate(Act(ActKind.RESUMED))
    shown = vote.recounted()
    assert counted == [1, 1, 1]
    assert shown.tally.votes == (20, 0, 1)
    assert shown.tally == tally(vote.ledger.posts(), vote.ledger.contest)


def test_an_exclusion_costs_the_posts_of_its_account_only(vote: Vote, counted: list[int]) -> None:
    vote.session.operate(Act(ActKind.EXCLUDED, voter="x:voter 7", reason="a bot"))
    shown = vote.recounted()
    assert counted == [2]
    assert shown.tally.votes == (19, 0, 0)
    assert shown.tally == tally(vote.ledger.posts(), vote.ledger.contest)


def test_during_a_recount_the_former_tally_is_shown_and_marked(vote: Vote) -> None:
    shown = vote.session.operate(Act(ActKind.RULED, rules=LAST))
    told = []
    while shown.recounting is not None:
        told.append(shown.recounting)
        assert shown.tally.votes == (20, 0, 0)
        assert shown.recount_words.startswith(f"Recounting… {shown.recounting} %.")
        assert document(shown)["recounting"] == shown.recount_words
        assert not is_whole(shown)
        shown = vote.session.recount()
    assert told == [25, 50, 75]
    assert shown.tally.votes == (0, 0, 20)
    assert "recounting" not in document(shown)
    assert is_whole(shown)


def test_posts_during_a_recount_are_recorded_and_counted(vote: Vote) -> None:
    vote.session.operate(Act(ActKind.RULED, rules=LAST))
    edited = post("03", "ubuntu", voter="voter 3", at_ms=OPENS + 2000, revision=1)
    for new in (edited, post("new", "ubuntu")):
        assert vote.read(new).tally.votes == (20, 0, 0)
        vote.session.recount()
    shown = vote.recounted()
    assert shown.tally.votes == (0, 2, 19)
    assert shown.tally == tally(vote.ledger.posts(), vote.ledger.contest)


@pytest.mark.parametrize("does", [ActKind.ADJUSTED, ActKind.DRAWN, ActKind.CERTIFIED])
def test_an_act_that_depends_on_the_votes_waits_for_the_recount(vote: Vote, does: ActKind) -> None:
    vote.ledger.act(Act(ActKind.SETTLED, OPENS))
    assert vote.session.snapshot().state is State.PROVISIONAL
    rules = Rules(per_account=PerAccount.PER_CHOICE, tie=Tie.DRAW)
    vote.session.operate(Act(ActKind.RULED, rules=rules))
    act = Act(does, tag="arch", votes=3, reason="hands", seed="6 17")
    assert "being recounted" in vote.session.operate(act).refused
    vote.recounted()
    if does is ActKind.CERTIFIED:
        vote.session.operate(Act(ActKind.DRAWN, seed="6 17"))
    assert vote.session.operate(act).refused == ""


def test_another_act_restarts_a_recount(vote: Vote) -> None:
    vote.session.operate(Act(ActKind.RULED, rules=LAST))
    vote.session.recount()
    shown = vote.session.operate(Act(ActKind.EXCLUDED, voter="voter 7", reason="a bot"))
    assert shown.recounting == 25
    assert vote.recounted().tally.votes == (0, 0, 19)


def test_an_act_that_affects_no_post_leaves_a_recount_alone(vote: Vote) -> None:
    vote.session.operate(Act(ActKind.RULED, rules=LAST))
    vote.session.recount()
    assert vote.session.operate(Act(ActKind.PAUSED)).recounting == 50
    shown = vote.recounted()
    assert (shown.state, shown.tally.votes) == (State.PAUSED, (0, 0, 20))


@pytest.mark.parametrize("slices", range(5))
def test_a_vote_killed_during_a_recount_resumes_under_the_new_rules(
    vote: Vote, slices: int
) -> None:
    vote.session.operate(Act(ActKind.RULED, rules=LAST))
    for _ in range(slices):
        vote.session.recount()
    assert vote.reopen().tally.votes == (0, 0, 20)


@pytest.mark.parametrize(
    "act", [Act(ActKind.RULED, rules=LAST), Act(ActKind.EXCLUDED, voter="voter 7", reason="a bot")]
)
def test_ended_during_a_recount_no_half_count_is_kept(vote: Vote, act: Act) -> None:
    vote.session.end()
    (kept,) = (vote.path.parent / "counts").iterdir()
    before = kept.read_bytes()
    shown = vote.session.operate(act)
    vote.read(post("new", "ubuntu"))
    assert shown.recounting is not None
    assert vote.session.end().recount_words
    assert kept.read_bytes() == before
    again = vote.reopen()
    assert again.tally == tally(vote.ledger.posts(), vote.ledger.contest)


def test_an_earlier_opening_moves_the_fine_steps(tmp_path: Path) -> None:
    late = OPENS + FINE_MS - 60_000
    with Ledger.create(tmp_path / "v.votes", contest(closes_ms=None), 1) as ledger:
        live_count = live.LiveCount(ledger)
        posts = [post("1"), post("2", at_ms=late), post("3", at_ms=OPENS - 60_000)]
        live_count.record(ledger.append([page(posts)], 1))
        ledger.act(Act(ActKind.OPENED, OPENS - 3_600_000))
        live_count.follow()
        while live_count.recounting is not None:
            live_count.go_on()
        assert live_count.tally() == tally(ledger.posts(), ledger.contest)


def test_room_is_made_for_about_as_many_accounts_as_there_are(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "a.votes", contest(), OPENS) as ledger:
        assert ledger.estimated_accounts() == 0
        for start in (0, 20_000):  # the second posts of the same accounts
            posts = [post(str(start + n), voter=f"voter {n}") for n in range(20_000)]
            ledger.append([page(posts)], OPENS)
        assert 14_000 < ledger.estimated_accounts() < 26_000  # five standard deviations
        assert live.LiveCount(ledger).tally().total == 20_000
