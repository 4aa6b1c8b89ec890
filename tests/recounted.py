"""The recount of posts that no ledger holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from twittervotes.core.contest.columns import columns_of
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.posts import Post, Tally
from twittervotes.core.counting.opinions import Opinions
from twittervotes.core.counting.recount import Recount, Share, together
from twittervotes.core.ledger.batch import batch_of

SALT = b"salt" * 4


def recount_of(posts: Sequence[Post], contest: Contest, shares: int = 1) -> Tally:
    """Count posts, each of which is there once, by the rules alone."""

    def posts_at(numbers: Sequence[int]) -> Iterable[tuple[int, Post]]:
        return ((number, posts[number - 1]) for number in numbers)

    opinions, parts = Opinions(contest, SALT), []
    for number in range(shares):
        share, superseded = Share(number, shares), np.zeros(0, np.uint32)
        count = Recount(contest, opinions, posts_at, superseded, share, len(posts))
        for first in range(0, len(posts), 4):
            some = posts[first : first + 4]
            count.add(batch_of([(first + 1, columns_of(some, SALT))]))
        parts.append(count.sums())
    return together(parts, contest)
