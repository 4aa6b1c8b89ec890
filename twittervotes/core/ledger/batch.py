"""Posts as arrays: the columns of any number of pages, joined for NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.columns import SEAL_BYTES, TEXT_KEY, PostColumns

if TYPE_CHECKING:
    from collections.abc import Sequence

Numbers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.intp]

TOP: Final = np.uint64(TEXT_KEY)


@dataclass(frozen=True, slots=True)
class PostBatch:
    """Posts as arrays of one length.

    Attributes:
        numbers: The row number of each post in the ledger.
        keys: See `PostColumns.keys`.
        seals: Two numbers per post: the halves of its account's seal.
        times: In milliseconds since 1970 UTC.
        births: When the account was created; 0 if the network doesn't say.
        revisions: See `Post.revision`.
        tag_set_index: The index of each post's tag set in `tag_sets`.
        tag_sets: Each distinct "network TAB kind TAB tags" of this batch.
        texts: The texts of the keys that are hashes, in the order of the posts.
    """

    numbers: npt.NDArray[np.uint32]
    keys: Words
    seals: Words
    times: Numbers
    births: Numbers
    revisions: Numbers
    tag_set_index: npt.NDArray[np.uint32]
    tag_sets: tuple[bytes, ...] = ()
    texts: tuple[bytes, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def at(self, places: Places) -> PostBatch:
        """Return the posts at these places, in that order."""
        texts = self.texts
        if texts:
            is_text = self.keys >= TOP
            rank = np.cumsum(is_text) - 1
            texts = tuple(texts[place] for place in rank[places[is_text[places]]].tolist())
        return PostBatch(
            self.numbers[places],
            self.keys[places],
            self.seals[places],
            self.times[places],
            self.births[places],
            self.revisions[places],
            self.tag_set_index[places],
            self.tag_sets,
            texts,
        )

    def key_list(self) -> list[str]:
        """Return the key of each post."""
        texts = iter(self.texts)
        return [
            next(texts).decode() if number >= TEXT_KEY else str(number)
            for number in self.keys.tolist()
        ]


def batch_of(pages: Sequence[tuple[int, PostColumns]]) -> PostBatch:
    """Return the posts of pages; each page comes with the number of its first row."""
    counts = [page.size for _, page in pages]
    places: dict[bytes, int] = {}
    index = []
    for _, page in pages:
        own = [places.setdefault(each, len(places)) for each in page.tag_sets.split(b"\n")[:-1]]
        index.append(np.array(own, np.uint32)[np.frombuffer(page.tag_set_index, "<u2")])
    firsts = np.array([first for first, _ in pages], np.int64)
    starts = np.cumsum([0, *counts[:-1]]) if counts else np.zeros(0, np.int64)
    total = sum(counts)
    numbers = np.arange(total) + np.repeat(firsts - starts, counts)
    return PostBatch(
        numbers.astype(np.uint32),
        np.frombuffer(b"".join(page.keys for _, page in pages), "<u8"),
        np.frombuffer(b"".join(page.seals for _, page in pages), "<u8").reshape(
            -1, SEAL_BYTES // 8
        ),
        np.frombuffer(b"".join(page.times for _, page in pages), "<i8"),
        _whole([page.births for _, page in pages], counts),
        _whole([page.revisions for _, page in pages], counts),
        np.concatenate(index) if index else np.zeros(0, np.uint32),
        tuple(places),
        tuple(text for _, page in pages for text in page.key_texts.split(b"\n")[:-1]),
    )


def together(batches: Sequence[PostBatch]) -> PostBatch:
    """Join several batches."""
    places: dict[bytes, int] = {}
    index = []
    for batch in batches:
        own = [places.setdefault(each, len(places)) for each in batch.tag_sets]
        index.append(np.array(own, np.uint32)[batch.tag_set_index])
    if not batches:
        return batch_of([])
    return PostBatch(
        np.concatenate([batch.numbers for batch in batches]),
        np.concatenate([batch.keys for batch in batches]),
        np.concatenate([batch.seals for batch in batches]),
        np.concatenate([batch.times for batch in batches]),
        np.concatenate([batch.births for batch in batches]),
        np.concatenate([batch.revisions for batch in batches]),
        np.concatenate(index),
        tuple(places),
        tuple(text for batch in batches for text in batch.texts),
    )


def _whole(columns: Sequence[bytes], counts: Sequence[int]) -> Numbers:
    """Join a column that is empty in pages where all its numbers are 0."""
    parts = [column or bytes(8 * n) for column, n in zip(columns, counts, strict=True)]
    return np.frombuffer(b"".join(parts), "<i8")


def same(one: PostBatch, other: PostBatch) -> npt.NDArray[np.bool_]:
    """Return, for each post of one batch, whether it equals that of another in every value."""
    places = {each: place for place, each in enumerate(one.tag_sets)}
    theirs = np.array([places.get(each, -1) for each in other.tag_sets] or [-1], np.int64)
    found: npt.NDArray[np.bool_] = one.keys == other.keys
    found &= one.tag_set_index == theirs[other.tag_set_index]
    found &= (one.seals == other.seals).all(axis=1)
    for name in ("times", "births", "revisions"):
        found &= getattr(one, name) == getattr(other, name)
    if one.texts and other.texts:
        is_text = one.keys >= TOP
        ranks, their_ranks = np.cumsum(is_text) - 1, np.cumsum(other.keys >= TOP) - 1
        for place in np.flatnonzero(found & is_text).tolist():
            found[place] = one.texts[ranks[place]] == other.texts[their_ranks[place]]
    return found
