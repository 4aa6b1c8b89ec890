"""Excluded accounts on networks that a ledger meets later, as when a plug-in is installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from packs import CONFIRMED, packed
from samples import OPENS, contest, page, post
from tampering import told

from twittervotes.core.contest.acts import CLOCK, Act, ActKind
from twittervotes.core.contest.contest import Rules
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Entry, Ledger

ABOUT = Entry("source", "forum", {"network": "forum", "complete": True, "queries": ["all"]})


def made(path: Path, how: str) -> Ledger:
    """Make a ledger that excludes two accounts by their IDs, before it has any source."""
    names = ("ann", "bob")
    ledger = Ledger.create(path, contest(exclude=names if how == "from the start" else ()), OPENS)
    if how == "by acts":
        for name in names:
            ledger.act(Act(ActKind.EXCLUDED, OPENS, voter=name))
    if how == "by new rules":
        ledger.act(Act(ActKind.RULED, OPENS, rules=Rules(exclude=names)))
    return ledger


def by_the_clock(ledger: Ledger) -> list[str]:
    return [act.voter for act in ledger.acts if act.by == CLOCK]


@pytest.mark.parametrize("how", ["from the start", "by acts", "by new rules"])
@pytest.mark.parametrize("is_introduced", [True, False])
@pytest.mark.parametrize("is_reopened", [True, False])
def test_an_account_stays_excluded_on_a_network_that_comes_later(
    how: str, is_introduced: bool, is_reopened: bool, tmp_path: Path
) -> None:
    path = tmp_path / "vote.votes"
    ledger = made(path, how)
    if is_reopened:
        ledger.close()
        ledger = Ledger.reopen(path)
    posts = [post("1", voter="ann", network="forum"), post("2", voter="cem", network="forum")]
    with ledger:
        if is_introduced:
            ledger.append([ABOUT], OPENS)
        change = ledger.append([page(posts[:1], source="forum"), page(posts[1:], "forum")], OPENS)
        assert change.new == (1, 1)
        assert by_the_clock(ledger) == ["ann", "bob"]
        ledger.append([page([post("3", voter="bob", network="forum")], source="forum")], OPENS)
        assert by_the_clock(ledger) == ["ann", "bob"]
        assert ledger.contest.rules.exclude == ("ann", "bob")
    assert verify(path).finding is None
    for with_accounts in (False, True):
        results = packed(path, tmp_path / "pack.zip", with_accounts=with_accounts)
        code, words = told(results)
        assert code == CONFIRMED, words
    code, words = told(path)
    assert code == CONFIRMED, words
    with Reader(path) as reader:
        assert outcome(reader).tally.votes == (1, 0, 0)
    with Ledger.reopen(path) as again:
        again.append([page([post("4", network="forum")], source="forum")], OPENS)
        assert by_the_clock(again) == ["ann", "bob"]


def test_a_later_exclusion_covers_new_networks(
    tmp_path: Path,
) -> None:
    path = tmp_path / "vote.votes"
    with Ledger.create(path, contest(), OPENS) as ledger:
        ledger.append([ABOUT, page([post("1", voter="ann", network="forum")], "forum")], OPENS)
        ledger.act(Act(ActKind.EXCLUDED, OPENS, voter="ann"))
        ledger.append([page([post("2", voter="ann", network="forum")], "forum")], OPENS)
        assert by_the_clock(ledger) == []
    assert told(path)[0] == CONFIRMED


def test_a_readmitted_account_is_not_excluded_again(tmp_path: Path) -> None:
    path = tmp_path / "vote.votes"
    with Ledger.create(path, contest(exclude=("ann", "bob")), OPENS) as ledger:
        ledger.act(Act(ActKind.RULED, OPENS, rules=Rules(exclude=("bob",))))
        posts = [post("1", voter="ann", network="forum"), post("2", voter="bob", network="forum")]
        ledger.append([ABOUT, page(posts, source="forum")], OPENS)
        assert by_the_clock(ledger) == ["bob"]
    assert told(path)[0] == CONFIRMED
    with Reader(path) as reader:
        assert outcome(reader).tally.votes == (1, 0, 0)
