"""Checksums of posts: four bytes that identify a post that was changed.

A checksum proves nothing, because anyone can compute it. After an accident, such as a damaged disk
or a careless edit, it names the post, where the digest only names the entry. Ledgers store them in
the column `marks`.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from twittervotes.core.ledger.batch import PostBatch, batch_of

if TYPE_CHECKING:
    from twittervotes.core.contest.columns import PostColumns

# Odd numbers without a pattern, a factor for each column: multiplying by one loses nothing.
FACTORS: Final = tuple(
    np.uint64(factor)
    for factor in (
        *(0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93),
        *(0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53, 0x2545F4914F6CDD1D),
    )
)
HALF: Final = np.uint64(32)


def checksums(posts: PostColumns) -> bytes:
    """Return the checksum of each post, u4, over all of its values but its account's ID.

    Accounts are covered by their seals, and keys that are texts by their numbers.
    """
    return checksums_of(batch_of([(1, posts)])).tobytes()


def checksums_of(batch: PostBatch) -> npt.NDArray[np.uint32]:
    """Return the checksums of the posts of any number of pages."""
    sums = np.array([zlib.crc32(each) for each in batch.tag_sets], np.uint64)
    columns = [batch.keys, batch.seals[:, 0], batch.seals[:, 1], sums[batch.tag_set_index]]
    columns += [each.view("<u8") for each in (batch.times, batch.births, batch.revisions)]
    mixed = np.zeros(len(batch), np.uint64)
    for factor, column in zip(FACTORS, columns, strict=True):
        mixed ^= column * factor
        mixed ^= mixed >> HALF
        mixed *= FACTORS[0]
    return (mixed >> HALF).astype("<u4")
