"""Opinions on a batch are those of the judge on each of its posts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from strategies import contests, law, posts

from twittervotes.core.contest.columns import columns_of
from twittervotes.core.contest.contest import Contest
from twittervotes.core.contest.judge import Judge
from twittervotes.core.contest.posts import Post
from twittervotes.core.counting.opinions import VERDICTS, Opinions
from twittervotes.core.ledger.batch import batch_of

SALT = b"salt" * 4


@law
@given(st.lists(st.lists(posts, min_size=1, max_size=9), min_size=1, max_size=3), contests)
def test_a_batch_is_judged_as_its_posts_are(found: list[list[Post]], contest: Contest) -> None:
    opinions, judge = Opinions(contest, SALT), Judge(contest)
    for some in found:
        codes, casts = opinions.of(batch_of([(1, columns_of(some, SALT))]))
        for post, code, cast in zip(some, codes.tolist(), casts.tolist(), strict=True):
            verdict, choices = judge(post)
            assert VERDICTS[code] is verdict
            assert opinions.casts[cast].choices == choices
            assert opinions.casts[cast].network == (post.network if choices else "")


def test_an_empty_batch_has_no_opinions() -> None:
    codes, casts = Opinions(Contest("t", (), opens_ms=1), SALT).of(batch_of([]))
    assert (len(codes), len(casts)) == (0, 0)
