"""Hashtags: which ones an operator may choose, and which two are the same."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.hashtag import LONGEST, fold, named
from twittervotes.core.errors import ContestError

LETTERS = [
    sign for sign in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(sign)[0] == "L"
]
# the dotless ı has a capital of its own in Turkish alone; Greek letters with two marks under and
# over them lose their order with the capital
ODD_CAPITALS = set("ı\u1fb7\u1fc7\u1ff7")


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("debian", "debian"),
        ("#debian", "debian"),
        (" ＃Debian ", "Debian"),
        ("100k", "100k"),
        ("_a", "_a"),
        ("日本", "日本"),
        ("が", "が"),
        ("e\u0301te\u0301", "été"),
        ("मत", "मत"),
        ("vo\u200dte", "vo\u200dte"),
        ("a·b", "a·b"),
        ("a" * LONGEST, "a" * LONGEST),
        ("e\u0301" * LONGEST, "é" * LONGEST),
    ],
)
def test_what_the_networks_take_for_a_hashtag_is_one(typed: str, tag: str) -> None:
    assert named(typed) == tag


@pytest.mark.parametrize(
    "typed",
    [
        "#",
        "＃",
        "##a",
        "#100",
        "2024",
        "_",
        "#_1_2",
        "a-b",
        "a.b",
        "C++",
        "a#b",
        "a!b",
        "é&b",
        "🐧",
        "#⃣a",
        "#️⃣a",
        "²x½",
        "〃",
        "",
        " ",
        "a b",
        "a\tb",
        "a\x00b",
        "a\ud800",
        "a\u2028b",
        "a\u200bb",
        "a" * (LONGEST + 1),
    ],
)
def test_an_invalid_hashtag_is_refused(typed: str) -> None:
    with pytest.raises(
        ContestError, match=r"isn't a valid hashtag.*\.$|too long for a hashtag .*\.$"
    ):
        named(typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("debian", "#DEBIAN"),
        ("debian", "＃ｄｅｂｉａｎ"),
        ("Straße", "STRASSE"),
        ("ΣΑΣ", "σας"),
        ("été", "E\u0301TE\u0301"),
        ("ﬁsh", "fish"),
        ("ｶﾞ", "ガ"),
    ],
)
def test_two_ways_of_writing_one_hashtag_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("été", "ete"), ("debian", "debiаn"), ("ı", "i"), ("a_b", "ab"), ("か", "が")],
)
def test_other_letters_are_other_hashtags(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_every_letter_folds_like_its_capital_and_its_parts() -> None:
    for letter in LETTERS:
        parts = unicodedata.normalize("NFD", letter)
        assert fold(fold(letter)) == fold(parts) == fold(letter), ascii(letter)
        if letter not in ODD_CAPITALS:
            assert fold(letter.upper()) == fold(letter.lower()) == fold(letter), ascii(letter)


@given(st.lists(st.sampled_from(LETTERS), min_size=1, max_size=20).map("".join))
def test_whatever_an_operator_may_name_matches_itself_as_posted(tag: str) -> None:
    assert fold(named(tag)) == fold(tag)
