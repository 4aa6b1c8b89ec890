"""Frames of the Jetstream: the recorded ones, those that clients spoil, and those made to harm."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Post, can_be_kept
from twittervotes.sources.bluesky.archive import reads
from twittervotes.sources.bluesky.decode import (
    UNREADABLE,
    Account,
    Commit,
    Sieve,
    event,
    moment_us,
    post_of_record,
    tid_us,
    time_us,
)
from twittervotes.sources.plugin import Read

DID = "did:plc:tn3hni2jpphsgl6amfbb7ja6"
CREATE = (
    b'{"did":"did:plc:tn3hni2jpphsgl6amfbb7ja6","time_us":1783175888172335,"kind":"commit","commit":'
    b'{"rev":"3mptbypoove2w","operation":"create","collection":"app.bsky.feed.post",'
    b'"rkey":"3mptbypfywk2v","record":{"$type":"app.bsky.feed.post",'
    b'"createdAt":"2026-07-04T14:38:07.323Z","facets":[{"features":[{"$type":'
    b'"app.bsky.richtext.facet#tag","tag":"HowToTellAiToShutUp"}],"index":{"byteEnd":20,'
    b'"byteStart":0}}],"langs":["de"],"text":"#HowToTellAiToShutUp! ..."},"cid":"bafyrei"}}'
)
DELETE = (
    b'{"did":"did:plc:4smm","time_us":1783175888377628,"kind":"commit","commit":'
    b'{"rev":"3mptbypuw3t2q","operation":"delete","collection":"app.bsky.feed.post",'
    b'"rkey":"3mpt73z3ejc2p"}}'
)
IDENTITY = (
    b'{"did":"did:plc:hqvh","time_us":1783175888384849,"kind":"identity","identity":'
    b'{"did":"did:plc:hqvh","seq":31527015470,"time":"2026-07-04T14:38:07.877Z"}}'
)
GONE = (
    b'{"did":"did:plc:hqvh","time_us":1783175888390226,"cursor":7,"kind":"account","account":'
    b'{"active":false,"status":"deleted","did":"did:plc:hqvh","seq":31527015471,'
    b'"time":"2026-07-04T14:38:07.900Z"}}'
)
DELETED_US = 1_783_175_887_810_617
REV_US, RKEY_US, CREATED_US = 1_783_175_887_606_634, 1_783_175_887_322_000, 1_783_175_887_323_000


def record(**values: Any) -> msgspec.Raw:
    usual = {"createdAt": "2026-07-04T14:38:07.323Z", "text": "#debian"}
    return msgspec.Raw(json.dumps({**usual, **values}).encode())


def told(rkey: str = "3mptbypfywk2v", **values: Any) -> Post:
    return post_of_record(DID, rkey, record(**values), REV_US)


def facet(*tags: object) -> dict[str, object]:
    features = [{"$type": "app.bsky.richtext.facet#tag", "tag": tag} for tag in tags]
    return {"index": {"byteStart": 0, "byteEnd": 5}, "features": features}


def test_a_recorded_post_is_decoded() -> None:
    found = event(CREATE)
    assert isinstance(found, Commit)
    assert (found.did, found.rkey, found.at_us) == (DID, "3mptbypfywk2v", REV_US)
    key = f"at://{DID}/app.bsky.feed.post/3mptbypfywk2v"
    assert found.post == Post(
        "bluesky", key, DID, RKEY_US // 1000, "HowToTellAiToShutUp", "post", REV_US
    )


def test_other_recorded_events_are_read() -> None:
    assert event(DELETE) == Commit("did:plc:4smm", "3mpt73z3ejc2p", DELETED_US, None)
    assert event(IDENTITY) is None
    assert event(GONE) == Account("did:plc:hqvh", 1_783_175_887_900_000, active=False)
    assert [time_us(frame) for frame in (CREATE, DELETE, IDENTITY, GONE)] == [
        1783175888172335, 1783175888377628, 1783175888384849, 1783175888390226,
    ]  # fmt: skip


def test_two_hosts_tell_the_same_of_one_event() -> None:
    other = CREATE.replace(b"1783175888172335", b"1783175888175001")
    assert event(other) == event(CREATE)


@pytest.mark.parametrize(
    ("values", "tags"),
    [
        ({"facets": [facet("debian"), facet("a b", "Ubuntu")]}, "debian Ubuntu"),
        ({"facets": [facet("debian")], "tags": ["#arch", "debian", "＃b"]}, "debian arch b"),
        ({"tags": ["debian"]}, "debian"),
        ({"facets": [facet("#debian")]}, "debian"),
        ({"facets": [facet("##debian")]}, "#debian"),
        ({"facets": [facet("debian ", "$XYZ", "", "#", " ", "a\nb")]}, "debian $XYZ"),
        ({"facets": [facet(17, None, ["debian"], {"tag": "debian"})]}, ""),
        ({"facets": None, "tags": None}, ""),
        ({"facets": "debian", "tags": "debian"}, ""),
        ({"facets": {"features": []}, "tags": {"0": "debian"}}, ""),
        ({"facets": [None, 7, "x", {}, {"features": None}, {"features": [None, "y", {}]}]}, ""),
        ({"facets": [{"features": [{"$type": "app.bsky.richtext.facet#link", "tag": "a"}]}]}, ""),
        ({"tags": ["x" * 641, "debian"]}, "debian"),
        ({"tags": ["a\x00b", "debian"]}, "debian"),
        ({}, ""),
    ],
)  # fmt: skip
def test_tags_come_from_facets_and_the_record(values: dict[str, Any], tags: str) -> None:
    assert told(**values).tags == tags


def test_excess_tags_are_dropped() -> None:
    post = told(tags=[f"{number:03}" + "x" * 300 for number in range(300)])
    assert can_be_kept(post)
    assert len(post.tags) > 9000


@pytest.mark.parametrize(
    ("created", "rkey", "at_us"),
    [
        ("2026-07-04T14:38:07.100Z", "3mptbypfywk2v", CREATED_US - 223_000),
        ("2026-07-04T16:38:07.100+02:00", "3mptbypfywk2v", CREATED_US - 223_000),
        ("2026-07-04T09:38:07-05:00", "3mptbypfywk2v", CREATED_US - 323_000),
        ("2026-07-04T14:38:07.1234567891Z", "self", CREATED_US - 199_544),
        ("2026-07-04T14:38:07", "self", CREATED_US - 323_000),
        ("2027-01-01T00:00:00Z", "self", REV_US),  # dated ahead: it counts from when it came
        ("2027-01-01T00:00:00Z", "3mptbypfywk2v", RKEY_US),
        ("2025-01-01T00:00:00Z", "3mptbypfywk2v", 1_735_689_600_000_000),  # dated back
        ("0001-01-01T00:00:00+14:00", "self", 0),
        ("2026-02-30T00:00:00Z", "self", REV_US),
        ("2026-07-04", "self", REV_US),
        ("yesterday", "self", REV_US),
        (17, "self", REV_US),
        (None, "self", REV_US),
    ],
)
def test_a_posts_time_is_never_after_its_arrival(created: object, rkey: str, at_us: int) -> None:
    assert told(rkey, createdAt=created).at_ms == at_us // 1000


def test_an_edit_keeps_the_time_of_a_post_dated_ahead() -> None:
    values = record(createdAt="2027-01-01T00:00:00Z")
    first = post_of_record(DID, "3mptbypfywk2v", values, REV_US)
    later = post_of_record(DID, "3mptbypfywk2v", values, REV_US + 3_600_000_000)
    assert later.at_ms == first.at_ms
    assert later.revision > first.revision


QUOTED = {"uri": f"at://{DID}/app.bsky.feed.post/3mptbypfywk2v", "cid": "b"}
FEED = {"uri": f"at://{DID}/app.bsky.feed.generator/x", "cid": "b"}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, "post"),
        ({"reply": {"root": QUOTED, "parent": QUOTED}}, "reply"),
        ({"embed": {"$type": "app.bsky.embed.record", "record": QUOTED}}, "quote"),
        ({"embed": {"record": {"record": QUOTED}, "media": {}}, "reply": {}}, "quote"),
        ({"embed": {"$type": "app.bsky.embed.record", "record": FEED}}, "post"),
        ({"embed": {"$type": "app.bsky.embed.images", "images": []}}, "post"),
        ({"embed": [], "reply": "yes"}, "post"),
        ({"embed": {"record": 5}}, "post"),
    ],
)
def test_quotes_and_replies_are_known(values: dict[str, Any], kind: str) -> None:
    assert told(**values).kind == kind


@pytest.mark.parametrize(
    "frame",
    [
        CREATE[:-20],
        b"",
        b"<html></html>",
        b"[" * 100_000,
        CREATE.replace(b"3mptbypoove2w", b"soon"),
        CREATE.replace(b"3mptbypfywk2v", b"a/b"),
        CREATE.replace(b"3mptbypfywk2v", b"x" * 600),
        CREATE.replace(b"did:plc:tn3hni2jpphsgl6amfbb7ja6", b"somebody"),
        CREATE.replace(b'"create"', b'"invent"'),
        CREATE.replace(b'"record":{', b'"record":[{').replace(b'"},"cid"', b'"}],"cid"'),
        b'{"did":"did:plc:a","time_us":"now"}',
        b'{"did":"did:plc:a","time_us":1,"account":{"active":"no"}}',
    ],
)
def test_a_frame_that_cannot_be_read_is_reported(frame: bytes) -> None:
    with pytest.raises(UNREADABLE):
        event(frame)


def test_records_of_other_collections_are_of_no_interest() -> None:
    assert event(CREATE.replace(b"app.bsky.feed.post", b"app.bsky.feed.like")) is None


def test_an_identifier_is_a_time_or_invalid() -> None:
    assert tid_us("3mptbypoove2w") == REV_US
    assert tid_us("2222222222222") == 0
    assert [tid_us(text) for text in ("", "3mptbypoove2", "3mptbypoove21", "zzzzzzzzzzzzz")] == [
        None
    ] * 4


@given(st.text(max_size=40))
def test_any_text_is_parsed_as_a_time_or_rejected(text: str) -> None:
    assert isinstance(moment_us(text), int | None)


@pytest.mark.parametrize("spelling", ["debian", "DEBIAN", "Ｄebian", "\\u0064ebian"])
def test_the_pretest_lets_every_spelling_of_a_tag_through(spelling: str) -> None:
    assert Sieve(["Debian"]).passes(CREATE.replace(b"HowToTellAiToShutUp", spelling.encode()))


def test_the_sieve_passes_news_but_not_others_posts() -> None:
    sieve = Sieve(["debian"])
    assert [sieve.passes(frame) for frame in (CREATE, IDENTITY)] == [False, False]
    news = (DELETE, GONE, CREATE.replace(b'"create"', b'"update"'))
    assert [sieve.passes(frame) for frame in news] == [True] * 3
    hidden = CREATE.replace(b'"facets"', b'"tags":["debian"],"x"')
    assert sieve.passes(hidden)


WORDS = st.text('deßKﬁｄÉé#İ"\\n ]\u3000', min_size=1, max_size=6)


@example("d", ["d\n"], False, False, False)
@example("d", [" #d "], False, False, False)
@example("xq", ["XQ"], False, False, True)
@example("d", ["Ｄ"], False, False, True)
@example("k\\k", ["K\\k"], False, False, True)
@given(WORDS, st.lists(WORDS, max_size=3), st.booleans(), st.booleans(), st.booleans())
def test_the_sieve_passes_every_post_with_a_tag(
    wanted: str, typed: list[str], ascii_only: bool, spaced: bool, hidden: bool
) -> None:
    told = json.loads(CREATE)
    told["commit"]["record"] |= {"facets": [facet("other", *typed)]}
    if hidden:
        told["commit"]["record"] |= {"facets": [], "tags": ["other", *typed]}
    separators = (" ,", " :\t") if spaced else (",", ":")
    frame = json.dumps(told, ensure_ascii=ascii_only, separators=separators).encode()
    sieve, found = Sieve([wanted]), event(frame)
    assert isinstance(found, Commit)
    assert found.post is not None
    if sieve.carries(found.post.tags):
        assert sieve.passes(frame)


@pytest.mark.parametrize("others", ["debianly", "Ｄebianly", "ubuntu", "search"])
def test_the_sieve_stops_longer_tags(others: str) -> None:
    frame = CREATE.replace(b"HowToTellAiToShutUp", others.encode())
    assert not Sieve(["debian", "arch"]).passes(frame)


def test_deletions_in_files_are_read() -> None:
    read = reads(Contest("?", (Choice("howtotellaitoshutup"),)))
    (post,) = read(CREATE).posts  # type: ignore[union-attr]
    gone = GONE.replace(b"did:plc:hqvh", DID.encode())
    (presence,) = read(gone).news  # type: ignore[union-attr]
    assert (presence.network, presence.voter, presence.active) == ("bluesky", DID, False)
    assert presence.revision > post.revision
    (deleted,) = read(DELETE).news  # type: ignore[union-attr]
    assert deleted.name == "at://did:plc:4smm/app.bsky.feed.post/3mpt73z3ejc2p"
    updated = CREATE.replace(b'"create"', b'"update"').replace(b"HowToTell", b"HowTo")
    (edit,) = read(updated).posts  # type: ignore[union-attr]
    assert edit.tags == "HowToAiToShutUp", "it may have carried ours before"
    assert read(updated.replace(b'"update"', b'"create"')) == Read()
    view = {
        "uri": post.key,
        "author": {"did": DID},
        "record": json.loads(bytes(record(tags=["arch"]))),
    }
    for value in (view, {"posts": [view], "cursor": "25"}):
        (found,) = read(json.dumps(value).encode()).posts  # type: ignore[union-attr]
        assert (found.key, found.tags, found.revision) == (post.key, "arch", 0)
    assert read(b'{"uri":"at://x","record":{}}').bad  # type: ignore[union-attr]
    for other in (b'{"statuses":[]}', b"17", b'"x"', b"[]", b'{"posts":[{"id":1}]}', b"{"):
        assert read(other) is None
