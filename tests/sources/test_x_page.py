"""Decoding a page of X's v2 search in one pass gives what decoding each post by itself gives."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_values import LEFT_OUT, put

from twittervotes.core.contest.columns import columns_of
from twittervotes.core.contest.posts import Ask, Feed, Page
from twittervotes.core.polling.workers import with_columns
from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.x import decode, plain
from twittervotes.sources.x.decode import DecodedSearch

SALT = bytes(16)
WANTED = frozenset({"debian", "日本語"})
AT = "2022-11-08T21:16:42.000Z"
ODD: list[Any] = [
    LEFT_OUT, None, True, 0, 7, -1, 1.5, "", "7", "007", " 7", "٧", 2**63, "9223372036854775808",
    [], ["7"], [7, 8], {}, {"a": 1}, {"$numberLong": "7"}, "debian", "#debian", "two words",
    "a\u2028b",
    "\ud800", AT, "2022-11-08T21:16:42Z", "2022-11-08T22:16:42+01:00", "1999-01-01T00:00:00Z",
    "2022-11-08T21:16:42", "8 Nov 2022", {"hashtags": [{"tag": "Debian"}]}, {"hashtags": None},
    {"hashtags": [{"tag": "a b"}, {"tag": ""}]},
    {"hashtags": [{"tag": f"t{n}"} for n in range(101)]},
    {"mentions": []}, {"entities": {"hashtags": [{"tag": "long"}]}}, {"entities": None},
    [{"tag": "a b"}], [{"tag": ""}, {"tag": "b"}], [{}], [{"tag": 7}], [None],
    [{"type": "quoted", "id": "5"}], [{"type": "retweeted", "id": "5"}],
    [{"type": "else", "id": "5"}],
    [{"type": "replied_to", "id": "5"}, {"type": "quoted", "id": "6"}], [{"type": "quoted"}],
    [{"type": "quoted", "id": "5", "text": 7}], [{"type": "quoted", "id": 5}],
    {"tweets": [{"id": "5", "entities": {"hashtags": [{"tag": "debian"}]}}]}, {"result_count": 0},
    {"next_token": "abc"}, {"next_token": "é"},
]  # fmt: skip
PLACES = [
    ("id",), ("author_id",), ("created_at",), ("entities",), ("text",), ("note_tweet",),
    ("note_post",), ("referenced_tweets",), ("referenced_posts",), ("edit_history_tweet_ids",),
    ("edit_history_post_ids",), ("lang",), ("entities", "hashtags"), ("entities", "mentions"),
    ("data",), ("meta",), ("includes",), ("errors",),
]  # fmt: skip
TAGS = st.lists(
    st.text(min_size=1, max_size=5) | st.sampled_from(["debian", "Debian", "日本語", "x" * 700]),
    max_size=3,
)


@st.composite
def posts(draw: st.DrawFn) -> dict[str, Any]:
    """Return a post as X writes it, of any kind, in which up to two values may be odd."""
    number = str(draw(st.integers(10**18, 10**18 + 9)))
    told = usual(number, *draw(TAGS))
    names = draw(st.sampled_from(("tweet", "post")))
    told[f"edit_history_{names}_ids"] = draw(st.sampled_from(([], [number], ["5", number])))
    if draw(st.booleans()):
        told[f"note_{names}"] = {"entities": {"hashtags": [{"tag": tag} for tag in draw(TAGS)]}}
    if draw(st.booleans()):
        kind = draw(st.sampled_from(("quoted", "replied_to", "retweeted", "else")))
        told[f"referenced_{names}s"] = [{"type": kind, "id": "5"}]
    for place in draw(st.lists(st.sampled_from(PLACES), max_size=2)):
        put(told, place, draw(st.sampled_from(ODD)))
    return told


def usual(number: str = "1590100000000000000", *tags: str) -> dict[str, Any]:
    return {
        "id": number,
        "author_id": "7",
        "created_at": AT,
        "text": "a text #that has a tag",
        "lang": "en",
        "entities": {"hashtags": [{"start": 0, "end": 1, "tag": tag} for tag in tags]},
        "edit_history_tweet_ids": [number],
    }


def body_of(told: list[dict[str, Any]], **more: object) -> bytes:
    return json.dumps({"data": told, "meta": {"next_token": "abc"}, **more}).encode()


def at_once(body: bytes) -> DecodedSearch | None:
    try:
        return decode.page(body, WANTED)
    except UNREADABLE:
        return None


def with_care(body: bytes) -> DecodedSearch | None:
    try:
        return decode.read_page(body, WANTED)
    except UNREADABLE:
        return None


@given(st.lists(posts(), max_size=4), st.dictionaries(
    st.sampled_from(("includes", "meta", "errors", "data")), st.sampled_from(ODD[1:]), max_size=1
))  # fmt: skip
def test_a_page_is_decoded_in_one_pass_as_with_care(
    told: list[dict[str, Any]], more: dict[str, object]
) -> None:
    body = body_of(told, **more)
    assert at_once(body) == with_care(body)


@given(st.lists(posts(), min_size=1, max_size=2), st.data())
def test_a_damaged_page_is_decoded_in_one_pass_as_with_care(
    told: list[dict[str, Any]], data: st.DataObject
) -> None:
    body = bytearray(body_of(told))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert at_once(bytes(body)) == with_care(bytes(body))


@given(st.lists(st.lists(posts(), max_size=4), min_size=1, max_size=3))
def test_columns_of_pages_are_those_of_their_posts(pages: list[list[dict[str, Any]]]) -> None:
    ask, answers, expected = Ask(Feed("debian", "#debian")), [], []
    for told in pages:
        found, careful = decode.quick_page(body_of(told), WANTED), with_care(body_of(told))
        assert careful is not None
        answers.append(Page("x", ask, found.posts, numbered=found.numbered))
        expected += careful.posts
    answers = [page for page in answers if page.posts or (page.numbered and page.numbered.size)]
    got = with_columns(answers, SALT)
    columns = [each.columns for each in got if isinstance(each, Page) and each.columns]
    assert [post for each in columns for post in each.posts()] == expected
    if len(columns) == 1:
        assert columns[0] == columns_of(expected, SALT)


@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_an_odd_value_is_decoded_in_one_pass_as_with_care(place: tuple[str, ...]) -> None:
    for value in ODD:
        told = usual("5", "debian")
        put(told, place, value)
        body = body_of([told, usual("6", "debian")])
        assert at_once(body) == with_care(body), value


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"note_tweet": {"text": "long", "entities": {"hashtags": [{"tag": "debian"}]}}},
        {"referenced_tweets": [{"type": "quoted", "id": "5"}]},
        {"referenced_posts": [{"type": "replied_to", "id": "5"}]},
        {"entities": {"hashtags": [{"tag": "other"}], "urls": [{"url": "https://t.co/a"}]}},
    ],
    ids=["plain", "long", "quote", "reply", "other tags"],
)
def test_what_x_writes_is_decoded_in_one_pass(
    more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = body_of([usual("5", "Debian") | more, usual("6", "x", "debian")])
    expected = with_care(body)
    assert expected is not None
    monkeypatch.setattr(decode, "read_page", None)
    assert at_once(body) == expected


def test_a_check_that_forgets_edits_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    body = body_of([usual("7", "debian") | {"edit_history_tweet_ids": ["5", "7"]}])
    assert at_once(body) == with_care(body)
    tag_set = plain._tag_set
    unedited = {"edit_history_tweet_ids": None, "edit_history_post_ids": None}
    monkeypatch.setattr(
        plain,
        "_tag_set",
        lambda post: tag_set(
            type(post)(**{n: getattr(post, n) for n in post.__struct_fields__} | unedited)
        ),
    )
    assert at_once(body) != with_care(body)


def test_a_page_without_our_tags_has_no_posts_and_all_ids() -> None:
    found = decode.quick_page(body_of([usual("6", "other"), usual("5")]), WANTED)
    assert found.numbered is not None
    assert (found.numbered.posts(), found.ids, found.billed) == ([], (6, 5), ("6", "5"))
    assert replace(found, numbered=None) == with_care(body_of([usual("6", "other"), usual("5")]))
