"""Reading a page of X's v1.1 search in one pass gives what reading each status by itself gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_values import LEFT_OUT, put

from twittervotes.core.contest.columns import columns_of
from twittervotes.sources.lenient import UNREADABLE
from twittervotes.sources.x_v1 import decode
from twittervotes.sources.x_v1.decode import DecodedPage

SALT = bytes(16)
AT, BORN = "Tue Nov 08 21:16:42 +0000 2022", "Sat Nov 05 10:00:00 +0000 2011"
ODD: list[Any] = [
    LEFT_OUT, None, True, False, 0, 1, 7, -1, 1.5, 1e30, "", "0", "7", "007", " 7", "٧", "nan",
    "None", "false", 2**63, 2**63 - 1, "9223372036854775808", [], ["7"], [7, 8], {}, {"a": 1},
    {"$numberLong": "7"}, "x" * 50, "debian", "two words", "a\u2028b", "a\x1cb", "\ud800",
    AT, "Tue Nov 08 24:00:00 +0000 2022", "Tue Nov 8 1:2:3 +0000 2022", "8 Nov 2022",
    {"hashtags": [{"text": "Debian"}]}, {"hashtags": [{"text": "a b"}, {"text": ""}]},
    {"hashtags": [{"text": f"tag{n}"} for n in range(101)]}, {"hashtags": None},
    {"entities": {"hashtags": [{"text": "long"}]}}, {"result_type": "popular"},
    [{"text": "a b"}], [{"text": ""}, {"text": "b"}], [{}], [{"text": 7}], [None],
]  # fmt: skip
PLACES = [
    ("id",), ("id_str",), ("created_at",), ("entities",), ("extended_tweet",), ("truncated",),
    ("user",), ("metadata",), ("retweeted_status",), ("is_quote_status",), ("full_text",),
    ("in_reply_to_status_id_str",), ("text",), ("lang",), ("user", "id"), ("user", "id_str"),
    ("user", "created_at"), ("user", "name"), ("entities", "hashtags"), ("metadata", "result_type"),
    ("retweeted_status", "entities"), ("retweeted_status", "id"), ("retweeted_status", "id_str"),
    ("retweeted_status", "truncated"), ("retweeted_status", "extended_tweet"),
    ("retweeted_status", "metadata"), ("retweeted_status", "created_at"),
]  # fmt: skip
TAGS = st.lists(st.text(min_size=1, max_size=5) | st.sampled_from(["debian", "日本語"]), max_size=3)


@st.composite
def statuses(draw: st.DrawFn) -> dict[str, Any]:
    """Return a status as X writes it, of any kind, in which up to two values may be odd."""
    number = draw(st.integers(10**18, 10**18 + 9))
    entities = {"hashtags": [{"text": tag, "indices": [0, 1]} for tag in draw(TAGS)]}
    told: dict[str, Any] = {
        "created_at": AT,
        "id": number,
        "id_str": str(number),
        "full_text": "a text #that has a tag",
        "truncated": False,
        "entities": entities,
        "user": {"id": 7, "id_str": "7", "created_at": BORN},
        "metadata": {"result_type": draw(st.sampled_from(["recent", "recent", "popular"]))},
        "is_quote_status": draw(st.booleans()),
        "in_reply_to_status_id_str": draw(st.none() | st.just("5")),
    }
    if draw(st.booleans()):
        told["retweeted_status"] = {"id": 5, "id_str": "5", "entities": entities}
    for place in draw(st.lists(st.sampled_from(PLACES), max_size=2)):
        put(told, place, draw(st.sampled_from(ODD)))
    return told


def body_of(told: list[dict[str, Any]], **metadata: object) -> bytes:
    return json.dumps({"statuses": told, "search_metadata": metadata}).encode()


def with_care(body: bytes) -> tuple[DecodedPage, bool] | None:
    """Read a page status by status, None where it is none."""
    try:
        answer = decode.answer(body)
        return decode.read(answer.statuses), bool(answer.search_metadata.next_results)
    except UNREADABLE:
        return None


def at_once(body: bytes) -> tuple[DecodedPage, bool] | None:
    try:
        return decode.page(body)
    except UNREADABLE:
        return None


@given(st.lists(statuses(), max_size=4), st.sampled_from([{}, {"next_results": "?max_id=5"}]))
def test_one_pass_reads_a_page_like_the_reference(
    told: list[dict[str, Any]], metadata: dict[str, object]
) -> None:
    body = body_of(told, **metadata)
    assert at_once(body) == with_care(body)


@given(statuses(), st.data())
def test_one_pass_reads_a_damaged_page_like_the_reference(
    told: dict[str, Any], data: st.DataObject
) -> None:
    body = bytearray(body_of([told], next_results="?"))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert at_once(bytes(body)) == with_care(bytes(body))


@given(st.lists(statuses(), min_size=1, max_size=4))
def test_columns_of_a_page_are_those_of_its_posts(told: list[dict[str, Any]]) -> None:
    body = body_of(told)
    try:
        found, _ = decode.quick_page(body)
    except UNREADABLE:
        return
    expected = with_care(body)
    assert expected is not None
    if found.numbered:
        assert found.numbered.columns(SALT) == columns_of(expected[0].posts, SALT)
    else:
        assert (found, False) == expected


def plain(*, is_repost: bool) -> dict[str, Any]:
    """Return a status as X writes it."""
    told: dict[str, Any] = {
        "created_at": AT,
        "id": 10**18,
        "id_str": str(10**18),
        "full_text": "a text #that has a tag",
        "truncated": False,
        "entities": {"hashtags": [{"text": "Debian"}]},
        "user": {"id": 7, "id_str": "7", "created_at": BORN},
        "is_quote_status": False,
        "in_reply_to_status_id_str": None,
        "metadata": {"iso_language_code": "en", "result_type": "recent"},
    }
    if is_repost:
        told["retweeted_status"] = plain(is_repost=False)
    return told


@pytest.mark.parametrize("is_repost", [False, True])
@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_one_pass_reads_odd_values_like_the_reference(
    place: tuple[str, ...], is_repost: bool
) -> None:
    for value in ODD:
        told = plain(is_repost=is_repost)
        put(told, place, value)
        body = body_of([told, plain(is_repost=False)], next_results="?")
        assert at_once(body) == with_care(body), value


@pytest.mark.parametrize("is_repost", [False, True])
def test_what_x_writes_is_read_in_one_pass(
    is_repost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = body_of([plain(is_repost=is_repost)])
    expected = with_care(body)
    assert expected is not None
    monkeypatch.setattr(decode, "read", None)
    assert at_once(body) == expected


PARTS = ["Tue", "Nov", "8", "08", "21:16:42", "1:2:3", "-21:16:42", "24:00:00", "23:59:60",
         "021:16:42", "21:16:425", "+0000", "+0100", "2022", "1999", "99999", "", " "]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), min_size=5, max_size=7) | st.permutations(AT.split()))
def test_a_time_is_read_in_short_as_in_full(parts: list[str]) -> None:
    assert _read(decode._ms, " ".join(parts)) == _read(decode._any_ms, " ".join(parts))


@given(st.data())
def test_one_pass_reads_odd_times_like_the_reference(data: st.DataObject) -> None:
    text = list(AT)
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place] = data.draw(st.sampled_from(["", " ", "0", "1", "9", ":", "-", "+", "٣", "12"]))
    assert _read(decode._ms, "".join(text)) == _read(decode._any_ms, "".join(text))


def _read(reads: Any, text: str) -> int | None:
    try:
        found: int = reads(text)
    except ValueError:
        return None
    return found
