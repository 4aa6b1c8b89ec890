"""The marks of posts: four bytes that name the post that was changed.

A mark proves nothing, as anyone can compute it anew. An honest accident, such as a damaged disk or
a careless edit, is named to the post by it, where the digest only tells the entry.
"""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np

from twittervotes.core.contest.columns import SEAL_BYTES, PostColumns

# Odd numbers without a pattern, a factor for each column: multiplying by one loses nothing.
FACTORS: Final = tuple(
    np.uint64(factor)
    for factor in (
        *(0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93),
        *(0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53, 0x2545F4914F6CDD1D),
    )
)
HALF: Final = np.uint64(32)


def marks(posts: PostColumns) -> bytes:
    """Return the mark of each post, u4, from all of its values but its account's ID.

    The seal stands for the account, and the number of a key that is a text for that text.
    """
    sums = [zlib.crc32(each) for each in posts.tag_sets.split(b"\n")[:-1]]
    tag_sets = np.array(sums, np.uint64)[np.frombuffer(posts.tag_set_index, "<u2")]
    seals = np.frombuffer(posts.seals, "<u8").reshape(-1, SEAL_BYTES // 8)
    columns = [np.frombuffer(posts.keys, "<u8"), seals[:, 0], seals[:, 1], tag_sets]
    columns += [
        np.frombuffer(column or bytes(8 * posts.size), "<u8")
        for column in (posts.times, posts.births, posts.revisions)
    ]
    mixed = np.zeros(posts.size, np.uint64)
    for factor, column in zip(FACTORS, columns, strict=True):
        mixed ^= column * factor
        mixed ^= mixed >> HALF
        mixed *= FACTORS[0]
    return (mixed >> HALF).astype("<u4").tobytes()
