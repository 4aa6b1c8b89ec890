"""Law 2: any order of the same pages gives the same tally."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from strategies import contests, fails, law, rounds

from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post, Tally
from twittervotes.core.counting.accounts import Accounts
from twittervotes.core.counting.running import Count
from twittervotes.core.ledger import known_posts
from twittervotes.core.ledger.batch import PostBatch
from twittervotes.core.ledger.writer import Entry, Ledger


def counted(transactions: list[list[Entry]], laid_down: Contest) -> tuple[Tally, list[Post]]:
    """Return the live tally, and the posts, of a ledger into which pages came in this order."""
    with (
        TemporaryDirectory() as folder,
        Ledger.create(Path(folder, "vote.db"), laid_down, 1) as ledger,
    ):
        count = Count(laid_down, ledger)
        for entries in transactions:
            changes = ledger.append(entries, 1)
            count.add(changes.added)
            count.remove(changes.removed)
        return count.tally(), sorted(ledger.posts())


@law
@given(rounds, st.randoms(use_true_random=False), contests)
def order_free(seen: list[Entry], random: object, laid_down: Contest) -> None:
    shuffled = list(seen)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    as_they_came = counted([[entry] for entry in seen], laid_down)
    in_one = counted([shuffled], laid_down)
    backwards = counted([[entry] for entry in reversed(shuffled)], laid_down)
    assert as_they_came == in_one == backwards
    posts = [post for entry in seen for post in entry.posts]
    assert reference.numbers(in_one[0]) == reference.count(posts, laid_down)


def test_pages_in_any_order_give_the_same_tally() -> None:
    order_free()


def test_preferring_the_last_version_to_arrive_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(known_posts, "current_version", lambda versions, *_: list(versions)[-1])
    fails(order_free)


def test_preferring_the_first_ballot_to_arrive_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Accounts, "_winners", lambda *_: np.zeros(0, np.intp))
    fails(order_free)


def test_ignoring_the_network_in_a_posts_name_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    same = known_posts.same

    def by_key_alone(one: PostBatch, other: PostBatch) -> npt.NDArray[np.bool_]:
        return same(one, other) | (one.keys == other.keys)

    monkeypatch.setattr(known_posts, "same", by_key_alone)
    fails(order_free)
