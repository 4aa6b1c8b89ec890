"""Law 1: a post is one post, however often and by whichever page or source it is seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from samples import contest
from strategies import fails, law, rounds

from twittervotes.core.contest.contest import Withdrawn
from twittervotes.core.contest.posts import Placed, Post
from twittervotes.core.counting.running import Count
from twittervotes.core.ledger.dedup import Deduplicator
from twittervotes.core.ledger.queries import POST
from twittervotes.core.ledger.writer import Entry, Ledger


@law
@given(rounds)
def once(seen: list[Entry]) -> None:
    names = {(post.network, post.key) for entry in seen for post in entry.posts}
    with (
        TemporaryDirectory() as folder,
        Ledger.create(Path(folder, "vote.db"), contest(), 1) as ledger,
    ):
        count = Count(contest(), ledger.shelf)
        for entries in ([entry] for entry in (*seen, *seen)):
            changes = ledger.append(entries, 1)
            count.add(changes.added)
            count.remove(changes.removed)
        held = list(ledger.posts())
        assert len(held) == len(names)
        assert {(post.network, post.key) for post in held} == names
        assert count.tally().posts == len(names)
        again = ledger.append([*seen, *reversed(seen)], 2)
        assert (again.added, again.removed, sum(again.new)) == (Placed(), Placed(), 0)


def test_a_post_counts_once_however_often_it_is_seen() -> None:
    once()


def test_a_ledger_that_forgets_what_it_holds_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "_known", lambda self, entries: Deduplicator(Withdrawn.DROP))
    fails(once)


def test_a_ledger_that_gives_out_every_row_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def every_row(db: sqlite3.Connection, _: Withdrawn) -> Iterator[tuple[int, Post]]:
        found = db.execute(f"SELECT seq, {POST} FROM posts")  # noqa: S608 - our words
        return ((seq, Post(*values)) for seq, *values in found)

    monkeypatch.setattr("twittervotes.core.ledger.queries.standing_posts", every_row)
    fails(once)


def test_changes_that_are_told_twice_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Count, "remove", lambda self, posts: None)
    fails(once)
