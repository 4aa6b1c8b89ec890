"""The checksum of a post changes with each of its values, and with nothing else."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest

from twittervotes.core.contest.columns import columns_of
from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger.checksums import checksums

SALT = bytes(range(16))
POSTS = [
    Post("x", "17", "ann", 1_700_000_000_000, "debian été"),
    Post("mastodon", "https://m.example/1", "bob", 5, "arch", "quote"),
    Post("x", "18", "ann", 1_700_000_000_000, "debian été"),
]


@dataclass
class Change:
    name: str
    value: object


def checksums_in(posts: list[Post]) -> tuple[int, ...]:
    return struct.unpack(f"<{len(posts)}I", checksums(columns_of(posts, SALT)))


@pytest.mark.parametrize(
    "change",
    [
        *(Change("network", "bluesky"), Change("key", "19"), Change("key", "a text")),
        *(Change("voter", "cem"), Change("at_ms", 1_700_000_000_001), Change("tags", "debian")),
        *(Change("kind", "reply"), Change("revision", 1), Change("born_ms", 1)),
    ],
    ids=lambda change: f"{change.name}-{change.value}",
)
def test_a_checksum_covers_each_value_of_its_post(change: Change) -> None:
    before = checksums_in(POSTS)
    assert len(set(before)) == len(POSTS)
    for place, post in enumerate(POSTS):
        other = post._replace(**{change.name: change.value})
        after = checksums_in([*POSTS[:place], other, *POSTS[place + 1 :]])
        changed = [one != two for one, two in zip(before, after, strict=True)]
        assert changed == [number == place for number in range(len(POSTS))]
