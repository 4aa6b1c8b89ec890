"""The posts of one entry as columns: how a worker sends them, and how the ledger stores them.

Each column is a byte string. All but the texts have a fixed width, so pages are joined by joining
bytes. Numbers are little-endian. docs/proof.md has the full format.
"""

from __future__ import annotations

import hashlib
import struct
from itertools import compress
from typing import TYPE_CHECKING, Final, NamedTuple

from twittervotes.core.contest.posts import Post

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SEAL_BYTES: Final = 16
TEXT_KEY: Final = 1 << 63  # set if a key is a text; the other bits are its hash
BYTES: Final = bytes(range(256))
LOW_BYTES: Final = BYTES[:128]
MOST_POSTS: Final = 1 << 16  # per entry: the index of a tag set has two bytes


class PostColumns(NamedTuple):
    """The posts of one entry, with one column per value.

    Attributes:
        size: The number of posts.
        tag_sets: Each different "network TAB kind TAB tags", ended by a newline.
        tag_set_index: u2 per post: the index of its tag set.
        keys: u8 per post: the key as a number if it is a canonical decimal below 2**63, otherwise a
            hash of "network:key" with the top bit set.
        key_texts: The key of each post whose number is a hash, ended by a newline.
        seals: 16 bytes per post: the keyed hash of "network:voter".
        times: i8 per post: the time of posting, in milliseconds since 1970 UTC.
        births: i8 per post: when its account was created; empty if all are 0.
        revisions: i8 per post; empty if all are 0.
        voters: u8 per post, or, if `voters_are_text`, each account's ID ended by a newline. Neither
            hashed, because the seals cover it, nor exported.
    """

    size: int
    tag_sets: bytes
    tag_set_index: bytes
    keys: bytes
    key_texts: bytes
    seals: bytes
    times: bytes
    births: bytes
    revisions: bytes
    voters: bytes
    voters_are_text: bool = False

    @property
    def public(self) -> tuple[bytes, ...]:
        """The columns that are hashed and exported, in the order of the format."""
        return self[1:9]

    @property
    def head(self) -> bytes:
        """The line that is hashed before the columns: the number of posts and all lengths."""
        return b" ".join(b"%d" % n for n in (self.size, *map(len, self.public))) + b"\n"

    def digest(self) -> bytes:
        """Return the SHA-256 of the number of posts, the columns' lengths and the columns."""
        hashed = hashlib.sha256(self.head)
        for column in self.public:
            hashed.update(column)
        return hashed.digest()

    def problem(self) -> str:
        """Return what is wrong with the columns' lengths; "" if nothing.

        Call this first on columns from a file: everything else relies on it.
        """
        n = self.size
        exact = ((self.tag_set_index, 2), (self.keys, 8), (self.seals, SEAL_BYTES), (self.times, 8))
        if not 0 < n <= MOST_POSTS or any(len(column) != n * width for column, width in exact):
            return "a column is too long or too short"
        if any(len(column) not in (0, 8 * n) for column in (self.births, self.revisions)):
            return "a column is too long or too short"
        tag_sets = self.tag_sets.split(b"\n")
        if tag_sets.pop() or not tag_sets or any(each.count(b"\t") != 2 for each in tag_sets):
            return "a tag set cannot be read"
        if not _are_below(self.tag_set_index, len(tag_sets)):
            return "a tag set is missing"
        texts = len(self.keys[7::8].translate(None, LOW_BYTES))  # those with the top bit set
        if not _is_list(self.key_texts, texts):
            return "the text of a key is missing"
        if b"\t" in self.key_texts or (self.voters_are_text and b"\t" in self.voters):
            return "a text holds a tab"
        fits = _is_list(self.voters, n) if self.voters_are_text else len(self.voters) == 8 * n
        return "" if fits else "an account is missing"

    def network_names(self) -> set[str]:
        """Return the networks of the posts."""
        return {each.partition(b"\t")[0].decode() for each in self.tag_sets.split(b"\n")[:-1]}

    def key_list(self) -> list[str]:
        """Return the key of each post."""
        numbers = struct.unpack(f"<{self.size}Q", self.keys)
        if not self.key_texts:
            return list(map(str, numbers))
        texts = iter(self.key_texts.decode().split("\n"))
        return [next(texts) if number >= TEXT_KEY else str(number) for number in numbers]

    def names(self) -> Iterator[tuple[str, str]]:
        """Return the network and the key of each post."""
        networks = [each.partition(b"\t")[0].decode() for each in self.tag_sets.split(b"\n")[:-1]]
        index = struct.unpack(f"<{self.size}H", self.tag_set_index)
        return zip((networks[place] for place in index), self.key_list(), strict=True)

    def voter_list(self) -> list[str]:
        """Return the account of each post."""
        if self.voters_are_text:
            return self.voters.decode().split("\n")[:-1]
        return list(map(str, struct.unpack(f"<{self.size}Q", self.voters)))

    def posts(self) -> list[Post]:
        """Return the posts."""
        n = self.size
        tag_sets = [each.split("\t") for each in self.tag_sets.decode().split("\n")[:-1]]
        births = struct.unpack(f"<{n}q", self.births) if self.births else (0,) * n
        revisions = struct.unpack(f"<{n}q", self.revisions) if self.revisions else (0,) * n
        columns = zip(
            (tag_sets[place] for place in struct.unpack(f"<{n}H", self.tag_set_index)),
            self.key_list(),
            self.voter_list(),
            struct.unpack(f"<{n}q", self.times),
            revisions,
            births,
            strict=True,
        )
        return [
            Post(network, key, voter, at_ms, tags, kind, revision, born_ms)
            for (network, kind, tags), key, voter, at_ms, revision, born_ms in columns
        ]

    def only(self, keep: Sequence[bool]) -> PostColumns:
        """Return the posts for which `keep` is true; the tag sets stay as they are."""
        is_text = [number >= TEXT_KEY for number in struct.unpack(f"<{self.size}Q", self.keys)]
        voters = (
            _kept_lines(self.voters, keep) if self.voters_are_text else _kept(self.voters, keep, 8)
        )
        return PostColumns(
            sum(map(bool, keep)),
            self.tag_sets,
            _kept(self.tag_set_index, keep, 2),
            _kept(self.keys, keep, 8),
            _kept_lines(self.key_texts, list(compress(keep, is_text))),
            _kept(self.seals, keep, SEAL_BYTES),
            _kept(self.times, keep, 8),
            _kept(self.births, keep, 8),
            _kept(self.revisions, keep, 8),
            voters,
            self.voters_are_text,
        )


EMPTY: Final = PostColumns(0, b"", b"", b"", b"", b"", b"", b"", b"", b"")


def columns_of(posts: Sequence[Post], salt: bytes) -> PostColumns:
    """Return posts as columns, with their accounts sealed by `salt`.

    Raises:
        ValueError: A value contains a tab or newline, a number is out of range, or there are more
            posts than an entry holds.
    """
    if not posts:
        return EMPTY
    if len(posts) > MOST_POSTS:
        raise ValueError(f"an entry holds {MOST_POSTS:,} posts at most")
    try:
        found = _columns_of(posts, salt)
    except struct.error as error:
        raise ValueError("a number is out of bounds") from error
    n, texts = found.size, (found.key_texts, found.voters if found.voters_are_text else b"")
    sets = max(struct.unpack(f"<{n}H", found.tag_set_index)) + 1
    is_clean = (found.tag_sets.count(b"\n"), found.tag_sets.count(b"\t")) == (sets, 2 * sets)
    is_clean = is_clean and not any(b"\t" in each for each in texts)
    if not is_clean or (any(texts) and found.problem()):
        raise ValueError("a value holds a tab or a newline")
    return found


def _columns_of(posts: Sequence[Post], salt: bytes) -> PostColumns:
    networks, keys, voters, times, tags, kinds, revisions, births = zip(*posts, strict=True)
    n, places = len(posts), dict[str, int]()
    index = [
        places.setdefault(f"{network}\t{kind}\t{tag_list}", len(places))
        for network, kind, tag_list in zip(networks, kinds, tags, strict=True)
    ]
    numbers = _numbers(keys)
    key_texts: Iterable[str] = ()
    if numbers is None:
        numbers = [key_number(*each) for each in zip(networks, keys, strict=True)]
        key_texts = [key for key, number in zip(keys, numbers, strict=True) if number >= TEXT_KEY]
    accounts = _numbers(voters)
    return PostColumns(
        n,
        _lines(places),
        struct.pack(f"<{n}H", *index),
        struct.pack(f"<{n}Q", *numbers),
        _lines(key_texts),
        sealed(
            [f"{network}:{voter}" for network, voter in zip(networks, voters, strict=True)], salt
        ),
        struct.pack(f"<{n}q", *times),
        struct.pack(f"<{n}q", *births) if any(births) else b"",
        struct.pack(f"<{n}q", *revisions) if any(revisions) else b"",
        _lines(voters) if accounts is None else struct.pack(f"<{n}Q", *accounts),
        accounts is None,
    )


def joined(pages: Sequence[PostColumns]) -> PostColumns:
    """Join several pages into one."""
    pages = [page for page in pages if page.size]
    if len(pages) < 2:
        return pages[0] if pages else EMPTY
    if len({page.voters_are_text for page in pages}) > 1:
        pages = [
            page._replace(voters=_lines(page.voter_list()), voters_are_text=True) for page in pages
        ]
    places: dict[bytes, int] = {}
    index: list[int] = []
    for page in pages:
        own = [places.setdefault(each, len(places)) for each in page.tag_sets.split(b"\n")[:-1]]
        index += [own[place] for place in struct.unpack(f"<{page.size}H", page.tag_set_index)]
    count = sum(page.size for page in pages)
    return PostColumns(
        count,
        b"".join(each + b"\n" for each in places),
        struct.pack(f"<{count}H", *index),
        b"".join(page.keys for page in pages),
        b"".join(page.key_texts for page in pages),
        b"".join(page.seals for page in pages),
        b"".join(page.times for page in pages),
        _joined_numbers(pages, [page.births for page in pages]),
        _joined_numbers(pages, [page.revisions for page in pages]),
        b"".join(page.voters for page in pages),
        pages[0].voters_are_text,
    )


def sealed(accounts: Iterable[str], salt: bytes) -> bytes:
    """Return the seals of accounts, each given as "network:voter", concatenated."""
    copy = hashlib.blake2b(key=salt, digest_size=SEAL_BYTES).copy
    found = []
    for account in accounts:
        hashing = copy()
        hashing.update(account.encode())
        found.append(hashing.digest())
    return b"".join(found)


def key_number(network: str, key: str) -> int:
    """Return the number of a post's key in the column `keys`."""
    if key.isascii() and key.isdigit() and len(key) < 20:
        number = int(key)
        if number < TEXT_KEY and str(number) == key:
            return number
    hashed = hashlib.blake2b(f"{network}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(hashed, "little") | TEXT_KEY


def _numbers(texts: Sequence[str]) -> list[int] | None:
    """Return the texts as numbers; None unless each is a canonical decimal below 2**63."""
    together = "".join(texts)
    if not (together.isascii() and together.isdigit()) or max(map(len, texts)) >= 20:
        return None
    try:
        numbers = list(map(int, texts))
    except ValueError:  # an empty text
        return None
    if max(numbers) >= TEXT_KEY or list(map(str, numbers)) != list(texts):
        return None
    return numbers


def _lines(texts: Iterable[str]) -> bytes:
    return "".join([f"{text}\n" for text in texts]).encode()


def _are_below(index: bytes, limit: int) -> bool:
    """Return whether all two-byte numbers are below `limit`."""
    if limit > len(BYTES):
        numbers: tuple[int, ...] = struct.unpack(f"<{len(index) // 2}H", index)
        return max(numbers) < limit
    high, low = index[1::2], index[::2]
    rest: bytes = high.strip(b"\0") + low.translate(None, BYTES[:limit])
    return not rest


def _is_list(column: bytes, items: int) -> bool:
    """Return whether a column holds `items` texts, each ended by a newline."""
    return column.count(b"\n") == items and (column.endswith(b"\n") or not column)


def _kept(column: bytes, keep: Sequence[bool], width: int) -> bytes:
    if not column:
        return b""
    values = (value for (value,) in struct.iter_unpack(f"{width}s", column))
    return b"".join(compress(values, keep))


def _kept_lines(column: bytes, keep: Sequence[bool]) -> bytes:
    lines = column.split(b"\n")[:-1]
    return b"".join([line + b"\n" for line in compress(lines, keep)])


def _joined_numbers(pages: Sequence[PostColumns], columns: Sequence[bytes]) -> bytes:
    """Join a column that is empty in pages where all its numbers are 0."""
    if not any(columns):
        return b""
    return b"".join(
        column or bytes(8 * page.size) for page, column in zip(pages, columns, strict=True)
    )
