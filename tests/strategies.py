"""Random posts, pages and rules for the laws of the count, and how a law is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from samples import CLOSES, NETWORKS, OPENS, TIMES, VOTERS, contest, page

from twittervotes.core.contest.acts import Act, ActKind, second_after
from twittervotes.core.contest.contest import Contest, PerAccount, Policy, Rules, Several, Withdrawn
from twittervotes.core.contest.posts import Kind, Post

law = settings(
    max_examples=50,
    phases=(Phase.generate,),  # of a law that does not hold any example will do
)

posts = st.builds(
    Post,
    network=st.sampled_from(NETWORKS),
    key=st.sampled_from(("1", "2", "3", "10", "at://5")),
    voter=st.sampled_from(VOTERS[:2]),
    at_ms=st.sampled_from(TIMES[1:-3]),
    tags=st.sampled_from(
        (
            "debian",
            "DEBIAN vote",
            "ubunut",
            "arch vote",
            "arch debian",
            "cats",
            "word:2 vote",
            "word:arch_linux word:1",
            "word:3",
        )
    ),
    kind=st.sampled_from(("post", "post", "post", *(kind.value for kind in Kind))),
    revision=st.integers(-1, 2),
    born_ms=st.sampled_from((0, OPENS - 5000)),
)
pages = st.builds(
    page, st.lists(posts, max_size=6), source=st.sampled_from(("twitter", "mirror", "archive"))
)
rounds = st.lists(pages, max_size=6)

rules = st.builds(
    Rules,
    per_account=st.sampled_from(PerAccount),
    several=st.sampled_from(Several),
    reposts=st.sampled_from(Policy),
    required=st.sampled_from(((), (), ("vote",))),
    min_account_age_s=st.sampled_from((0, 100)),
    grace_s=st.sampled_from((0, 2)),
    exclude=st.sampled_from(((), ("ann",), ("x:bob",))),
    withdrawn=st.sampled_from(Withdrawn),
)


def _held(
    made: Rules, closes_ms: int | None, pauses: tuple[tuple[int, int | None], ...]
) -> Contest:
    debian, ubuntu, arch = contest().choices
    choices = (replace(debian, words=("1",)), ubuntu, replace(arch, words=("2", "arch linux")))
    return Contest("t", choices, made, OPENS, closes_ms, pauses)


contests = st.builds(
    _held,
    rules,
    st.sampled_from((None, CLOSES)),
    st.sampled_from(((), ((OPENS + 2000, OPENS + 4000), (OPENS + 7000, None)))),
)


times = st.sampled_from(TIMES)
rulings = st.builds(Act, st.just(ActKind.RULED), times, rules=rules)
acts = st.one_of(
    st.builds(
        Act,
        st.sampled_from((ActKind.OPENED, ActKind.PAUSED, ActKind.RESUMED, ActKind.CLOSED)),
        times,
    ),
    st.builds(Act, st.just(ActKind.EXTENDED), times, until_ms=times),
    st.builds(Act, st.just(ActKind.UNPAUSED), times, pause_ms=times.map(second_after)),
    rulings,
    st.builds(
        Act, st.just(ActKind.EXCLUDED), times, voter=st.sampled_from(("ann", "x:bob", "cem"))
    ),
    st.builds(Act, st.just(ActKind.ADJUSTED), times, tag=st.just("arch"), votes=st.integers(-2, 3)),
    st.builds(Act, st.just(ActKind.DRAWN), times, seed=st.just("6 17")),
)


def fails(holds: Callable[[], None]) -> None:
    """Run a law over a program that was broken on purpose: it must not hold."""
    with pytest.raises(AssertionError):
        holds()
