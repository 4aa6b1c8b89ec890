"""Law 5 with acts: after any act at any moment the live tally is the recount, once it is made."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import acts, contests, fails, law, pages, rulings

from twittervotes.core.contest.acts import Act
from twittervotes.core.contest.affected import Affected
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post
from twittervotes.core.counting import live as live_count
from twittervotes.core.counting.live import LiveCount
from twittervotes.core.counting.running import Count, tally
from twittervotes.core.ledger.batch import PostBatch
from twittervotes.core.ledger.writer import Entry, Ledger

GO_ON = "go on"  # with the recount, by one slice

Happened = tuple[Entry | Act | str, ...]

before = st.lists(pages, min_size=1, max_size=3)
steps = st.one_of(
    st.tuples(st.one_of(acts, pages, st.just(GO_ON))),
    st.tuples(rulings, pages),  # what comes right after a recount has begun
    st.tuples(rulings, st.just(GO_ON), pages, acts),
)
happenings = st.lists(steps, max_size=8)


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a recount of a dozen posts take several slices."""
    for name, rows in (("SEARCHED", 3), ("COUNTED", 2), ("FEW", 2)):
        monkeypatch.setattr(live_count, name, rows)


def follow(pages_seen: list[Entry], happened: list[Happened], laid_down: Contest) -> None:
    seen: list[Post] = []
    with (
        TemporaryDirectory() as folder,
        Ledger.create(Path(folder, "v.db"), laid_down, 1) as ledger,
    ):
        live = LiveCount(ledger)
        for event in (*pages_seen, *chain.from_iterable(happened)):
            match event:
                case Act():
                    ledger.act(event)
                    live.follow()
                case Entry():
                    seen += event.posts
                    live.record(ledger.append([event], 1))
                case _:
                    live.go_on()
            if live.recounting is None:
                is_right(live, ledger, seen)
        while live.recounting is not None:
            assert live.whole is None, "a count that is not whole yet could be kept"
            live.go_on()
        is_right(live, ledger, seen)


# A mutant may fail in one example of a hundred: those are searched for longer.
followed = settings(law, max_examples=150)(given(before, happenings, contests)(follow))
searched = settings(law, max_examples=1500)(given(before, happenings, contests)(follow))


def is_right(live: LiveCount, ledger: Ledger, seen: list[Post]) -> None:
    assert live.tally() == tally(ledger.posts(), ledger.contest)
    assert reference.numbers(live.tally()) == reference.count(seen, ledger.contest)
    assert live.whole is not None


def test_the_live_tally_equals_the_recount_after_any_act() -> None:
    followed()


def test_ignoring_an_act_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveCount, "follow", lambda self: None)
    fails(searched)


def test_overlooking_affected_posts_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_count, "affected", lambda before, after: Affected())
    fails(searched)


def test_forgetting_the_times_of_a_change_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = live_count.affected

    def timeless(before: Contest, after: Contest) -> Affected | None:
        change = right(before, after)
        return change and Affected((), change.voters)

    monkeypatch.setattr(live_count, "affected", timeless)
    fails(searched)


def test_missing_posts_written_during_a_recount_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_count, "up_to", lambda batch, row: batch.at(np.arange(0)))
    fails(searched)


def test_double_counting_posts_written_during_a_recount_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_count, "up_to", lambda batch, row: batch)
    fails(searched)


def test_forgetting_the_latest_time_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    add = Count.add

    def forgetful(self: Count, batch: PostBatch) -> None:
        latest_ms = self.latest_ms
        add(self, batch)
        self.latest_ms = latest_ms

    monkeypatch.setattr(Count, "add", forgetful)
    fails(searched)
