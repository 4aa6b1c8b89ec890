"""Law 1: a post is one post, however often and by whichever page or source it is seen."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from samples import contest
from strategies import fails, law, rounds

from twittervotes.core.contest.contest import Withdrawn
from twittervotes.core.counting.running import Count
from twittervotes.core.ledger.known_posts import KnownPosts
from twittervotes.core.ledger.writer import Entry, Ledger


@law
@given(rounds)
def once(seen: list[Entry]) -> None:
    names = {(post.network, post.key) for entry in seen for post in entry.posts}
    with (
        TemporaryDirectory() as folder,
        Ledger.create(Path(folder, "vote.db"), contest(), 1) as ledger,
    ):
        count = Count(contest(), ledger)
        for entries in ([entry] for entry in (*seen, *seen)):
            changes = ledger.append(entries, 1)
            count.add(changes.added)
            count.remove(changes.removed)
        held = list(ledger.posts())
        assert len(held) == len(names)
        assert {(post.network, post.key) for post in held} == names
        assert count.tally().posts == len(names)
        again = ledger.append([*seen, *reversed(seen)], 2)
        assert (len(again.added), len(again.removed), sum(again.new)) == (0, 0, 0)


def test_a_post_counts_once() -> None:
    once()


def test_forgetting_known_posts_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(self: Ledger) -> KnownPosts:
        return KnownPosts(self._pages, Withdrawn.DROP)

    monkeypatch.setattr(Ledger, "_known", property(nothing))
    fails(once)


def test_counting_every_row_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KnownPosts, "current", lambda self, batch: batch)
    fails(once)


def test_reporting_changes_twice_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Count, "remove", lambda self, batch: None)
    fails(once)
