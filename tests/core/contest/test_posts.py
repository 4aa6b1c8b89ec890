"""The values that travel: what the ledger can hold, and what the process wall keeps out."""

from __future__ import annotations

import sys
from random import Random

import pytest
from samples import CHOICES, contest, post, random_post

from twittervotes.core.contest.contest import Adjustment, Contest
from twittervotes.core.contest.posts import (
    CUT,
    LONGEST_VALUE,
    Ask,
    Feed,
    Page,
    Post,
    can_all_be_kept,
    can_be_kept,
    is_clean,
)
from twittervotes.core.counting.running import tally
from twittervotes.core.polling.workers import without_unclean


@pytest.mark.parametrize("sign", ["\t", "\n", "\r", "\x00", "\x7f", "\x85", "\u2028", "\udcff"])
@pytest.mark.parametrize("name", ["network", "key", "voter", "tags", "kind"])
def test_texts_with_separators_cannot_be_stored(name: str, sign: str) -> None:
    assert not can_be_kept(post()._replace(**{name: f"a{sign}b"}))  # type: ignore[arg-type]
    assert not is_clean([f"a{sign}b"])


def test_no_printable_sign_is_unclean() -> None:
    assert is_clean(["".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))])


@pytest.mark.parametrize(
    "beyond",
    [
        post(at_ms=2**63),
        post(at_ms=10**17),
        post(born_ms=-(10**17)),
        post(revision=2**63),
        post(revision=CUT - 1),
        post(tags="a" * (LONGEST_VALUE + 1)),
        post("9" * (LONGEST_VALUE + 1)),
    ],
)
def test_values_out_of_range_cannot_be_stored(beyond: Post) -> None:
    assert not can_be_kept(beyond)
    assert not can_all_be_kept([post(), beyond, post()])


@pytest.mark.parametrize(
    "kept",
    [
        post(),
        post(tags="日本 été 🐧 a\u200db"),
        post(tags=""),
        post(tags="a" * LONGEST_VALUE),
        post(revision=2**63 - 1),
        post(at_ms=253_370_764_799_999),
        post(at_ms=-1, born_ms=-62_104_060_800_000),
    ],
)
def test_whatever_a_network_may_honestly_say_is_kept(kept: Post) -> None:
    assert can_be_kept(kept)


@pytest.mark.parametrize(
    "oddity",
    [
        *({name: sign} for name in ("key", "tags") for sign in ("a\tb", "\x85", "\udcff")),
        {"voter": "a" * (LONGEST_VALUE + 1)},
        {"at_ms": 10**17},
        {"at_ms": -(10**17)},
        {"born_ms": 10**17},
        {"born_ms": -(10**17)},
        {"revision": 2**63},
        {"revision": CUT - 1},
    ],
)
def test_one_post_that_cannot_be_kept_is_found_among_others(oddity: dict[str, str | int]) -> None:
    odd = post()._replace(**oddity)  # type: ignore[arg-type]
    assert not can_be_kept(odd)
    assert can_all_be_kept([post(), post()])
    assert not can_all_be_kept([post(), odd, post()])


def test_posts_that_cannot_be_stored_are_reported() -> None:
    ask = Ask(Feed("all", "#a"))
    page = Page("twitter", ask, (post("1"), post("2\t"), post("3", at_ms=2**70)), bad=("one",))
    assert without_unclean(page).posts == (post("1"),)
    assert without_unclean(page).bad == (
        "one",
        "2 posts with control characters or values out of range",
    )
    assert without_unclean(without_unclean(page)) == without_unclean(page)


@pytest.mark.parametrize("hands", [(0, 0, 0), (3, 0, -1), (-9, 0, 0)])
@pytest.mark.parametrize("before", [(0, 0, 0), (0, -9, 5)])
def test_adjusting_a_tally_equals_a_recount(
    before: tuple[int, ...], hands: tuple[int, ...]
) -> None:
    posts = [random_post(Random(seed)) for seed in range(40)]
    for some in (posts, []):
        tallies = [tally(some, adjusted(votes)) for votes in (before, hands)]
        assert tallies[0].adjusted(hands) == tallies[1]


def adjusted(votes: tuple[int, ...]) -> Contest:
    added = (
        Adjustment(choice.tag, number, "r", "Ada", 0)
        for choice, number in zip(CHOICES, votes, strict=True)
    )
    return contest(adjustments=tuple(added))
