"""The chain: the bytes of a row are unambiguous."""

from __future__ import annotations

import hashlib
import zlib

import pytest
from samples import post

from twittervotes.core.contest.posts import Kind, Post
from twittervotes.core.ledger import format1_chain

SEAL = format1_chain.sealed_by(bytes(16))


def test_the_line_of_an_entry_is_its_values_parted_by_tabs() -> None:
    line = format1_chain.entry_line(7, "page", "twitter", 12, '{"feed":"été"}')
    assert line == '7\tpage\ttwitter\t12\t{"feed":"été"}\n'.encode()


def test_a_posts_line_has_its_values_and_seal() -> None:
    sample = Post("x", "1", "ann", 5, "debian 日本", Kind.QUOTE, 2, -4)
    sealed = hashlib.blake2b(b"x:ann", key=bytes(16), digest_size=16).hexdigest()
    line = format1_chain.post_line(3, 7, "twitter", sample, SEAL)
    assert line.decode().split("\t") == [
        *("3", "7", "twitter", "x", "1", sealed, "5", "debian 日本", "quote", "2", "-4\n")
    ]
    assert format1_chain.checksum(line) == zlib.crc32(line)


def test_seals_differ_between_ledgers() -> None:
    other = format1_chain.sealed_by(b"another salt....")
    assert SEAL("x", "ann") == SEAL("x", "ann") != SEAL("mastodon", "ann")
    assert len({SEAL("x", "ann"), SEAL("x", "bob"), other("x", "ann")}) == 3


def lines(number: int) -> list[bytes]:
    return [format1_chain.post_line(seq, 1, "s", post(str(seq)), SEAL) for seq in range(number)]


def test_the_digest_depends_on_everything_before() -> None:
    entry, other = (
        format1_chain.entry_line(1, "page", "s", 1, "{}"),
        format1_chain.entry_line(1, "", "s", 1, "{}"),
    )
    one, two, three = lines(3)
    digests = [
        format1_chain.digest(before, head, posts)
        for before in (format1_chain.START, format1_chain.digest(format1_chain.START, entry, []))
        for head in (entry, other)
        for posts in ([], [one], [two], [one, two], [two, one], [one, two, three])
    ]
    assert len(set(digests)) == len(digests)


def test_the_digest_follows_from_its_parts_hashes() -> None:
    entry, posts = format1_chain.entry_line(1, "page", "s", 1, "{}"), lines(3)
    sums = hashlib.sha256(entry).digest() + hashlib.sha256(b"".join(posts)).digest()
    assert (
        format1_chain.digest(format1_chain.START, entry, posts)
        == hashlib.sha256(bytes(32) + sums).digest()
    )


@pytest.mark.parametrize("sign", ["\t", "\n"])
@pytest.mark.parametrize("name", ["network", "key", "tags", "kind"])
def test_an_ambiguous_line_is_refused(sign: str, name: str) -> None:
    split = post()._replace(**{name: f"a{sign}b"})  # type: ignore[arg-type]
    line = format1_chain.post_line(1, 1, "s", split, SEAL)
    with pytest.raises(ValueError, match="a tab or newline"):
        format1_chain.digest(
            format1_chain.START, format1_chain.entry_line(1, "page", "s", 1, "{}"), [line]
        )


def test_an_entry_of_two_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="a tab or newline"):
        format1_chain.digest(
            format1_chain.START, format1_chain.entry_line(1, "page", "s", 1, "{\n}"), []
        )
