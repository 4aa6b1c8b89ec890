"""The outcome of a ledger alone is what the session showed, and what other rules would show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from samples import CLOSES, OPENS, contest, page, post

from twittervotes.core.contest.acts import Act, ActKind, State
from twittervotes.core.contest.contest import PerAccount, Withdrawn
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.counting.parallel import recounted
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger

TWITTER = Entry("source", "twitter", {"network": "x", "complete": False, "queries": ["#a"]})
OTHER = Entry("source", "other", {"network": "x", "complete": True, "queries": ["#a"]})
POSTS = (
    post("1", voter="ann"),
    post("2", "ubuntu", voter="ann", at_ms=OPENS + 2000),
    post("3", "arch", voter="bob"),
    post("4", "arch", voter="cem", at_ms=CLOSES),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "vote.votes"
    with Ledger.create(path, contest(), OPENS) as ledger:
        ledger.append([TWITTER, OTHER, page(POSTS[:3])], OPENS)
        ledger.append([page([POSTS[3]], source="other"), page([POSTS[0]], source="other")], OPENS)
        ledger.append([Entry("failed", "twitter", {"feed": "all", "message": "Away."})], OPENS)
    return path


def test_a_ledgers_outcome_equals_the_live_count(path: Path) -> None:
    with Reader(path) as reader:
        found = outcome(reader)
    assert found.tally == tally(POSTS, contest())
    assert found.tally.votes == (1, 0, 1)
    twitter, other = found.sources
    assert (twitter.name, twitter.requests, twitter.failed, twitter.posts) == ("twitter", 2, 1, 3)
    assert (twitter.completeness, other.completeness) == ("at least", "exact")
    assert len(found.digest) == 64


def test_other_rules_give_what_they_would_have_given(path: Path) -> None:
    last = contest(per_account=PerAccount.LAST)
    with Reader(path) as reader:
        assert outcome(reader, last).tally.votes == (0, 1, 1)
        assert outcome(reader, replace(contest(), closes_ms=None)).tally.votes == (1, 0, 2)


def test_leaving_a_source_out_equals_never_querying_it(path: Path) -> None:
    with Reader(path) as reader:
        without = outcome(reader, without=["twitter"])
        assert without.tally == tally([POSTS[0], POSTS[3]], contest())
        assert [source.name for source in without.sources] == ["other"]
        assert outcome(reader, without=["other"]).tally == tally(POSTS[:3], contest())


def test_a_withdrawn_post_counts_only_if_the_rules_keep_it(path: Path) -> None:
    gone = post("1", voter="ann", kind="withdrawn", tags="", revision=9)
    with Ledger.reopen(path) as ledger:
        ledger.append([page([gone])], OPENS)
    with Reader(path) as reader:
        assert outcome(reader).tally.votes == (0, 1, 1)
        assert outcome(reader, contest(withdrawn=Withdrawn.KEEP)).tally.votes == (1, 0, 1)


def test_the_state_is_that_of_the_acts(path: Path) -> None:
    with Ledger.reopen(path) as ledger:
        ledger.act(Act(ActKind.SETTLED, CLOSES))
        ledger.act(Act(ActKind.CERTIFIED, CLOSES, "Ada"))
    with Reader(path) as reader:
        assert outcome(reader).state is State.CERTIFIED


def test_a_recount_reports_its_progress(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twittervotes.core.ledger.reader.AT_ONCE", 20)
    many = [post(f"n{number}") for number in range(50)]
    with Ledger.reopen(path) as ledger:
        for start in range(0, 50, 10):
            ledger.append([page(many[start : start + 10])], OPENS)
    told: list[int] = []
    with Reader(path) as reader:
        recounted(reader, reader.contest, (), told.append)
        assert told[-1] == reader.posts
    assert len(told) > 1
