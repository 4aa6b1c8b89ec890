"""Posts as columns: nothing is lost, and wrong lengths are found."""

from __future__ import annotations

from itertools import compress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import law

from twittervotes.core.contest.columns import PostColumns, columns_of, joined, key_number
from twittervotes.core.contest.posts import Post
from twittervotes.core.ledger.batch import batch_of, together

SALT = b"salt" * 4
TOP = 2**63

ids = st.one_of(
    st.integers(0, 2**64).map(str),
    st.sampled_from(["", "0", "00", "01", str(TOP - 1), str(TOP), "²", "did:plc:é", "1 2", "-1"]),
)
any_posts = st.lists(
    st.builds(
        Post,
        network=st.sampled_from(("x", "mastodon")),
        key=ids,
        voter=ids,
        at_ms=st.integers(-(10**13), 10**14),
        tags=st.sampled_from(("", "a", "a b", "ü")),
        kind=st.sampled_from(("post", "reply")),
        revision=st.one_of(st.just(0), st.integers(-1, TOP - 1)),
        born_ms=st.one_of(st.just(0), st.integers(-(10**13), 10**13)),
    ),
    min_size=1,
    max_size=8,
)


@law
@given(any_posts, any_posts, st.data())
def test_posts_survive_columns_batches_and_choosing(
    some: list[Post], others: list[Post], data: st.DataObject
) -> None:
    one, other = columns_of(some, SALT), columns_of(others, SALT)
    both = [*some, *others]
    assert one.posts() == some
    assert joined([one, other]).posts() == both
    batch = batch_of([(1, one), (100, other)])
    assert batch.key_list() == [post.key for post in both]
    assert batch.numbers.tolist() == [*range(1, 1 + len(some)), *range(100, 100 + len(others))]
    keep = data.draw(st.lists(st.booleans(), min_size=len(some), max_size=len(some)))
    if any(keep):
        assert one.only(keep).posts() == list(compress(some, keep))
    places = np.array(data.draw(st.permutations(range(len(both)))), np.intp)[: len(both) // 2 + 1]
    part = batch.at(places)
    assert part.key_list() == [both[place].key for place in places.tolist()]
    assert together([part, batch]).key_list() == [*part.key_list(), *batch.key_list()]


def test_only_canonical_decimals_below_2_to_the_63_are_numbers() -> None:
    for key in ("0", "7", str(TOP - 1)):
        assert key_number("x", key) == int(key)
    for key in ("", "00", "07", "+7", "7 ", "٧", str(TOP), "9" * 30):
        assert key_number("x", key) >= TOP


@pytest.mark.parametrize("field", [name for name in PostColumns._fields if name != "size"])
def test_a_column_of_a_wrong_length_is_found(field: str) -> None:
    page = columns_of(
        [Post("x", "a", "b", 1, "t", "post", 1, 1), Post("x", "1", "b", 1, "t")], SALT
    )
    assert page.problem() == ""
    if field == "voters_are_text":
        assert page._replace(voters_are_text=False).problem()
        return
    column = getattr(page, field)
    assert page._replace(**{field: column + b"x"}).problem()
    assert page._replace(**{field: column[:-1]}).problem()


@pytest.mark.parametrize("field", ["network", "key", "voter", "tags", "kind"])
def test_a_value_that_would_be_two_is_refused(field: str) -> None:
    signs = "\t\n" if field in ("network", "tags", "kind") else "\n"
    for sign in signs:
        post = Post("x", "k", "v", 1, "t")
        with pytest.raises(ValueError, match="tab or a newline"):
            columns_of([post._replace(**{field: f"a{sign}b"})], SALT)
