"""Deduplication by columns keeps what plain Python keeps, post by post, on any stream of pages."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import contest, random_post

from twittervotes.core.contest.columns import columns_of
from twittervotes.core.contest.contest import Withdrawn
from twittervotes.core.contest.posts import Post
from twittervotes.core.contest.versions import current_version
from twittervotes.core.ledger import known_posts, page_cache
from twittervotes.core.ledger.known_posts import KnownPosts
from twittervotes.core.ledger.writer import Entry, Ledger

Name = tuple[str, str]
KEYS = ("7", "07", "1234567890123456789", "9223372036854775808", "é", "at://did:plc:a/1", "8", "")


@dataclass
class Plain:
    """What a ledger has to keep, written as simply as possible."""

    withdrawn: Withdrawn
    rows: list[tuple[Post, str]] = field(default_factory=list)

    def append(self, pages: list[tuple[str, list[Post]]]) -> list[tuple[int, int]]:
        """Return of each page how many rows it has, and how many were known otherwise."""
        found = []
        for source, posts in pages:
            new = again = 0
            for post in posts:
                if (post, source) in self.rows:
                    continue
                again += any(post[:2] == known[:2] for known, _ in self.rows)
                new += 1
                self.rows.append((post, source))
            found.append((new, again))
        return found

    def current(self) -> dict[Name, Post]:
        versions: dict[Name, list[Post]] = {}
        for post, _ in self.rows:
            versions.setdefault(post[:2], []).append(post)
        return {name: current_version(seen, self.withdrawn) for name, seen in versions.items()}

    def numbers(self) -> dict[Name, int]:
        """Return the row of the current version."""
        stands = self.current()
        found: dict[Name, int] = {}
        for number, (post, _) in enumerate(self.rows, 1):
            if stands[post[:2]] == post:
                found.setdefault(post[:2], number)
        return found


def stream(random: Random) -> list[list[tuple[str, list[Post]]]]:
    """Return transactions of pages, in which keys, versions and sources meet often."""
    keys = random.choice((KEYS, [str(each) for each in range(40)]))
    seen: list[Post] = []

    def some() -> list[Post]:
        new = [
            random_post(random)._replace(key=random.choice(keys), revision=random.randrange(-1, 2))
            for _ in range(random.choice((0, 1, 3, 20)))
        ]
        again = random.choices(seen, k=random.choice((0, 2, 10))) if seen else []
        seen.extend(new)
        return [*new, *again, *new[:2]] if random.random() < 0.7 else [*again, *new]

    return [
        [(random.choice(("a", "b", "c")), some()) for _ in range(random.choice((1, 1, 2, 4)))]
        for _ in range(random.randrange(1, 7))
    ]


def is_as_plain(seed: int, withdrawn: Withdrawn) -> None:
    random = Random(seed)
    plain = Plain(withdrawn)
    with TemporaryDirectory() as folder, ExitStack() as opened:
        path = Path(folder, "v.votes")
        ledger = opened.enter_context(Ledger.create(path, contest(withdrawn=withdrawn), 1))
        for transaction in stream(random):
            for source, posts in transaction:
                known = {post for post, by in plain.rows if by == source}
                fresh = [post for post in dict.fromkeys(posts) if post not in known]
                keep = ledger.new_to(source, posts)
                assert [post for post, is_new in zip(posts, keep, strict=True) if is_new] == fresh
            before = plain.numbers()
            stood = plain.current()
            rows = len(plain.rows)
            expected = plain.append(transaction)
            entries = [
                Entry(
                    "page",
                    source,
                    {"feed": "f"},
                    tuple(posts) if random.random() < 0.5 else columns_of(posts, ledger.salt),
                )
                for source, posts in transaction
            ]
            changes = ledger.append(entries, 1)
            assert list(changes.new) == [new for new, _ in expected]
            bodies = [body for _, body in ledger_bodies(ledger)][-len(transaction) :]
            assert [(body["new"], body["again"]) for body in bodies] == expected
            now = plain.numbers()
            added, removed = (
                set(changes.added.numbers.tolist()),
                set(changes.removed.numbers.tolist()),
            )
            gone = {row for name, row in before.items() if plain.current()[name] != stood[name]}
            assert {row for row in removed if row <= rows} == gone
            assert (set(before.values()) | added) - removed == set(now.values())
            check(ledger, plain)
            if random.random() < 0.3:
                opened.close()
                ledger = opened.enter_context(Ledger.reopen(path))
        check(ledger, plain)
        opened.close()
        check(opened.enter_context(Ledger.reopen(path)), plain)


def ledger_bodies(ledger: Ledger) -> list[tuple[str, dict[str, object]]]:
    from twittervotes.core.ledger import queries

    return queries.bodies(ledger._db, "kind = 'page'")


def check(ledger: Ledger, plain: Plain) -> None:
    assert ledger.posts_written == len(plain.rows)
    stands = plain.current()
    assert sorted(ledger.posts()) == sorted(stands.values())
    numbers = [number for batch in ledger.current() for number in batch.numbers.tolist()]
    assert sorted(numbers) == sorted(plain.numbers().values())
    versions: dict[Name, dict[Post, None]] = {}
    for post, _ in plain.rows:
        versions.setdefault(post[:2], {})[post] = None
    names = [*versions, ("x", "none"), ("y", "7")]
    assert ledger.versions(names) == {name: list(seen) for name, seen in versions.items()}
    for source in "abc":
        seen = {post[:2] for post, by in plain.rows if by == source}
        assert {post[:2]: post for _, post in ledger.seen_by(source)} == {
            name: current_version(versions[name]) for name in seen
        }


seeds = given(st.integers(0, 1 << 32), st.sampled_from(Withdrawn))


@settings(max_examples=80, deadline=None)
@seeds
def test_a_stream_is_kept_as_plain_python_keeps_it(seed: int, withdrawn: Withdrawn) -> None:
    is_as_plain(seed, withdrawn)


@settings(max_examples=20, deadline=None)
@seeds
def test_nothing_depends_on_what_is_in_memory(seed: int, withdrawn: Withdrawn) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_cache, "MOST_HELD", 3)
        patch.setattr(known_posts, "AT_ONCE", 2)
        is_as_plain(seed, withdrawn)


@settings(max_examples=40, deadline=None)
@seeds
def test_nothing_depends_on_different_hashes(seed: int, withdrawn: Withdrawn) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KnownPosts, "_tags", few_hashes)
        is_as_plain(seed, withdrawn)


def few_hashes(_: KnownPosts, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the same few hashes for all keys; two differ only in what the table calls the rest."""
    found: npt.NDArray[np.uint64] = np.array([1 << 8, (1 << 8) + 1, 7 << 36], np.uint64)[keys % 3]
    return found


def many() -> None:
    for seed in range(30):
        is_as_plain(seed, Withdrawn.DROP)


def fails() -> None:
    with pytest.raises((AssertionError, IndexError, KeyError)):
        many()


def test_a_comparison_that_forgets_the_source_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        page_cache.PageCache, "sources_at", lambda self, rows: 0 * rows.astype("u2")
    )
    fails()


def test_a_hash_that_is_trusted_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KnownPosts, "_tags", few_hashes)
    is_as_plain(1, Withdrawn.DROP)  # equal hashes of different posts change nothing
    monkeypatch.setattr(known_posts, "same", lambda one, other: one.keys == one.keys)
    fails()
