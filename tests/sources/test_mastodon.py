"""Mastodon's hashtag timelines: the requests, and the handling of every kind of response."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from doubles import WireServer, reply

from twittervotes.core.contest.contest import Choice, Contest, Rules
from twittervotes.core.contest.posts import Ask, Failed, Feed, LooksUp, Page, Post, Remedy, Sought
from twittervotes.core.errors import ConfigError
from twittervotes.core.polling.workers import work
from twittervotes.sources.mastodon import api
from twittervotes.sources.mastodon import source as module
from twittervotes.sources.mastodon.plugin import PLUGIN
from twittervotes.sources.mastodon.source import Mastodon, MastodonSettings

SECRET = "a-token-that-nobody-may-see"
NOW_MS = 1_795_000_000_000
MINUTE_MS = 60_000
OPENS_MS = NOW_MS - 10 * MINUTE_MS
FEED = Feed("debian", "debian")
ASK = Ask(FEED, opens_ms=OPENS_MS)
DID = "did:plc:abcdefghijklmnopqrstuvwx"
HTML = b"<!DOCTYPE html><html><body>We are down.</body></html>"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what another test's worker learnt."""
    yield
    for known in (module._limits, api._instances):
        known.clear()


@pytest.fixture
def source(server: WireServer) -> Mastodon:
    return Mastodon(server.url, ("debian", "Café", "ubuntu"))


def id_at(ms: int, number: int = 0) -> str:
    return str(ms << 16 | number)


def written(ms: int) -> str:
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z"


def status(at_ms: int = NOW_MS, *tags: str, **values: Any) -> dict[str, Any]:
    """Return a post as an instance sends it."""
    number = values.pop("number", at_ms)
    return {
        "id": id_at(at_ms),
        "created_at": written(at_ms),
        "visibility": "public",
        "uri": f"https://a.example/users/who/statuses/{number}",
        "url": f"https://a.example/@who/{number}",
        "content": "<p>a text that nobody keeps</p>",
        "reblog": None,
        "edited_at": None,
        "in_reply_to_id": None,
        "quote": None,
        "account": {
            "id": "1",
            "acct": "who",
            "uri": "https://a.example/users/who",
            "url": "https://a.example/@who",
            "created_at": "2020-01-01T00:00:00.000Z",
        },
        "tags": [{"name": tag, "url": "https://a.example/tags/x"} for tag in tags or ("debian",)],
        **values,
    }


def page(*statuses: Any, headers: tuple[str, ...] = ()) -> bytes:
    return reply(json.dumps(list(statuses)).encode(), 200, *headers)


def error(code: int, message: str = "Told.", *headers: str) -> bytes:
    return reply(json.dumps({"error": message}).encode(), code, *headers)


def instance(level: str = "public") -> bytes:
    feeds = {"local": level, "remote": level}
    configuration = {"urls": {}, "timelines_access": {"hashtag_feeds": feeds}}
    return reply(json.dumps({"domain": "a.example", "configuration": configuration}).encode())


def limits(remaining: int, in_s: int = 120, limit: int = 300) -> tuple[str, ...]:
    now = int(time.time())
    reset = datetime.fromtimestamp(now + in_s, UTC)
    return (
        f"Date: {formatdate(now, usegmt=True)}",
        f"X-RateLimit-Limit: {limit}",
        f"X-RateLimit-Remaining: {remaining}",
        f"X-RateLimit-Reset: {reset:%Y-%m-%dT%H:%M:%S}.987654Z",
    )


def page_of(answer: Page | Failed) -> Page:
    assert isinstance(answer, Page), answer
    return answer


def failed_of(answer: Page | Failed) -> Failed:
    assert isinstance(answer, Failed), answer
    assert answer.message.endswith(".")
    return answer


def one(source: Mastodon, server: WireServer, value: dict[str, Any]) -> Post:
    server.replies = [page(value)]
    (post,) = page_of(source.fetch(ASK)).posts
    return post


def query_of(server: WireServer, number: int = -1) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(server.requests[number].target).query))


def test_a_page_reports_the_instances_clock(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(status(), headers=(f"Date: {formatdate(time.time() - 90)}",))]
    ahead_ms = page_of(source.fetch(ASK)).ahead_ms
    assert ahead_ms is not None
    assert abs(ahead_ms + 90_000) < 60_000


@pytest.mark.parametrize(
    "values",
    [
        {"id": NOW_MS << 16},  # a number, as before Mastodon 2
        {"account": {"url": "https://a.example/@who", "created_at": "2019"}},  # before 4.3
        {"account": {"uri": "https://p.example/who", "created_at": None}},
        {"tags": [{"name": None}, {"name": "debian", "url": None}]},
        {"created_at": written(NOW_MS).replace("Z", "000Z")},
        {"created_at": written(NOW_MS).replace("Z", "+00:00")},
        {"quote": {"state": "deleted", "quoted_status": None}},
        {"pleroma": {"local": False}, "text": None, "language": None, "url": None},
    ],
    ids=" ".join,
)
def test_posts_of_other_software_and_old_releases_are_read(
    source: Mastodon, server: WireServer, values: dict[str, Any]
) -> None:
    post = one(source, server, status(**values))
    assert (post.key, post.tags) == (status()["uri"], "debian")
    assert post.voter in ("https://a.example/users/who", "https://p.example/who")
    assert post.at_ms == NOW_MS // 1000 * 1000


# --- what is asked ----------------------------------------------------------------------------


def test_each_choice_and_alias_has_its_own_request() -> None:
    contest = Contest("?", (Choice("debian"), Choice("ubuntu", aliases=("kubuntu",))))
    feeds = Mastodon("https://a.example", contest.tags).feeds(contest)
    assert [feed.query for feed in feeds] == ["debian", "ubuntu", "kubuntu"]


def test_a_round_begins_with_the_newest_page(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(status())]
    source.fetch(replace(ASK, since=id_at(NOW_MS)))
    assert server.requests[0].target == "/api/v1/timelines/tag/debian?limit=40"


@pytest.mark.parametrize(
    ("tag", "path"), [("日本語", "%E6%97%A5%E6%9C%AC%E8%AA%9E"), ("Café", "Caf%C3%A9")]
)
def test_a_tag_is_encoded_as_utf_8(
    source: Mastodon, server: WireServer, tag: str, path: str
) -> None:
    server.replies = [page(status())]
    source.fetch(replace(ASK, feed=Feed(tag, tag)))
    assert server.requests[0].target.split("?")[0] == f"/api/v1/timelines/tag/{path}"


def test_no_token_is_sent_unless_there_is_one(server: WireServer) -> None:
    server.replies = [page(status())]
    Mastodon(server.url, ("debian",)).fetch(ASK)
    Mastodon(server.url, ("debian",), SECRET).fetch(ASK)
    sent = [request.headers.get("authorization") for request in server.requests]
    assert sent == [None, f"Bearer {SECRET}"]


def test_the_first_round_goes_down_to_the_opening(source: Mastodon, server: WireServer) -> None:
    late = status(OPENS_MS - 3 * MINUTE_MS, created_at=written(OPENS_MS + 5))
    early = status(OPENS_MS - 4 * MINUTE_MS)
    server.replies = [page(status()), page(late), page(early)]
    first = page_of(source.fetch(ASK))
    assert (first.newest, first.reached) == (id_at(NOW_MS), False)
    second = page_of(source.fetch(replace(ASK, token=first.token)))
    assert query_of(server) == {"limit": "40", "max_id": id_at(NOW_MS)}
    assert second.newest == ""
    third = page_of(source.fetch(replace(ASK, token=second.token)))
    assert query_of(server)["max_id"] == late["id"]
    assert third.token == ""


@pytest.mark.covers("late post")
def test_a_late_arrival_doesnt_end_the_first_round(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(status(NOW_MS, created_at=written(OPENS_MS - 1000)))]
    assert page_of(source.fetch(ASK)).token


def test_only_an_empty_page_is_the_last(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(status()), page()]
    first = page_of(source.fetch(ASK))
    assert first.token
    assert page_of(source.fetch(replace(ASK, token=first.token))).token == ""


def test_one_page_that_reaches_below_the_overlap_completes_a_round(
    source: Mastodon, server: WireServer
) -> None:
    since = id_at(NOW_MS - MINUTE_MS)
    server.replies = [page(status(), status(NOW_MS - 3 * MINUTE_MS))]
    found = page_of(source.fetch(replace(ASK, since=since)))
    assert (found.token, found.reached, found.newest) == ("", True, id_at(NOW_MS))


def test_a_round_continues_upward_from_below_the_cursor(
    source: Mastodon, server: WireServer
) -> None:
    since = id_at(NOW_MS - 5 * MINUTE_MS)
    ask = replace(ASK, since=since)
    between = status(NOW_MS - 4 * MINUTE_MS)
    server.replies = [page(status()), page(between), page(status(NOW_MS + 9))]
    first = page_of(source.fetch(ask))
    assert not first.reached
    second = page_of(source.fetch(replace(ask, token=first.token)))
    assert query_of(server) == {"limit": "40", "min_id": id_at(NOW_MS - 7 * MINUTE_MS)}
    third = page_of(source.fetch(replace(ask, token=second.token)))
    assert query_of(server)["min_id"] == between["id"]
    assert third.token == "", "it has met the first page"
    assert (second.newest, third.newest) == ("", "")


def test_the_overlap_is_read_at_most_once_a_minute(source: Mastodon, server: WireServer) -> None:
    minute = NOW_MS // MINUTE_MS * MINUTE_MS
    server.replies = [page(status(minute + 500), status(minute - 500))]
    due = page_of(source.fetch(replace(ASK, since=id_at(minute - 500))))
    assert due.reached
    assert due.token
    server.replies = [page(status(minute + 900), status(minute + 500))]
    again = page_of(source.fetch(replace(ASK, since=id_at(minute + 500))))
    assert again.reached
    assert again.token == ""


def test_the_overlap_uses_at_most_half_the_paging_limit(
    source: Mastodon, server: WireServer
) -> None:
    minute = NOW_MS // MINUTE_MS * MINUTE_MS
    ask = replace(ASK, since=id_at(minute - 500))
    newest = page(status(minute + 500), status(minute - 500), headers=limits(290))
    up = page(status(minute - 2 * MINUTE_MS), headers=limits(149, 700))
    server.replies = [newest, up, newest]
    first = page_of(source.fetch(ask))
    assert page_of(source.fetch(replace(ask, token=first.token))).token == ""
    assert page_of(source.fetch(ask)).token == ""


@pytest.mark.parametrize(
    ("ids", "newest"),
    [
        (("99", "100"), "100"),
        (("999999999999999999", "1000000000000000000"), "1000000000000000000"),
        (("9zzz", "A0000"), "A0000"),
    ],
)
def test_ids_are_compared_by_length_then_text(
    source: Mastodon, server: WireServer, ids: tuple[str, ...], newest: str
) -> None:
    server.replies = [page(*(status(number=each, id=each) for each in ids))]
    found = page_of(source.fetch(ASK))
    assert found.newest == newest
    assert found.token == f"down:{ids[0]}:"


def test_ids_without_a_time_end_the_first_round_by_post_times(
    source: Mastodon, server: WireServer
) -> None:
    server.replies = [page(status(OPENS_MS - 1, id="77"))]
    assert page_of(source.fetch(ASK)).token == ""
    server.replies = [page(status(OPENS_MS, id="77"))]
    assert page_of(source.fetch(ASK)).token


def test_a_cursor_without_a_time_has_no_overlap(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(status(id="Ab99"))]
    assert page_of(source.fetch(replace(ASK, since="Ab12"))).token == "up:Ab12:Ab99"


@pytest.mark.parametrize("token", [f"down:{id_at(NOW_MS)}:", f"up:{id_at(NOW_MS)}:{'9' * 19}"])
@pytest.mark.covers("page for ever")
def test_an_endlessly_repeated_page_is_reported(
    source: Mastodon, server: WireServer, token: str
) -> None:
    server.replies = [page(status())]
    answer = failed_of(source.fetch(replace(ASK, token=token)))
    assert answer.remedy is Remedy.RETRY


def test_a_quiet_hashtag_keeps_its_cursor(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(), instance()]
    assert page_of(source.fetch(replace(ASK, since="42"))).newest == "42"


# --- posts ------------------------------------------------------------------------------------


def test_posts_and_accounts_are_identified_by_uri(source: Mastodon, server: WireServer) -> None:
    post = one(source, server, status(NOW_MS + 865, "debian", "linux"))
    assert post == (
        "mastodon",
        f"https://a.example/users/who/statuses/{NOW_MS + 865}",
        "https://a.example/users/who",
        NOW_MS,
        "debian linux",
        "post",
        0,
        1_577_836_800_000,
    )


def test_two_instances_tell_the_same_post(source: Mastodon, server: WireServer) -> None:
    here = one(source, server, status(NOW_MS + 865, number=1))
    there = status(NOW_MS + 865, number=1, id="5", url=None, created_at=written(NOW_MS))
    there["account"] |= {"id": "9", "acct": "who@a.example"}
    assert one(source, server, there) == here


def test_an_account_is_the_same_with_and_without_uri(source: Mastodon, server: WireServer) -> None:
    account = {"uri": None, "url": "https://a.example/@who"}
    before, now = (one(source, server, told) for told in (status(account=account), status()))
    assert before.voter == now.voter


BRIDGED = f"https://bsky.brid.gy/convert/ap/at://{DID}/app.bsky.feed.post/3kabc"


@pytest.mark.parametrize(
    "uri", [BRIDGED, BRIDGED.replace("at://did:plc:", "at%3A%2F%2Fdid%3Aplc%3A")]
)
def test_a_bridged_post_is_the_one_on_bluesky(
    source: Mastodon, server: WireServer, uri: str
) -> None:
    account = {"uri": f"https://bsky.brid.gy/ap/{DID}"}
    post = one(source, server, status(uri=uri, account=account))
    assert (post.network, post.key) == ("bluesky", f"at://{DID}/app.bsky.feed.post/3kabc")
    assert post.voter == DID


@pytest.mark.parametrize(
    ("uri", "account"),
    [
        (BRIDGED, "https://bsky.brid.gy/ap/did:plc:another"),
        (BRIDGED, "https://a.example/users/who"),
        (BRIDGED.replace("bsky.brid.gy", "evil.example"), f"https://bsky.brid.gy/ap/{DID}"),
        (f"{BRIDGED}/and/more", f"https://bsky.brid.gy/ap/{DID}"),
    ],
)
def test_who_only_looks_bridged_is_not(
    source: Mastodon, server: WireServer, uri: str, account: str
) -> None:
    post = one(source, server, status(uri=uri, account={"uri": account}))
    assert (post.network, post.key, post.voter) == ("mastodon", uri, account)


def test_tags_are_spelled_like_the_operators(source: Mastodon, server: WireServer) -> None:
    assert one(source, server, status(NOW_MS, "cafe", "debian", "x")).tags == "Café debian x"


def test_a_post_listed_for_a_tag_has_it(source: Mastodon, server: WireServer) -> None:
    assert one(source, server, status(NOW_MS, "дebian")).tags == "дebian debian"
    assert one(source, server, status(tags=[])).tags == "debian"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"in_reply_to_id": "5"}, "reply"),
        ({"quote": {"state": "accepted", "quoted_status": {}}}, "quote"),
        ({"quote": {"state": "deleted", "quoted_status": None}, "in_reply_to_id": "5"}, "quote"),
    ],
)
def test_replies_and_quotes_are_distinguished(
    source: Mastodon, server: WireServer, values: dict[str, Any], kind: str
) -> None:
    assert one(source, server, status(**values)).kind == kind


def test_a_boost_is_a_repost_with_the_tags_of_what_it_repeats(
    source: Mastodon, server: WireServer
) -> None:
    inner = status(NOW_MS - 5000, "debian", number="inner")
    inner["account"] = {"uri": "https://b.example/users/author"}
    post = one(source, server, status(uri="https://a.example/1/activity", tags=[], reblog=inner))
    assert (post.kind, post.tags, post.voter) == ("repost", "debian", "https://a.example/users/who")
    assert post.key == "https://a.example/1/activity"


@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct", "", "new"])
def test_only_public_posts_count(source: Mastodon, server: WireServer, visibility: str) -> None:
    server.replies = [page(status(visibility=visibility), status(NOW_MS - 9))]
    found = page_of(source.fetch(ASK))
    assert [post.at_ms for post in found.posts] == [NOW_MS - 1000]
    assert found.newest == id_at(NOW_MS), "it is still something to page by"
    inner = status(visibility=visibility)
    server.replies = [page(status(reblog=inner))]
    assert page_of(source.fetch(ASK)).posts == ()


def test_an_edit_is_a_later_version(source: Mastodon, server: WireServer) -> None:
    post = one(source, server, status(edited_at=written(NOW_MS + 7001)))
    assert post.revision == NOW_MS + 7001
    assert post.at_ms == NOW_MS


@pytest.mark.parametrize(
    "created_at",
    [
        "",
        "yesterday",
        "2026-11-21",
        "2026-11-21T10:00:00",
        "9" * 5000,
        None,
        5,
        "2026-13-21T00:00Z",
    ],
)
def test_an_invalid_time_makes_a_bad_post(
    source: Mastodon, server: WireServer, created_at: Any
) -> None:
    server.replies = [page(status(NOW_MS, created_at=created_at), status(NOW_MS - 1))]
    found = page_of(source.fetch(ASK))
    assert len(found.posts) == len(found.bad) == 1
    assert found.bad[0].startswith(f"post {id_at(NOW_MS)}: ")
    assert len(found.bad[0]) <= 200


@pytest.mark.parametrize(
    "value",
    [
        None, 7, "x", [], {}, {"id": 5}, {"id": ""}, {"id": "../../admin"}, status(id="a b"),
        status(id=5.5), status(uri=None), status(uri=""), status(account=None), status(account={}),
        status(account={"uri": 5}), status(tags="none"), status(tags=[{"name": 7}]),
        status(tags=[True]), status(reblog=7), status(edited_at="soon"),
    ],
)  # fmt: skip
@pytest.mark.covers("bad post")
def test_one_bad_post_is_reported_and_the_others_are_kept(
    source: Mastodon, server: WireServer, value: Any
) -> None:
    server.replies = [page(status(NOW_MS - 9), value)]
    found = page_of(source.fetch(ASK))
    assert len(found.posts) == len(found.bad) == 1
    assert "nobody keeps" not in found.bad[0]


def test_odd_tags_do_no_harm(source: Mastodon, server: WireServer) -> None:
    odd = ["debian", "", "two words", "tab\tbed", "x" * 200, *["y"] * 200]
    tags = one(source, server, status(NOW_MS, *odd)).tags.split(" ")
    assert tags[0] == "debian"
    assert len(tags) <= 100
    assert not {"two", "words", ""} & set(tags)


def test_an_unreadable_page_is_requested_again(source: Mastodon, server: WireServer) -> None:
    server.replies = [page({"id": None}, 7)]
    assert failed_of(source.fetch(ASK)).remedy is Remedy.RETRY


DEEP = b"[" * 200_000
REBLOG = b'{"id":"1","reblog":' * 50_000


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"{}", b'{"error":"x"}', b"[{]", HTML, b"\xff\xfe", b'["\xff"', DEEP,
     json.dumps([status()]).encode()[:-9], b'{"statuses":[]}', b"[" + REBLOG],
)  # fmt: skip
def test_an_invalid_page_is_requested_again(
    source: Mastodon, server: WireServer, body: bytes
) -> None:
    server.replies = [reply(body)]
    answer = failed_of(work(source, ASK))
    assert answer.remedy is Remedy.RETRY
    assert "nobody keeps" not in repr(answer)


def test_a_body_cut_short_and_no_answer_are_reported(
    source: Mastodon, server: WireServer, impatient: None
) -> None:
    server.replies = [page(status())[:-20], b"", lambda connection: connection.recv(1)]
    for _ in range(3):
        answer = failed_of(source.fetch(ASK))
        assert (answer.remedy, answer.advice) == (
            Remedy.RETRY,
            "If this continues, check your connection.",
        )


# --- limits and refusals ----------------------------------------------------------------------


def test_a_limits_end_is_measured_by_the_servers_clock(
    source: Mastodon, server: WireServer
) -> None:
    hour = 3600
    now = int(time.time()) - hour  # the server's clock is wrong
    reset = datetime.fromtimestamp(now + 30, UTC)
    server.replies = [
        page(
            status(),
            headers=(
                f"Date: {formatdate(now, usegmt=True)}",
                "X-RateLimit-Limit: 300",
                "X-RateLimit-Remaining: 299",
                f"X-RateLimit-Reset: {reset:%Y-%m-%dT%H:%M:%S}.999999Z",
            ),
        )
    ]
    quota = page_of(source.fetch(replace(ASK, since=id_at(NOW_MS)))).quota
    assert quota is not None
    assert (quota.limit, quota.remaining) == (300, 299)
    assert 29_000 <= quota.reset_in_ms <= 30_000


@pytest.mark.parametrize(
    "reset", ["", "soon", "1795000000", "2026-11-21", "9" * 99, "2026-11-21T10:00:00"]
)
def test_a_reset_that_is_no_time_is_no_quota(
    source: Mastodon, server: WireServer, reset: str
) -> None:
    headers = ("X-RateLimit-Limit: 300", "X-RateLimit-Remaining: 1", f"X-RateLimit-Reset: {reset}")
    server.replies = [page(status(), headers=headers)]
    assert page_of(source.fetch(ASK)).quota is None


def test_the_paging_limit_delays_only_paging(source: Mastodon, server: WireServer) -> None:
    ask = replace(ASK, since=id_at(NOW_MS - 5 * MINUTE_MS))
    newest, meets = status(), status(NOW_MS + 5)
    server.replies = [page(newest, headers=limits(200)), page(meets, headers=limits(3, 700))]
    first = page_of(source.fetch(ask))
    last = page_of(source.fetch(replace(ask, token=first.token)))
    assert first.quota
    assert first.quota.remaining == 200
    assert last.quota
    assert last.quota.remaining == 199, "the next round begins with the newest page"
    server.replies = [page(newest, headers=limits(198))]
    again = page_of(source.fetch(ask))
    assert again.token
    assert again.quota
    assert again.quota.remaining == 3, "this round has to page on"


@pytest.mark.covers("quota used up")
def test_a_429_waits_for_the_reset(source: Mastodon, server: WireServer) -> None:
    server.replies = [error(429, "Zu viele Anfragen", *limits(0, 77))]
    answer = failed_of(source.fetch(ASK))
    assert answer.remedy is Remedy.WAIT
    assert answer.retry_in_ms is not None
    assert 76_000 <= answer.retry_in_ms <= 77_000


def test_a_429_without_details_is_left_to_the_schedule(
    source: Mastodon, server: WireServer
) -> None:
    server.replies = [error(429)]
    answer = failed_of(source.fetch(ASK))
    assert (answer.remedy, answer.retry_in_ms) == (Remedy.WAIT, None)


def test_a_429_in_the_overlap_ends_the_round(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(status(), headers=limits(200)), error(429, "x", *limits(0, 700))]
    ask = replace(ASK, since=id_at(NOW_MS))
    source.fetch(ask)
    token = f"up:{id_at(NOW_MS - 9000)}:{id_at(NOW_MS - 5)}"
    answer = failed_of(source.fetch(replace(ask, token=token)))
    assert answer.remedy is Remedy.FINISH
    assert answer.quota
    assert answer.quota.remaining == 199


@pytest.mark.parametrize(
    ("status_code", "body", "remedy"),
    [
        (500, HTML, Remedy.RETRY),
        (503, HTML, Remedy.RETRY),
        (302, b"", Remedy.RETRY),
        (301, b"", Remedy.STOP),
        (400, b"{}", Remedy.STOP),
        (410, b"", Remedy.STOP),
    ],
)
@pytest.mark.covers("maintenance")
def test_a_refusal_says_what_to_do(
    source: Mastodon, server: WireServer, status_code: int, body: bytes, remedy: Remedy
) -> None:
    server.replies = [reply(body, status_code)]
    answer = failed_of(source.fetch(ASK))
    assert answer.remedy is remedy
    assert f"{status_code}" in answer.message
    assert "127.0.0.1" in answer.message
    if remedy is Remedy.STOP:
        assert answer.advice
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [401, 403, 422])
@pytest.mark.covers("closed timeline")
def test_a_closed_timeline_is_reported_clearly(
    source: Mastodon, server: WireServer, code: int
) -> None:
    server.replies = [error(code, "The access token is invalid"), instance("authenticated")]
    answer = failed_of(source.fetch(ASK))
    assert answer.remedy is Remedy.STOP
    assert "only to signed-in users" in answer.message
    assert "mastodon.token" in answer.advice
    assert server.requests[1].target == "/api/v2/instance"


@pytest.mark.covers("closed, and silent")
def test_an_empty_closed_timeline_is_detected(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(), instance("disabled"), page()]
    for _ in range(2):
        assert failed_of(source.fetch(ASK)).remedy is Remedy.STOP
    assert len(server.requests) == 3, "the instance is asked once"


def test_an_empty_open_timeline_is_not_an_error(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(), instance(), page()]
    for _ in range(2):
        assert page_of(source.fetch(ASK)).posts == ()
    assert len(server.requests) == 3


@pytest.mark.covers("token refused")
def test_a_token_that_is_refused_is_reported_as_such(server: WireServer) -> None:
    source = Mastodon(server.url, ("debian",), SECRET)
    server.replies = [error(401, "The access token is invalid"), instance("authenticated")]
    answer = failed_of(source.fetch(ASK))
    assert "rejected the token" in answer.message
    assert SECRET not in repr(answer)


@pytest.mark.covers("unknown hashtag")
def test_a_hashtag_nobody_has_used_is_not_an_error(source: Mastodon, server: WireServer) -> None:
    server.replies = [error(404, "Record not found"), instance()]
    assert page_of(source.fetch(ASK)).posts == ()


@pytest.mark.covers("no Mastodon")
def test_a_server_that_isnt_mastodon_is_reported(source: Mastodon, server: WireServer) -> None:
    server.replies = [reply(HTML, 404)]
    answer = failed_of(source.fetch(ASK))
    assert answer.remedy is Remedy.STOP
    assert "isn't a Mastodon instance" in answer.message


# --- the final sweep --------------------------------------------------------------------------

SWEEP = replace(ASK, sweep=True)


def swept(source: Mastodon, server: WireServer, *replies: bytes) -> list[Page]:
    """Sweep to the end, with these answers."""
    server.replies = [*replies]
    pages = [page_of(source.fetch(SWEEP))]
    while pages[-1].token:
        pages.append(page_of(source.fetch(replace(SWEEP, token=pages[-1].token))))
    return pages


def test_the_sweep_reads_from_the_newest_down_to_the_opening(
    source: Mastodon, server: WireServer
) -> None:
    pages = swept(source, server, page(status()), page(status(NOW_MS - 9)), page())
    assert [len(each.posts) for each in pages] == [1, 1, 0]
    assert [query_of(server, n).get("max_id") for n in range(3)] == [
        None, id_at(NOW_MS), id_at(NOW_MS - 9),
    ]  # fmt: skip


def looked_up(source: Mastodon, server: WireServer, *replies: bytes) -> Page | Failed:
    """Look up a post that was seen before, and is no longer listed, with these answers."""
    server.replies = [page(status(NOW_MS - 9))]
    seen = page_of(source.fetch(ASK))
    (post,), (id_there,) = seen.posts, seen.ids
    server.replies = [*replies]
    sought = Sought(source.name_of(post, id_there), post)
    return source.fetch(replace(SWEEP, sought=(sought,)))


def test_a_page_reports_the_ids_of_its_posts(source: Mastodon, server: WireServer) -> None:
    server.replies = [page(status(), {"id": "7"}, status(NOW_MS - 9))]
    found = page_of(source.fetch(ASK))
    assert found.ids == (id_at(NOW_MS), id_at(NOW_MS - 9))
    assert len(found.posts) == 2
    assert isinstance(source, LooksUp)


def test_a_post_that_lost_its_tag_is_looked_up(source: Mastodon, server: WireServer) -> None:
    edited = status(NOW_MS - 9, "other", edited_at=written(NOW_MS + 5000))
    found = page_of(looked_up(source, server, reply(json.dumps(edited).encode())))
    assert server.requests[-1].target == f"/api/v1/statuses/{id_at(NOW_MS - 9)}"
    (post,) = found.posts
    assert (post.tags, post.revision, found.token) == ("other", NOW_MS + 5000, "")
    assert found.ids == (id_at(NOW_MS - 9),)


@pytest.mark.covers("deleted post")
def test_a_post_that_is_gone_is_withdrawn(source: Mastodon, server: WireServer) -> None:
    found = page_of(looked_up(source, server, error(404, "Record not found")))
    (post,) = found.posts
    assert (post.kind, post.revision, post.tags) == ("withdrawn", 1, "debian")


@pytest.mark.parametrize(
    "told", [reply(HTML, 404), error(401), error(403), reply(HTML, 410), error(400)]
)
def test_only_the_instance_itself_can_withdraw_a_post(
    source: Mastodon, server: WireServer, told: bytes
) -> None:
    assert page_of(looked_up(source, server, told)).posts == ()


def test_a_post_that_is_found_again_counts_again(source: Mastodon, server: WireServer) -> None:
    gone = one(source, server, status())._replace(kind="withdrawn", revision=7)
    ask = replace(SWEEP, sought=(Sought("5", gone),))
    server.replies = [reply(json.dumps(status()).encode()), error(404)]
    (post,) = page_of(source.fetch(ask)).posts
    assert (post.kind, post.revision, post.tags) == ("post", 8, "debian")
    assert page_of(source.fetch(ask)).posts == (), "it is gone, as was said"


def test_a_post_is_looked_up_again_after_a_429_or_503(source: Mastodon, server: WireServer) -> None:
    replies = [error(429), reply(HTML, 503), error(404)]
    assert failed_of(looked_up(source, server, replies[0])).remedy is Remedy.WAIT
    assert failed_of(looked_up(source, server, replies[1])).remedy is Remedy.RETRY
    assert page_of(looked_up(source, server, replies[2])).posts[0].kind == "withdrawn"


@pytest.mark.parametrize("told", [HTML, b"{}", b"[]", json.dumps(status(NOW_MS, uri=5)).encode()])
def test_an_answer_that_isnt_a_post_is_requested_again(
    source: Mastodon, server: WireServer, told: bytes
) -> None:
    assert failed_of(looked_up(source, server, reply(told))).remedy is Remedy.RETRY


@pytest.mark.parametrize("values", [{"uri": 5}, {"uri": "https://a.example/other"}])
def test_an_unreadable_post_doesnt_block_the_look_up(
    source: Mastodon, server: WireServer, values: dict[str, Any]
) -> None:
    odd = reply(json.dumps(status(NOW_MS - 9, **values)).encode())
    found = page_of(looked_up(source, server, odd))
    assert (found.posts, len(found.bad)) == ((), 1)


def test_an_instance_speaks_for_the_posts_that_were_written_on_it() -> None:
    source = Mastodon("https://A.example", ("debian",))
    here = Post("mastodon", "https://a.example/users/who/statuses/112", "v", 1, "debian")
    assert source.speaks_for(here)
    assert source.name_of(here, "") == "112", "its URI ends with its id, which no page has told"
    assert source.name_of(here, "9") == "9"
    for key in ("https://b.example/users/who/statuses/112", "https://[", "at://x/y"):
        assert not source.speaks_for(here._replace(key=key))
        assert source.name_of(here._replace(key=key), "") == ""
        assert source.name_of(here._replace(key=key), "9") == "9"
    assert source.name_of(here._replace(key="https://a.example/notes/ab"), "") == ""
    bridged = here._replace(network="bluesky")
    assert not source.speaks_for(bridged)


# --- settings ---------------------------------------------------------------------------------

CONTEST = Contest("?", (Choice("debian"),), Rules(required=("Vote",)))


def test_several_instances_are_sources_with_names_of_their_own() -> None:
    settings = MastodonSettings(("mastodon.social", "FOSStodon.org", "http://127.0.0.1:8000"))
    sources = PLUGIN.sources(settings, CONTEST)
    assert [source.name for source in sources] == [
        "mastodon:mastodon.social",
        "mastodon:fosstodon.org",
        "mastodon:127.0.0.1:8000",
    ]
    assert {source.network for source in sources} == {"mastodon"}


def test_it_is_ready_without_a_key_and_needs_an_instance() -> None:
    (source,) = PLUGIN.sources(MastodonSettings(), CONTEST)
    assert (source.name, PLUGIN.needs(MastodonSettings())) == ("mastodon", ())
    assert isinstance(source, Mastodon)
    assert source.base == "https://mastodon.social"
    with pytest.raises(ConfigError, match="instances"):
        PLUGIN.sources(MastodonSettings(()), CONTEST)


def test_a_token_goes_only_to_the_first_instance() -> None:
    sources = PLUGIN.sources(MastodonSettings(("a.example", "b.example"), SECRET), CONTEST)
    assert [source.name for source in sources] == [
        "mastodon:a.example",
        "mastodon-stream:a.example",
        "mastodon:b.example",
    ]
    assert [getattr(source, "token") for source in sources] == [SECRET, SECRET, ""]  # noqa: B009
    assert SECRET not in repr(sources) + repr(MastodonSettings(token=SECRET))


@pytest.mark.parametrize(
    "name",
    ["", "http://mastodon.social", "ftp://a.example", "https://a.example/web", "a.example?x=1",
     "me:pass@a.example", "https://"],
)  # fmt: skip
def test_an_invalid_instance_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="written as its name alone"):
        MastodonSettings((name,))


def test_an_instance_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        MastodonSettings(("a.example", "https://A.example/"))


def test_every_setting_has_words_in_the_configuration() -> None:
    from twittervotes.core.logs import shipped

    text = shipped("config.yaml").read_text("utf-8").split("\nmastodon:\n")[1].split("\n\n")[0]
    for field in fields(MastodonSettings):
        assert f"  {field.name.removesuffix('_s')}:" in text


def test_a_source_goes_to_its_worker_as_a_value(source: Mastodon) -> None:
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes


def test_nothing_secret_is_in_the_address_or_the_log(
    server: WireServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    source = Mastodon(server.url, ("debian",), SECRET)
    server.replies = [page(status()), error(401), instance(), error(500), b""]
    answers = [work(source, ASK) for _ in range(4)]
    told = [repr(source), caplog.text, *map(repr, answers)]
    assert not [text for text in told if SECRET in text]
    assert not [request for request in server.requests if SECRET in request.target]
