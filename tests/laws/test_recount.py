"""Law 5: the live tally is the recount, always, and under any rules."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import reference
from hypothesis import given
from strategies import contests, fails, law, rounds

from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post
from twittervotes.core.counting.parallel import recounted
from twittervotes.core.counting.running import Count, tally
from twittervotes.core.ledger.known_posts import KnownPosts
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger


@law
@given(rounds, contests, contests)
def recountable(rounds_seen: list[Entry], laid_down: Contest, other: Contest) -> None:
    seen: list[Post] = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "vote.db")
        with Ledger.create(path, laid_down, 1) as ledger:
            count = Count(laid_down, ledger)
            for entry in rounds_seen:
                seen += entry.posts
                changes = ledger.append([entry], 1)
                count.add(changes.added)
                count.remove(changes.removed)
                assert count.tally() == tally(ledger.posts(), laid_down)
                assert reference.numbers(count.tally()) == reference.count(seen, laid_down)
            with Reader(path) as reader:
                for rules in (laid_down, other):
                    again = recounted(reader, rules, (), None)
                    assert reference.numbers(again) == reference.count(seen, rules)


def test_the_live_tally_equals_the_recount() -> None:
    recountable()


def test_keeping_replaced_ballots_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Count, "remove", lambda self, posts: None)
    fails(recountable)


def test_reusing_an_old_tally_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Count.tally
    monkeypatch.setattr(Count, "tally", lambda self: vars(self).setdefault("kept", make(self)))
    fails(recountable)


def test_counting_superseded_versions_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(KnownPosts, "current", lambda self, batch: batch)
    fails(recountable)
