"""The running count over arrays: on any stream of posts it is the count by plain Python."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import CHOICES, CLOSES, OPENS, random_post, random_rules

from twittervotes.core.contest.columns import columns_of
from twittervotes.core.contest.contest import Contest, PerAccount
from twittervotes.core.contest.posts import Post
from twittervotes.core.counting import accounts
from twittervotes.core.counting.accounts import Accounts, key_ranks
from twittervotes.core.counting.running import Count, Loose
from twittervotes.core.ledger.batch import batch_of

KEYS = ("text", "mixed", "numbers")


def key_of(random: Random, kind: str, number: int) -> str:
    """Return a key that no other number has."""
    if kind == "text" or (kind == "mixed" and random.random() < 0.5):
        return random.choice(("a/é/", "at://", "Z")) + str(number)
    return str(number * random.choice((1, 10, 10**12)) * 1000 + number)


def stream(random: Random) -> list[Post]:
    kind, voters = random.choice(KEYS), random.choice((2, 6, 40))
    spread = random.choice((1, 3, 1000))
    return [
        random_post(random)._replace(
            key=key_of(random, kind, number),
            voter=f"v{random.randrange(voters)}",
            at_ms=OPENS + random.randrange(10) * random.choice((1000, 1000, 1)) * spread,
            revision=0,
        )
        for number in range(1, random.choice((5, 60, 300)))
    ]


def is_as_plain(seed: int) -> None:
    random = Random(seed)
    closes = random.choice((None, CLOSES, OPENS + 5_000_000))
    contest = Contest("t", CHOICES, random_rules(random), OPENS, closes)
    posts, there = stream(random), dict[int, Post]()
    shelf = Loose()
    everything = shelf.put(posts)
    count = Count(contest, shelf)
    order = list(range(len(posts)))
    if random.random() < 0.7:
        random.shuffle(order)
    while order:
        number = random.choice((1, 5, 50))
        some, order = order[:number], order[number:]
        count.add(everything.at(np.array(some)))
        there |= {place: posts[place] for place in some}
        gone = random.sample(sorted(there), min(len(there), random.choice((0, 0, 1, 4, 30))))
        count.remove(everything.at(np.array(gone, np.intp)))
        for place in gone:
            del there[place]
        if random.random() < 0.5:
            order += gone  # they come again
        assert reference.numbers(count.tally()) == reference.count(there.values(), contest)


seeds = given(st.integers(0, 1 << 32))


@settings(max_examples=300, deadline=None)
@seeds
def test_a_stream_is_counted_as_plain_python_counts_it(seed: int) -> None:
    is_as_plain(seed)


@settings(max_examples=60, deadline=None)
@seeds
def test_times_far_from_the_opening_count_as_well(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "MIDDLE", 3)
        is_as_plain(seed)


def test_more_casts_than_two_bytes_tell_apart_are_counted() -> None:
    with pytest.MonkeyPatch.context() as patch:
        made = Accounts._make_wide_enough
        patch.setattr(Accounts, "_make_wide_enough", lambda self, casts: made(self, casts + 70_000))
        for seed in range(20):
            is_as_plain(seed)


def test_keys_are_ranked_as_texts() -> None:
    random = Random(1)
    for extra in ((), ("é", "a")):
        keys = {str(random.randrange(10 ** random.randrange(1, 19))) for _ in range(300)}
        keys |= {"0", "1", "10", "100", "11", str(2**63 - 1), str(10**18), *extra}
        shuffled = random.sample(sorted(keys), len(keys))
        posts = [Post("x", key, "1", 0, "") for key in (*shuffled, *shuffled[:5])]
        batch = batch_of([(1, columns_of(posts, bytes(16)))])
        expected = [sorted(keys).index(post.key) for post in posts]
        assert key_ranks(batch).tolist() == expected


def test_removing_an_unknown_ballot_raises() -> None:
    shelf = Loose()
    posts = shelf.put([random_post(Random(1))._replace(tags="arch", kind="post", at_ms=OPENS)])
    count = Count(Contest("t", CHOICES, opens_ms=OPENS), shelf)
    with pytest.raises(LookupError):
        count.remove(posts)


def many() -> None:
    for seed in range(60):
        is_as_plain(seed)


def fails() -> None:
    with pytest.raises((AssertionError, LookupError)):
        many()


def test_ties_that_the_first_to_arrive_wins_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Accounts, "_untie", lambda *_: np.zeros(0, np.intp))
    fails()


def test_keys_compared_as_numbers_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "key_ranks", lambda batch: batch.keys)
    fails()


def test_a_ballot_left_behind_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Accounts, "_link", lambda *_: None)
    fails()


def test_a_rule_is_counted_beside_its_neighbours() -> None:
    """Each rule is among the random ones; this one has all of them for the same posts."""
    posts = stream(Random(7))
    for rule in PerAccount:
        contest = Contest("t", CHOICES, opens_ms=OPENS)
        contest = replace(contest, rules=replace(contest.rules, per_account=rule))
        shelf = Loose()
        count = Count(contest, shelf)
        count.add(shelf.put(posts))
        assert reference.numbers(count.tally()) == reference.count(posts, contest)
