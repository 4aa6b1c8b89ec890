"""Posts that a final sweep no longer lists are looked up, whichever process had seen them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import FakeSource, LookingSource, StillClock, post

from twittervotes.core.contest.contest import Choice, Contest, Rules
from twittervotes.core.contest.posts import Ask, Page, Post, Sought
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.core.contest.versions import found_again, withdrawn
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.merge import merge
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import missed as missed_module
from twittervotes.core.polling.session import Session

OPENS_MS = 1_700_000_000_000
CONTEST = Contest(
    "?", (Choice("debian"), Choice("arch")), opens_ms=OPENS_MS, closes_ms=OPENS_MS + 60_000
)
ONE = LookingSource("one")
OTHER = LookingSource("other", home="2")


class Vote:
    """A vote that can be resumed, and what its sources list at the end."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path, self._stack = path, stack
        self.clock = StillClock(OPENS_MS)
        self.sources: tuple[FakeSource, ...] = (ONE,)
        self.ledger = stack.enter_context(Ledger.create(path, CONTEST, OPENS_MS))
        self.open()

    def open(self) -> None:
        """Start counting, or resume as after a crash, with nothing but the ledger."""
        self.ledger.close()
        self.ledger = self._stack.enter_context(Ledger.reopen(self.path))
        clock = self.clock.clock()
        self.session = Session(self.ledger, self.sources, clock, every_ms=1000, settle_ms=5000)
        self.session.begin()

    def sees(self, source: LookingSource, *posts: Post) -> None:
        self.session.record([source.listing(self.session.ask(source), *posts)])

    def ends(self, **listed: tuple[Post, ...]) -> list[Ask]:
        """End the vote and sweep every source; return the look-ups that follow."""
        self.clock.forward(65_000)
        self.session.tick()
        for source in self.sources:
            ask = self.session.ask(source)
            assert ask.sweep
            posts = listed.get(source.name, ())
            page = (
                source.listing(ask, *posts)
                if isinstance(source, LookingSource)
                else source.page(ask, *posts)
            )
            self.session.record([page])
        self.session.tick()
        return [self.session.ask(source) for source in self.sources if self.session.due(source)]

    def finds(self, ask: Ask, *posts: Post, source: LookingSource = ONE) -> Snapshot:
        self.session.record([Page(source.name, ask, posts)])
        return self.session.tick()


@pytest.fixture
def vote(tmp_path: Path) -> Iterator[Vote]:
    with ExitStack() as stack:
        yield Vote(tmp_path / "vote.votes", stack)


def of(key: int, tags: str = "debian", second: int = 5) -> Post:
    return post(key, tags, OPENS_MS + second * 1000)


def test_unlisted_posts_are_looked_up_after_a_crash_too(vote: Vote) -> None:
    vote.sees(ONE, of(1), of(2), of(3), of(4))
    vote.open()
    (ask,) = vote.ends(one=(of(4),))
    assert ask.sought == (Sought("id of 1", of(1)), Sought("id of 2", of(2)))
    shown = vote.finds(ask, withdrawn(of(1)), of(2, "other")._replace(revision=1))
    assert shown.state is State.CLOSING, "there is one more to look up"
    ask = vote.session.ask(ONE)
    assert ask.sought == (Sought("id of 3", of(3)),)
    shown = vote.finds(ask)
    assert shown.state is State.PROVISIONAL
    assert shown.tally.votes == (2, 0)
    assert shown.tally == tally(vote.ledger.posts(), vote.ledger.contest)
    assert shown.sources[0].gaps == ()


def test_a_crash_while_posts_are_looked_up_restarts_the_sweep(vote: Vote) -> None:
    vote.sees(ONE, of(1), of(2))
    (ask,) = vote.ends(one=(of(2),))
    vote.open()
    (again,) = vote.ends(one=(of(2),))
    assert again.sought == ask.sought


def test_a_crash_restarts_a_compared_sweep(
    vote: Vote,
) -> None:
    vote.sees(ONE, of(1), of(2))
    vote.clock.forward(65_000)
    vote.session.tick()
    vote.session.record([ONE.listing(vote.session.ask(ONE), of(1), token="5")])
    vote.open()
    vote.session.tick()
    ask = vote.session.ask(ONE)
    assert (ask.sweep, ask.token) == (True, "")


def test_what_cannot_change_the_result_is_not_looked_up(vote: Vote) -> None:
    vote.sees(ONE, of(1, "cats"), of(2, second=-5), withdrawn(of(3)), of(4))
    vote.sees(ONE, of(4, "cats")._replace(revision=2))
    assert vote.ends() == []
    assert vote.session.tick().state is State.PROVISIONAL


def test_sources_that_cannot_look_up_end_as_before(vote: Vote) -> None:
    vote.sources = (FakeSource("one"),)
    vote.open()
    vote.session.record([FakeSource("one").page(vote.session.ask(vote.sources[0]), of(1))])
    assert vote.ends() == []
    assert vote.session.tick().state is State.PROVISIONAL


def test_a_post_that_cannot_be_named_is_reported_as_a_gap(vote: Vote) -> None:
    nameless = Page("one", vote.session.ask(ONE), (of(1), of(2, second=9)), newest="9")
    vote.session.record([nameless])
    assert vote.ends() == []
    (gap,) = vote.session.tick().sources[0].gaps
    assert (gap.from_ms, gap.to_ms) == (OPENS_MS + 5000, OPENS_MS + 9000)
    assert "cannot be looked up" in gap.reason


def test_an_emptied_timeline_is_not_looked_up(vote: Vote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missed_module, "MOST_LOOK_UPS", 2)
    vote.sees(ONE, *(of(number, second=number) for number in range(10, 16)))
    (ask,) = vote.ends()
    vote.finds(ask)
    shown = vote.finds(vote.session.ask(ONE))
    assert shown.state is State.PROVISIONAL
    (gap,) = shown.sources[0].gaps
    assert (gap.from_ms, gap.to_ms) == (OPENS_MS + 14_000, OPENS_MS + 15_000)


def test_the_authors_server_decides_if_it_is_queried(vote: Vote) -> None:
    """Posts 1 have no home server here, posts 2 are at home at the other source."""
    vote.sources = (ONE, OTHER)
    vote.open()
    vote.sees(ONE, of(1), of(20), of(21), of(22))
    vote.sees(OTHER, of(1), of(20), of(21), of(22))
    vote.sees(ONE, withdrawn(of(21)))  # told live
    there, here = vote.ends(one=(), other=(of(1), of(20), of(21)))
    assert [each.name for each in there.sought] == ["id of 1", "id of 22"]
    assert [each.name for each in here.sought] == ["id of 21", "id of 22"]
    vote.finds(there, withdrawn(of(1)), withdrawn(of(22)))
    found = found_again(of(21), here.sought[0].post)
    shown = vote.finds(here, found, withdrawn(of(22)), source=OTHER)
    assert shown.state is State.PROVISIONAL
    kinds = {each.key: each.kind for each in vote.ledger.posts()}
    assert kinds == {"1": "withdrawn", "20": "post", "21": "post", "22": "withdrawn"}
    assert shown.tally == tally(vote.ledger.posts(), vote.ledger.contest)


def test_what_its_own_network_reports_is_not_looked_up_as_a_copy(vote: Vote) -> None:
    copy, here = of(1)._replace(network="sky"), of(2)
    for sources, names in (
        ((ONE, FakeSource("sky", "sky")), ["id of 2"]),
        ((ONE,), ["id of 1", "id of 2"]),
    ):
        vote.sources = sources
        vote.open()
        vote.sees(ONE, copy, here)
        (ask,) = vote.ends()
        assert [each.name for each in ask.sought] == names


def begun_an_hour_ahead(vote: Vote, name: str) -> tuple[Vote, Ask]:
    """Return a vote whose program was started while the clock was ahead, so that it sweeps."""
    early = Vote(vote.path.with_name(name), vote._stack)
    early.sees(ONE, of(1), of(2))
    early.clock.today_ms += 3_600_000
    early.open()
    early.session.tick()
    ask = early.session.ask(ONE)
    assert ask.sweep
    return early, ask


def test_a_sweep_that_is_taken_back_forgets_what_it_listed(vote: Vote) -> None:
    early, ask = begun_an_hour_ahead(vote, "early")
    early.session.record([ONE.listing(ask, of(1), of(2), token="5")])
    early.clock.today_ms -= 3_600_000
    early.session.tick()
    (ask,) = early.ends(one=(of(2),))
    assert [each.name for each in ask.sought] == ["id of 1"]


@pytest.mark.parametrize("token", ["", "5"])
def test_a_discarded_sweeps_page_is_not_part_of_the_next(vote: Vote, token: str) -> None:
    """The page was under way while the clock was set right, and until the vote had ended."""
    early, ask = begun_an_hour_ahead(vote, f"early{token}")
    early.clock.today_ms -= 3_600_000
    early.session.tick()
    early.clock.forward(65_000)
    early.session.tick()
    early.session.record([ONE.listing(ask, of(1), of(2), token=token)])
    assert early.session.tick().state is State.CLOSING
    assert early.session.due(ONE)
    ask = early.session.ask(ONE)
    assert (ask.sweep, ask.token) == (True, "")
    early.session.record([ONE.listing(ask, of(2))])
    early.session.tick()
    assert [each.name for each in early.session.ask(ONE).sought] == ["id of 1"]


def test_ids_stay_with_their_posts_in_the_ledger_and_through_a_merge(
    vote: Vote, tmp_path: Path
) -> None:
    vote.sees(ONE, of(1), of(2))
    vote.sees(ONE, of(3), of(2), of(1, "arch")._replace(revision=1), of(4))
    told = dict(vote.ledger.seen_by("one"))
    assert told == {
        "id of 1": of(1, "arch")._replace(revision=1),
        "id of 2": of(2),
        "id of 3": of(3),
        "id of 4": of(4),
    }
    assert list(vote.ledger.seen_by("other")) == []
    vote.sees(ONE, withdrawn(of(3)))
    listed = {of(number)[:2] for number in (1, 2, 3)}
    told["id of 3"] = withdrawn(of(3))
    assert dict(vote.ledger.seen_by("one")) == told
    assert set(dict(vote.ledger.seen_by("one", listed))) == {"id of 3", "id of 4"}
    other = Vote(tmp_path / "other.votes", vote._stack)
    other.sees(ONE, of(2), of(5), of(3))
    vote.ledger.close()
    other.ledger.close()
    merge(tmp_path / "both.votes", [vote.path, other.path])
    with Ledger.reopen(tmp_path / "both.votes") as merged:
        assert dict(merged.seen_by("one")) == {**told, "id of 5": of(5)}


def test_an_unclean_post_takes_its_id_along(vote: Vote) -> None:
    from twittervotes.core.polling.workers import without_unclean

    page = ONE.listing(Ask(ONE.feeds(CONTEST)[0]), of(1), of(2, "a\tb"), of(3))
    assert without_unclean(page).ids == ("id of 1", "id of 3")
    assert without_unclean(replace(page, ids=())).ids == ()


def test_votes_that_keep_deleted_posts_still_notice_edits(tmp_path: Path) -> None:
    kept = replace(CONTEST, rules=replace(Rules(), withdrawn=CONTEST.rules.withdrawn.KEEP))
    with ExitStack() as stack:
        vote = Vote(tmp_path / "kept.votes", stack)
        vote.ledger.close()
        vote.path = tmp_path / "keeping.votes"
        vote.ledger = stack.enter_context(Ledger.create(vote.path, kept, OPENS_MS))
        vote.open()
        vote.sees(ONE, of(1), of(2))
        (ask,) = vote.ends()
        shown = vote.finds(ask, withdrawn(of(1)), of(2, "cats")._replace(revision=1))
        assert shown.tally.votes == (1, 0)
