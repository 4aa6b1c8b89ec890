"""Posts as networks and tools write them: every form of "nothing" means a missing field."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Post
from twittervotes.sources.bluesky import decode, search
from twittervotes.sources.lenient import UNREADABLE, Lenient, is_nothing, mended
from twittervotes.sources.mastodon import decode as mastodon_status
from twittervotes.sources.plugin import plugins
from twittervotes.sources.x import decode as x_page
from twittervotes.sources.x_v1 import decode as twitter_page

NAN = float("nan")
NOTHING = {
    "null": None,
    "NaN": NAN,
    "an empty object": {},
    "an empty list": [],
    "an empty text": "",
    "zero": 0,
    "false": False,
    "an object of null": {"id": None, "text": ""},
    "a list of null": [None],
    "a list of an empty object": [{}],
    "MongoDB's zero": {"$numberLong": "0"},
    "MongoDB's NaN": {"$numberDouble": "NaN"},
}
DID = "did:plc:abcdefghijklmnopqrstuvwx"
KEY = f"at://{DID}/app.bsky.feed.post/3mptbypfywk2v"
AT, BORN = "Tue Jun 22 10:00:00 +0000 2021", "Sat Nov 05 10:00:00 +0000 2011"
V1: dict[str, Any] = {
    "created_at": AT,
    "id": 1407000000000000001,
    "id_str": "1407000000000000001",
    "full_text": "#debian",
    "truncated": False,
    "entities": {"hashtags": [{"text": "debian", "indices": [0, 7]}]},
    "extended_tweet": {"entities": {"hashtags": [{"text": "debian"}, {"text": "arch"}]}},
    "user": {"id": 11, "id_str": "11", "created_at": BORN},
    "metadata": {"result_type": "recent"},
    "retweeted_status": {
        "id": 5,
        "id_str": "5",
        "entities": {"hashtags": [{"text": "ubuntu"}]},
        "extended_tweet": {"entities": {"hashtags": [{"text": "debian"}]}},
        "truncated": True,
    },
    "is_quote_status": True,
    "in_reply_to_status_id_str": "5",
}
V2: dict[str, Any] = {
    "id": "1407000000000000001",
    "author_id": "11",
    "created_at": "2021-06-22T10:00:00.000Z",
    "text": "#debian",
    "entities": {"hashtags": [{"start": 0, "end": 7, "tag": "debian"}]},
    "note_tweet": {"entities": {"hashtags": [{"tag": "ubuntu"}]}},
    "note_post": {"entities": {"hashtags": [{"tag": "arch"}]}},
    "referenced_tweets": [
        {
            "type": "retweeted",
            "id": "5",
            "text": "#arch",
            "entities": {"hashtags": [{"tag": "arch"}]},
            "note_tweet": {"entities": {"hashtags": [{"tag": "ubuntu"}]}},
        }
    ],
    "referenced_posts": [{"type": "quoted", "id": "5"}],
    "edit_history_tweet_ids": ["1406999999999999999", "1407000000000000001"],
    "edit_history_post_ids": ["1406999999999999999", "1407000000000000001"],
}
TOOT: dict[str, Any] = {
    "id": "106450000000000001",
    "uri": "https://a.example/users/u/statuses/1",
    "created_at": "2021-06-22T10:00:00.000Z",
    "visibility": "public",
    "tags": [{"name": "debian", "url": "x"}],
    "account": {
        "uri": "https://a.example/users/u",
        "url": "https://a.example/@u",
        "created_at": "2020-01-01T00:00:00.000Z",
    },
    "edited_at": "2021-06-22T10:05:00.000Z",
    "in_reply_to_id": "5",
    "quote": {"state": "accepted", "quoted_status": None},
    "reblog": {
        "id": "5",
        "uri": "https://a.example/users/w/statuses/5",
        "created_at": "2021-06-22T09:00:00.000Z",
        "visibility": "public",
        "account": {"uri": "https://a.example/users/w"},
        "tags": [{"name": "arch"}],
    },
}
RECORD: dict[str, Any] = {
    "createdAt": "2026-07-04T14:38:07.323Z",
    "facets": [{"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "debian"}]}],
    "tags": ["arch"],
    "reply": {"root": {"uri": KEY}, "parent": {"uri": KEY}},
    "embed": {"record": {"uri": KEY}},
}
VIEW: dict[str, Any] = {
    "uri": KEY,
    "author": {"did": DID},
    "record": RECORD,
    "indexedAt": "2026-07-04T14:38:08.000Z",
}
FRAME: dict[str, Any] = {
    "did": DID,
    "time_us": 1783175888172335,
    "commit": {
        "rev": "3mptbypoove2w",
        "operation": "create",
        "type": "c",
        "collection": "app.bsky.feed.post",
        "rkey": "3mptbypfywk2v",
        "record": RECORD,
    },
    "account": None,
}

Pages = Callable[[list[Any]], tuple[Post, ...]]


def text(told: object) -> bytes:
    return json.dumps(told).encode()


def of_v1(statuses: list[Any]) -> tuple[Post, ...]:
    answer = twitter_page.answer(text({"statuses": statuses, "search_metadata": {}}))
    return twitter_page.read(answer.statuses).posts


def of_v2(posts: list[Any]) -> tuple[Post, ...]:
    wanted = ("debian", "ubuntu", "arch")
    return x_page.page(text({"data": posts, "meta": {"next_token": NAN}}), wanted).posts


def of_mastodon(statuses: list[Any]) -> tuple[Post, ...]:
    return mastodon_status.listed(text(statuses), {}, "").posts


def of_bluesky(views: list[Any]) -> tuple[Post, ...]:
    page = search.posts_of(text({"posts": views, "cursor": {}}))
    assert page is not None
    return tuple(_readable(search.post_of, page.posts))


def of_jetstream(frames: list[Any]) -> tuple[Post, ...]:
    found = _readable(decode.event, map(text, frames))
    return tuple(each.post for each in found if each and each.post)


def _readable(read: Callable[[Any], Any], values: Any) -> Iterator[Any]:
    for value in values:
        try:
            yield read(value)
        except UNREADABLE:
            continue


DECODERS: dict[str, tuple[Pages, dict[str, Any]]] = {
    "X v1.1": (of_v1, V1),
    "X v2": (of_v2, V2),
    "Mastodon": (of_mastodon, TOOT),
    "Bluesky's search": (of_bluesky, VIEW),
    "Bluesky's Jetstream": (of_jetstream, FRAME),
}
NEEDED = {  # without one, it is no post
    ("id",),
    ("time_us",),
    ("record",),
    ("commit", "record"),
    *(
        (name, 0, key)
        for name in ("referenced_tweets", "referenced_posts")
        for key in ("id", "type")
    ),
}


def paths(told: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of each value in an object that has a name."""
    items = enumerate(told) if isinstance(told, list) else ()
    for key, value in told.items() if isinstance(told, dict) else items:
        if isinstance(key, str):
            yield (*path, key)
        yield from paths(value, (*path, key))


def holder(told: Any, path: tuple[str | int, ...]) -> Any:
    for key in path[:-1]:
        told = told[key]
    return told


def plain(example: dict[str, Any]) -> dict[str, Any]:
    """Return an example that is neither a repost nor a quote, so that other fields matter."""
    told = copy.deepcopy(example)
    for name in ("retweeted_status", "is_quote_status", "referenced_tweets", "referenced_posts"):
        told.pop(name, None)
    for name in ("reblog", "quote"):
        told.pop(name, None)
    for record in (told.get("record"), told.get("commit", {}).get("record")):
        if record:
            record.pop("embed")
    return told


CROSSED = [
    (name, which, path)
    for name, (_, example) in DECODERS.items()
    for which, told in (("all", example), ("plain", plain(example)))
    for path in paths(told)
    if path not in NEEDED
]


@pytest.mark.parametrize("nothing", NOTHING.values(), ids=NOTHING)
def test_every_field_may_hold_any_kind_of_nothing(nothing: Any) -> None:
    for name, which, path in CROSSED:
        if path[-1] == "hashtags" and isinstance(nothing, list):
            continue  # that says that there are none
        read, example = DECODERS[name]
        told = example if which == "all" else plain(example)
        without, with_nothing = copy.deepcopy(told), copy.deepcopy(told)
        del holder(without, path)[path[-1]]
        holder(with_nothing, path)[path[-1]] = nothing
        assert read([with_nothing]) == read([without]), (name, which, path)


@pytest.mark.parametrize("name", DECODERS)
def test_one_undecodable_post_costs_no_other(name: str) -> None:
    read, example = DECODERS[name]
    (post,) = read([example])
    odd = {**example, "more": [NAN, "\ud83d", {"\ud83d": 1e308}]}
    assert read([example, odd, odd, example]) == (post,) * 4


@pytest.mark.parametrize("name", DECODERS)
def test_the_examples_are_votes_so_that_the_tests_can_fail(name: str) -> None:
    read, example = DECODERS[name]
    assert len(read([example])) == len(read([plain(example)])) == 1
    assert read([plain(example)])[0].kind == ("post" if name == "X v2" else "reply")


@pytest.mark.parametrize("name", DECODERS)
def test_files_are_read_alike(name: str) -> None:
    read, example = DECODERS[name]
    contest = Contest("?", (Choice("debian"), Choice("ubuntu"), Choice("arch")))
    readings = [plugin.reads(contest) for plugin in plugins().values() if plugin.reads]
    for path in paths(plain(example)):
        if path in NEEDED:
            continue
        told = plain(example)
        holder(told, path)[path[-1]] = {}
        found = [reading(mended(text(told))) for reading in readings]
        ours = [post for each in found if each for post in each.posts]
        assert ours == list(read([told])), path


# --- the decoder by itself --------------------------------------------------------------------


class Told(msgspec.Struct):
    id: str | int
    number: int | None = None
    ids: list[str | int] | None = None
    inner: Told | None = None
    raw: msgspec.Raw = msgspec.Raw(b"")
    anything: object = None


decoder = Lenient(Told)


def test_numbers_of_mongodb_are_numbers() -> None:
    told = decoder(b'{"id":{"$numberLong":"7"},"number":{"$numberInt":"8"}}')
    assert (told.id, told.number) == (7, 8)
    assert decoder(b'{"id":1,"anything":{"$numberLong":"x"},"ids":{}}').anything is None


def test_values_are_moved_into_and_out_of_lists() -> None:
    told = decoder(b'{"id":["7"],"number":[8],"ids":"9","anything":["10"],"inner":{}}')
    assert (told.id, told.number, told.ids, told.anything) == ("7", 8, ["9"], ["10"])


@pytest.mark.parametrize(
    "bad",
    ["", "{", "[]", "null", '{"id":{}}', '{"id":[1,2]}', '{"id":1,"ids":[[1,2]]}', "[" * 99999],
)
def test_what_is_something_else_is_refused(bad: str) -> None:
    with pytest.raises(UNREADABLE):
        decoder(bad.encode())


def test_numbers_beyond_all_measure_are_nothing() -> None:
    assert decoder(b'{"id":1,"anything":1e999,"ids":{}}').anything is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(json_values)
def test_repaired_json_has_the_same_meaning(value: object) -> None:
    data = text(value)
    assert msgspec.json.decode(mended(data)) == msgspec.json.decode(
        text(json.loads(data, parse_constant=lambda _: None))
    )


def test_valid_json_and_non_json_stay_unchanged() -> None:
    for data in (b'{"a": 1}', b'{"a": ', b"\xff"):
        assert mended(data) is data
    assert mended(b'{"a":"\\ud83d"}') == '{"a": "\ufffd"}'.encode()


def test_what_counts_as_nothing() -> None:
    assert all(map(is_nothing, (None, {}, [], "", 0, False, [None, {}], {"a": None, "b": ""})))
    assert not any(map(is_nothing, (1, "0", True, [1], {"a": 0}, {"a": {}}, {"active": False})))
