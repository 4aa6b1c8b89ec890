"""Finds superseded rows of a ledger: copies of posts by another source, and replaced versions.

Most ledgers have few or none. If two sources read the same posts, half of all rows are copies, so
these are found by comparing columns; only posts that really differ are compared one by one.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.versions import current_version
from twittervotes.core.ledger.batch import TOP, PostBatch, Words, together

if TYPE_CHECKING:
    from collections.abc import Collection

    from twittervotes.core.contest.contest import Withdrawn
    from twittervotes.core.contest.posts import Post
    from twittervotes.core.ledger.reader import Reader

AT_ONCE: Final = 1_000_000  # keys to compare at once

RowNumbers = npt.NDArray[np.uint32]


def superseded(reader: Reader, withdrawn: Withdrawn, without: Collection[str] = ()) -> RowNumbers:
    """Return the numbers of the superseded rows, sorted.

    Args:
        reader: The ledger.
        withdrawn: The rule that says which version of a withdrawn post counts.
        without: Sources whose rows are left out, as if they had never been queried.
    """
    repeated = reader.repeated()
    if not repeated:
        return np.zeros(0, np.uint32)
    entries = set(repeated)
    found = [
        np.unique(np.frombuffer(page.keys, "<u8"))
        for n, _, page in reader.pages(without, first=repeated[0], last=repeated[-1])
        if n in entries
    ]
    keys = np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)
    stretches = max(1, -(-len(keys) // AT_ONCE))
    parts = [_among(reader, some, withdrawn, without) for some in np.array_split(keys, stretches)]
    return np.sort(np.concatenate(parts))


def rows_with(reader: Reader, keys: Words, without: Collection[str] = ()) -> PostBatch:
    """Return all rows whose key has one of these sorted numbers."""
    found = []
    for batch in reader.batches(without):
        places = np.flatnonzero(is_among(batch.keys, keys))
        if len(places):
            found.append(batch.at(places))
    return together(found)


def is_among(numbers: Words, wanted: Words) -> npt.NDArray[np.bool_]:
    """Return, for each number, whether it is among the sorted wanted ones."""
    if not len(wanted):
        return np.zeros(len(numbers), bool)
    places = np.minimum(np.searchsorted(wanted, numbers), len(wanted) - 1)
    return np.asarray(wanted[places] == numbers, bool)


def _among(
    reader: Reader, keys: Words, withdrawn: Withdrawn, without: Collection[str]
) -> RowNumbers:
    """Return the superseded rows among those with these keys."""
    rows = rows_with(reader, keys, without)
    if not len(rows):
        return np.zeros(0, np.uint32)
    order = np.lexsort((rows.numbers, rows.keys))
    columns: list[npt.NDArray[np.generic]] = [
        rows.keys,
        _checks(rows),
        rows.seals[:, 0],
        rows.seals[:, 1],
        rows.times,
        rows.births,
        rows.revisions,
        rows.tag_set_index,
    ]
    key = rows.keys[order]
    is_first = np.append(True, key[1:] != key[:-1])
    differs = np.zeros(len(order), bool)
    for column in columns:
        ordered = column[order]
        differs[1:] |= ordered[1:] != ordered[:-1]
    group = np.cumsum(is_first) - 1
    has_versions = np.zeros(int(group[-1]) + 1, bool)
    has_versions[group[differs & ~is_first]] = True
    numbers = rows.numbers[order]
    copies = numbers[~is_first & ~has_versions[group]]
    several = np.sort(numbers[has_versions[group]])
    replaced = _replaced(dict(reader.posts_at(several.tolist())), withdrawn)
    return np.concatenate([copies, np.array(replaced, np.uint32)])


def _checks(rows: PostBatch) -> Words:
    """Return eight more bytes of a hash of each key that is a text; 0 for keys that are numbers.

    Two keys are the same if both their numbers and these agree.
    """
    found = np.zeros(len(rows), np.uint64)
    if rows.texts:
        hashed = b"".join(
            blake2b(text, digest_size=8, person=b"check").digest() for text in rows.texts
        )
        found[rows.keys >= TOP] = np.frombuffer(hashed, "<u8")
    return found


def _replaced(rows: dict[int, Post], withdrawn: Withdrawn) -> list[int]:
    """Return which of these rows are superseded."""
    versions: dict[tuple[str, str], dict[int, Post]] = {}
    for number, post in rows.items():
        versions.setdefault(post[:2], {})[number] = post
    found = []
    for seen in versions.values():
        stands = current_version(seen.values(), withdrawn)
        kept = next(number for number, post in seen.items() if post == stands)
        found += [number for number in seen if number != kept]
    return found
