"""The v1.1 search: the requests, byte for byte, and the handling of every kind of response."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import locale
import logging
import pickle
import socket
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from doubles import Request, WireServer, reply

from twittervotes.core.contest.contest import Choice, Contest, Policy, Rules
from twittervotes.core.contest.posts import Ask, Failed, Feed, Kind, Page, Quota, Remedy
from twittervotes.core.polling.workers import work
from twittervotes.sources._common import MOST_TAGS
from twittervotes.sources.x_v1 import decode
from twittervotes.sources.x_v1 import source as twitter_module
from twittervotes.sources.x_v1.source import LONGEST_QUERY, Twitter, TwitterSettings

KEYS = ("the-consumer-key", "the-consumer-secret", "the-token", "the-token-secret")
VECTORS = Path(__file__).parents[1] / "vectors"
FEED = Feed("#debian", "#debian -filter:retweets")
ASK = Ask(FEED)
BORN = "Sat Nov 05 10:00:00 +0000 2011"
AT = "Tue Nov 08 21:16:42 +0000 2022"
AT_MS = 1_667_942_202_000
NEW = 1_590_087_310_565_339_136  # far above 2^53


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what another test learnt of a clock."""
    monkeypatch.setattr(twitter_module, "_clock_offset_s", 0)


@pytest.fixture
def source(server: WireServer) -> Twitter:
    return Twitter(*KEYS, endpoint=f"{server.url}/1.1/search/tweets.json")


def tweet(number: int = NEW, *tags: str, **values: Any) -> dict[str, Any]:
    """Return a post as v1.1 sends it."""
    return {
        "created_at": AT,
        "id": number,
        "id_str": str(number),
        "full_text": "a text that nobody keeps",
        "entities": {"hashtags": [{"text": tag, "indices": [0, 1]} for tag in tags or ("debian",)]},
        "user": {"id": 7, "id_str": "7", "screen_name": "who", "created_at": BORN},
        "metadata": {"result_type": "recent"},
        **values,
    }


def found(*tweets: dict[str, Any], more: bool = False, headers: tuple[str, ...] = ()) -> bytes:
    metadata = {"count": 100, **({"next_results": "?max_id=5&q=x"} if more else {})}
    body = json.dumps({"statuses": list(tweets), "search_metadata": metadata}).encode()
    return reply(body, 200, *headers)


def error(status: int, code: int | None = None, *headers: str) -> bytes:
    body = {"errors": [{"code": code, "message": "Told."}]} if code else {}
    return reply(json.dumps(body).encode(), status, *headers)


def page_of(answer: Page | Failed) -> Page:
    assert isinstance(answer, Page), answer
    return answer


def failed_of(answer: Page | Failed) -> Failed:
    assert isinstance(answer, Failed), answer
    assert answer.message.endswith(".")
    return answer


def fetched(source: Twitter, server: WireServer, *tweets: dict[str, Any], **more: Any) -> Page:
    server.replies = [found(*tweets, **more)]
    return page_of(source.fetch(ASK))


def query_of(request: Request) -> dict[str, str]:
    pairs = [pair.split("=", 1) for pair in request.target.split("?")[1].split("&")]
    return {name: unquote(value) for name, value in pairs}


# --- what is asked ----------------------------------------------------------------------------


def test_one_query_serves_all_choices_in_order() -> None:
    contest = Contest("?", (Choice("debian"), Choice("ubuntu", aliases=("kubuntu",))))
    (feed,) = Twitter(*KEYS).feeds(contest)
    assert feed.query == "#debian OR #ubuntu OR #kubuntu -filter:retweets"


def test_retweets_are_requested_if_they_count() -> None:
    contest = Contest("?", (Choice("debian"),), Rules(reposts=Policy.COUNT))
    assert Twitter(*KEYS).feeds(contest)[0].query == "#debian"


@pytest.mark.parametrize("length", [3, 40, 97])
def test_a_query_over_500_characters_is_split_and_no_choice_is_lost(length: int) -> None:
    tags = [f"{'x' * (length - 3)}t{number:02}" for number in range(60)]
    feeds = Twitter(*KEYS).feeds(Contest("?", tuple(map(Choice, tags))))
    asked = []
    for feed in feeds:
        assert len(feed.query) <= LONGEST_QUERY
        asked += feed.query.removesuffix(" -filter:retweets").split(" OR ")
    assert asked == [f"#{tag}" for tag in tags]
    assert len({feed.name for feed in feeds}) == len(feeds)
    assert len(feeds) == -(-60 // ((LONGEST_QUERY - 18 + 4) // (length + 5)))


def test_a_first_request_asks_for_the_newest_hundred(source: Twitter, server: WireServer) -> None:
    fetched(source, server)
    assert query_of(server.requests[0]) == {
        "q": "#debian -filter:retweets",
        "result_type": "recent",
        "count": "100",
        "tweet_mode": "extended",
        "include_entities": "true",
    }


def test_a_round_begins_two_minutes_before_the_cursor(source: Twitter, server: WireServer) -> None:
    server.replies = [found()]
    source.fetch(replace(ASK, since=str(NEW), token="1234"))
    query = query_of(server.requests[0])
    assert query["since_id"] == str(NEW - (120_000 << 22))
    assert query["max_id"] == "1234"


def test_a_very_low_cursor_requests_everything(source: Twitter, server: WireServer) -> None:
    server.replies = [found()]
    source.fetch(replace(ASK, since="77"))
    assert "since_id" not in query_of(server.requests[0])


def test_the_next_page_is_below_the_smallest_id(source: Twitter, server: WireServer) -> None:
    page = fetched(source, server, tweet(NEW), tweet(NEW - 5), tweet(NEW - 2), more=True)
    assert page.token == str(NEW - 6)
    assert page.newest == str(NEW)


def test_a_round_ends_without_next_results_or_posts(source: Twitter, server: WireServer) -> None:
    assert fetched(source, server, tweet()).token == ""
    empty = fetched(source, server, more=True)
    assert (empty.token, empty.newest, empty.posts) == ("", "", ())


def test_a_short_page_is_not_the_last(source: Twitter, server: WireServer) -> None:
    assert fetched(source, server, tweet(), more=True).token


def test_only_the_first_page_reports_the_newest(source: Twitter, server: WireServer) -> None:
    server.replies = [found(tweet(NEW), more=True)]
    page = page_of(source.fetch(replace(ASK, token=str(NEW + 1))))
    assert page.newest == ""


def test_the_cursor_never_goes_back_for_late_posts(source: Twitter, server: WireServer) -> None:
    server.replies = [found(tweet(NEW - 9))]
    assert page_of(source.fetch(replace(ASK, since=str(NEW)))).newest == str(NEW)


def test_a_page_reports_that_it_reached_the_cursor(source: Twitter, server: WireServer) -> None:
    ask = replace(ASK, since=str(NEW))
    server.replies = [
        found(tweet(NEW + 9), more=True),
        found(tweet(NEW + 9), tweet(NEW), more=True),
    ]
    above, down = page_of(source.fetch(ask)), page_of(source.fetch(ask))
    assert (above.reached, bool(above.token)) == (False, True)
    assert (down.reached, bool(down.token)) == (True, True)


def test_a_round_ends_at_its_overlap(source: Twitter, server: WireServer) -> None:
    server.replies = [found(tweet(NEW - (120_000 << 22) + 1), more=True)]
    assert page_of(source.fetch(replace(ASK, since=str(NEW)))).token == ""


def test_a_round_ends_below_the_opening_of_the_vote(source: Twitter, server: WireServer) -> None:
    server.replies = [found(tweet(), more=True)]
    assert page_of(source.fetch(replace(ASK, opens_ms=AT_MS + 1000))).token == ""
    assert page_of(source.fetch(replace(ASK, opens_ms=AT_MS))).token


def test_posts_older_than_seven_days_are_reported_as_a_gap(
    source: Twitter, server: WireServer
) -> None:
    day, now_ms = 86_400_000, int(time.time() * 1000)
    opens_ms, read_ms = now_ms - 20 * day, now_ms - 9 * day
    number = ((now_ms - 60_000 - twitter_module.BEGAN_MS) << 22) + 5
    date = time.strftime("%a %b %d %H:%M:%S +0000 %Y", time.gmtime(now_ms // 1000 - 60))
    ask = replace(ASK, opens_ms=opens_ms, read_ms=read_ms, since=str(number - (9 * day << 22)))
    server.replies = [found(tweet(number, created_at=date), more=True), found()]
    first = page_of(source.fetch(ask))
    assert (first.token != "", first.gaps) == (True, ())
    (gap,) = page_of(source.fetch(replace(ask, token=first.token))).gaps
    assert gap.from_ms == read_ms
    assert abs(gap.to_ms - (now_ms - 7 * day)) < 120_000
    (gap,) = page_of(source.fetch(replace(ask, token=str(number - (8 * day << 22))))).gaps
    assert (gap.from_ms, abs(gap.to_ms - (now_ms - 8 * day)) < 120_000) == (read_ms, True)
    (gap,) = page_of(source.fetch(replace(ask, since="", sweep=True))).gaps
    assert gap.from_ms == opens_ms, "it could not be read again"
    assert page_of(source.fetch(replace(ask, read_ms=now_ms - 6 * day))).gaps == ()
    earlier = replace(ask, today_ms=now_ms - 3 * day)  # the time of day, if our clock is ahead
    assert page_of(source.fetch(earlier)).gaps == ()


@pytest.mark.covers("page for ever")
def test_an_endlessly_repeated_page_is_reported(source: Twitter, server: WireServer) -> None:
    server.replies = [found(tweet(NEW), tweet(NEW - 3), more=True)]
    page = page_of(source.fetch(ASK))
    answer = failed_of(source.fetch(replace(ASK, token=page.token)))
    assert answer.remedy is Remedy.RETRY
    assert answer.advice


# --- on the wire ------------------------------------------------------------------------------


def signature_of(
    method: str, url: str, encoded: list[tuple[str, str]], secret: str, token_secret: str
) -> str:
    """Compute a signature as RFC 5849 says, from parameters that are encoded already."""
    pairs = "&".join(f"{name}={value}" for name, value in sorted(encoded))
    base = "&".join(quote(part, safe="-._~") for part in (method, url, pairs))
    key = f"{quote(secret, safe='-._~')}&{quote(token_secret, safe='-._~')}".encode()
    digest = hmac.new(key, base.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def authorization_of(request: Request) -> dict[str, str]:
    kind, _, rest = request.headers["authorization"].partition(" ")
    assert kind == "OAuth"
    pairs = [pair.strip().split("=", 1) for pair in rest.split(",")]
    return {name: unquote(value.strip('"')) for name, value in pairs}


def is_well_signed(request: Request, url: str) -> bool:
    told = authorization_of(request)
    signature = told.pop("oauth_signature")
    # the query as it came over the wire: nothing is decoded and encoded again
    sent = [tuple(pair.split("=", 1)) for pair in request.target.split("?")[1].split("&")]
    encoded = [*sent, *((name, quote(value, safe="-._~")) for name, value in told.items())]
    return signature == signature_of("GET", url, encoded, KEYS[1], KEYS[3])  # type: ignore[arg-type]


def vectors() -> list[Any]:
    known = json.loads((VECTORS / "oauth1_signatures.json").read_text("utf-8"))
    return [pytest.param(vector, id=vector["name"]) for vector in known]


@pytest.mark.parametrize("vector", vectors())
def test_this_tests_signatures_match_the_published_vectors(
    vector: dict[str, Any],
) -> None:
    pairs = [*vector["params"], *vector["oauth_params"].items()]
    encoded = [
        (quote(name, safe="-._~"), quote(value, safe="-._~"))
        for name, value in pairs
        if name not in ("realm", "oauth_signature")
    ]
    _, url, _ = map(unquote, vector["signature_base_string"].split("&"))
    secrets = vector["consumer_secret"], vector["token_secret"]
    assert signature_of(vector["method"], url, encoded, *secrets) == vector["oauth_signature"]


ODD = [
    "#debian OR #ubuntu -filter:retweets",
    "#café OR #日本語",
    "Ladies + Gentlemen, an encoded string!",
    "a*b (c) 'd' ! ~e-f._ & = % / ? ; : @ $ [ ] \" < > \\ ^ ` { | }",
    "100%23 %20 %2A",
    "☃ 👩‍💻",
]


@pytest.mark.parametrize("query", ODD)
def test_the_query_is_sent_as_signed(source: Twitter, server: WireServer, query: str) -> None:
    server.replies = [found()]
    page_of(source.fetch(replace(ASK, feed=Feed("x", query))))
    (request,) = server.requests
    raw = request.target.split("?")[1].split("&")[0]
    assert raw == f"q={quote(query, safe='-._~')}"
    for sign in " +#*()'!":
        assert sign not in raw
    assert is_well_signed(request, source.endpoint)


def test_percent_encoding_is_that_of_the_published_vectors(
    source: Twitter, server: WireServer
) -> None:
    server.replies = [found()]
    for text, encoded in json.loads((VECTORS / "percent_encoding.json").read_text("utf-8"))[
        "vectors"
    ]:
        source.fetch(replace(ASK, feed=Feed("x", text)))
        assert f"?q={encoded}&" in server.requests[-1].target


def test_the_check_of_a_signature_can_fail(source: Twitter, server: WireServer) -> None:
    fetched(source, server)
    (request,) = server.requests
    assert is_well_signed(request, source.endpoint)
    assert not is_well_signed(
        replace(request, target=request.target.replace("count=100", "count=99")), source.endpoint
    )


def test_every_request_has_a_fresh_nonce_and_time(source: Twitter, server: WireServer) -> None:
    server.replies = [found()]
    for _ in range(3):
        source.fetch(ASK)
    told = [authorization_of(request) for request in server.requests]
    assert len({each["oauth_nonce"] for each in told}) == 3
    assert all(abs(int(each["oauth_timestamp"]) - time.time()) < 60 for each in told)
    assert {each["oauth_signature_method"] for each in told} == {"HMAC-SHA1"}
    assert {each["oauth_version"] for each in told} == {"1.0"}
    assert {each["oauth_token"] for each in told} == {KEYS[2]}
    assert all(is_well_signed(request, source.endpoint) for request in server.requests)


def test_secrets_are_not_in_url_repr_failures_or_log(
    source: Twitter, server: WireServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.replies = [found(), error(401, 32), error(503), reply(b"<html>", 200), b"", found()]
    answers = [work(source, ASK) for _ in range(6)]
    told = [
        *(request.target for request in server.requests),
        repr(source),
        str(source),
        repr(TwitterSettings(*KEYS[:2])),
        *map(repr, answers),
        caplog.text,
    ]
    assert len(server.requests) == 6
    for text in told:
        for secret in (*KEYS, "oauth_signature", "OAuth "):
            assert secret not in text


def test_a_source_goes_to_its_worker_as_a_value(source: Twitter) -> None:
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes


def test_redirects_are_not_followed(source: Twitter, server: WireServer) -> None:
    server.replies = [reply(b"", 302, f"Location: {server.url}/login")]
    assert failed_of(source.fetch(ASK)).remedy is Remedy.RETRY
    assert len(server.requests) == 1


# --- posts ------------------------------------------------------------------------------------


def test_a_post_is_decoded(source: Twitter, server: WireServer) -> None:
    (post,) = fetched(source, server, tweet(NEW, "Debian", "日本語")).posts
    assert post == (
        "x",
        str(NEW),
        "7",
        AT_MS,
        "Debian 日本語",
        "post",
        0,
        1_320_487_200_000,
    )


@pytest.mark.parametrize(
    "ids",
    [
        {"id": NEW + 1, "id_str": str(NEW + 1)},
        {"id": NEW + 1},
        {"id_str": str(NEW + 1)},
        {"id": str(NEW + 1)},
        {"id": None, "id_str": str(NEW + 1)},
        {"id": NEW + 1, "id_str": None},
        {"id": float(NEW), "id_str": str(NEW + 1)},
    ],
    ids=str,
)
def test_ids_above_2_to_the_53_are_exact(
    source: Twitter, server: WireServer, ids: dict[str, Any]
) -> None:
    one = {name: value for name, value in tweet().items() if name not in ("id", "id_str")}
    page = fetched(source, server, {**one, **ids, "user": dict(ids)}, more=True)
    (post,) = page.posts
    assert (post.key, post.voter) == (str(NEW + 1), str(NEW + 1))
    assert page.token == str(NEW)


@pytest.mark.parametrize("number", ["", "x", "-5", "1e18", "0", "٣", str(2**63), "9" * 30, "1.0"])
def test_an_invalid_id_makes_no_post(source: Twitter, server: WireServer, number: str) -> None:
    page = fetched(source, server, tweet(id=None, id_str=number), tweet())
    assert len(page.posts) == len(page.bad) == 1
    page = fetched(source, server, tweet(user={"id_str": number}), tweet(id_str="", id=1e18))
    assert (page.posts, len(page.bad)) == ((), 2)


def test_an_id_has_one_form_only(source: Twitter, server: WireServer) -> None:
    (post,) = fetched(source, server, tweet(id_str="0042")).posts
    assert post.key == "42"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"is_quote_status": True, "quoted_status": tweet(5, "arch")}, Kind.QUOTE),
        ({"in_reply_to_status_id_str": "5", "in_reply_to_status_id": 5}, Kind.REPLY),
        ({"in_reply_to_status_id_str": None, "is_quote_status": False}, Kind.POST),
    ],
)
def test_quotes_and_replies_have_their_own_tags(
    source: Twitter, server: WireServer, values: dict[str, Any], kind: Kind
) -> None:
    (post,) = fetched(source, server, tweet(**values)).posts
    assert (post.kind, post.tags, post.key) == (kind.value, "debian", str(NEW))


def test_a_retweet_has_all_tags_of_the_original(source: Twitter, server: WireServer) -> None:
    original = tweet(5, "debian", "arch")
    cut = {"hashtags": []}
    (post,) = fetched(
        source, server, tweet(entities=cut, retweeted_status=original, is_quote_status=True)
    ).posts
    assert (post.kind, post.tags) == ("repost", "debian arch")
    assert (post.key, post.voter) == (str(NEW), "7")


def test_a_long_posts_tags_come_from_the_extended_tweet(
    source: Twitter, server: WireServer
) -> None:
    extended = {"full_text": "long", "entities": {"hashtags": [{"text": "far"}]}}
    cut = {"hashtags": [{"text": "near"}]}
    posts = fetched(
        source,
        server,
        tweet(extended_tweet=extended, entities=cut, truncated=True),
        tweet(1, retweeted_status={"extended_tweet": extended, "entities": cut}),
        tweet(2, extended_tweet={"full_text": "long"}, entities=cut),
    ).posts
    assert [post.tags for post in posts] == ["far", "far", "near"]


@pytest.mark.parametrize("entities", [None, {}, {"hashtags": None}, {"hashtags": []}])
def test_a_post_without_tags_is_a_post(source: Twitter, server: WireServer, entities: Any) -> None:
    (post,) = fetched(source, server, tweet(entities=entities)).posts
    assert post.tags == ""


def test_odd_text_cannot_forge_tags(source: Twitter, server: WireServer) -> None:
    odd = ("RStats", "a b", "", "c\u00a0d", "e\tf", "ｆｕｌｌ", "'; --", "é")
    (post,) = fetched(source, server, tweet(NEW, *odd)).posts
    assert post.tags == "RStats ｆｕｌｌ é"
    (post,) = fetched(source, server, tweet(NEW, *["x"] * 500)).posts
    assert len(post.tags.split()) == MOST_TAGS


@pytest.mark.parametrize(
    "created_at",
    [
        "",
        "2022-11-08T21:16:42Z",
        "Tue Nov 08 21:16:42 +0100 2022",
        "Tue Nov 99 21:16:42 +0000 2022",
        "Tue Nov 08 25:16:42 +0000 2022",
        "Tue Nov 08 21:16:42 +0000 1999",
        f"Tue Nov {'9' * 30} 21:16:42 +0000 2022",
        f"Tue Nov 08 21:16:42 +0000 {'9' * 5000}",
        "Die Okt 08 21:16:42 +0000 2022",
        "Tue Nov 08 21:16 +0000 2022",
    ],
)
def test_an_invalid_time_makes_a_bad_post(
    source: Twitter, server: WireServer, created_at: str
) -> None:
    page = fetched(source, server, tweet(created_at=created_at), tweet(5))
    assert [post.key for post in page.posts] == ["5"]
    assert page.bad == (f"post {NEW}: its time cannot be read",)


def test_times_are_parsed_in_every_locale(source: Twitter, server: WireServer) -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        for name in locale.locale_alias.values():
            try:
                locale.setlocale(locale.LC_TIME, name)
            except locale.Error:
                continue
            decode._day_ms.cache_clear()
            assert fetched(source, server, tweet()).posts[0].at_ms == AT_MS
    finally:
        locale.setlocale(locale.LC_TIME, before)


@pytest.mark.covers("bad post")
def test_one_bad_post_is_reported_and_the_others_are_kept(
    source: Twitter, server: WireServer
) -> None:
    bad = tweet(NEW - 1, user=None, full_text="a text that nobody may see")
    page = fetched(source, server, tweet(NEW), bad, tweet(NEW - 2), more=True)
    assert [post.key for post in page.posts] == [str(NEW), str(NEW - 2)]
    (told,) = page.bad
    assert told.startswith(f"post {NEW - 1}: ")
    assert "text" not in told
    assert page.token == str(NEW - 3)


def test_a_post_without_its_account_is_reported(source: Twitter, server: WireServer) -> None:
    lone = {key: value for key, value in tweet(NEW - 1).items() if key != "user"}
    page = fetched(source, server, tweet(NEW), lone)
    assert [post.key for post in page.posts] == [str(NEW)]
    assert "account" in page.bad[0]


@pytest.mark.parametrize("created_at", ["long ago", "Fri Oct 30 00:00:00 2009", ""])
def test_an_unreadable_account_age_costs_no_vote(
    source: Twitter, server: WireServer, created_at: str
) -> None:
    user = {"id_str": "7", "created_at": created_at}
    page = fetched(source, server, tweet(user=user))
    assert [post.born_ms for post in page.posts] == [0]


@pytest.mark.parametrize(
    "bad", ["null", "17", '"x"', "[]", "{}", '{"id":"nine","id_str":null,"user":null}']
)
def test_an_item_that_isnt_a_post_is_dropped(source: Twitter, server: WireServer, bad: str) -> None:
    good = json.dumps(tweet())
    server.replies = [reply(f'{{"statuses":[{bad},{good}],"search_metadata":{{}}}}'.encode())]
    page = page_of(source.fetch(ASK))
    assert (len(page.posts), len(page.bad)) == (1, 1)


@pytest.mark.parametrize("where", ["full_text", "tag", "name", "metadata"])
def test_half_a_surrogate_pair_costs_no_post(
    source: Twitter, server: WireServer, where: str
) -> None:
    body = json.dumps({"statuses": [tweet(9, "HALF"), tweet(5)], "search_metadata": {"query": "Q"}})
    half = r"\ud83d"
    body = {
        "full_text": body.replace("a text", half, 1),
        "tag": body.replace("HALF", half),
        "name": body.replace('"who"', f'"{half}"', 1),
        "metadata": body.replace('"Q"', f'"{half}"'),
    }[where]
    server.replies = [reply(body.encode())]
    page = page_of(work(source, ASK))
    assert [post.key for post in page.posts] == ["9", "5"]
    assert page.bad == ()


def test_a_page_of_bad_posts_still_says_where_to_continue(
    source: Twitter, server: WireServer
) -> None:
    bad = tweet(NEW, user=None), tweet(NEW - 4, user=None)
    page = fetched(source, server, *bad, more=True)
    assert (page.posts, len(page.bad), page.token) == ((), 2, str(NEW - 5))


def test_a_page_without_readable_ids_doesnt_end_the_round(
    source: Twitter, server: WireServer
) -> None:
    server.replies = [found({"user": None}, more=True), found({"user": None})]
    assert failed_of(source.fetch(ASK)).remedy is Remedy.RETRY
    last = page_of(source.fetch(ASK))
    assert (last.token, len(last.bad)) == ("", 1)


def test_popular_posts_are_counted_but_never_paged_by(source: Twitter, server: WireServer) -> None:
    popular = tweet(5, metadata={"result_type": "popular"})
    page = fetched(source, server, popular, tweet(NEW), tweet(NEW - 1), more=True)
    assert len(page.posts) == 3
    assert (page.token, page.newest) == (str(NEW - 2), str(NEW))


# --- trouble ----------------------------------------------------------------------------------


def quota_headers(remaining: object, reset_s: object, limit: object = 180) -> tuple[str, ...]:
    return (
        f"x-rate-limit-limit: {limit}",
        f"x-rate-limit-remaining: {remaining}",
        f"x-rate-limit-reset: {reset_s}",
    )


def dated(at_s: float) -> str:
    return f"Date: {formatdate(at_s, usegmt=True)}"


def test_the_reset_is_measured_against_the_servers_date(
    source: Twitter, server: WireServer
) -> None:
    server_s = 2_000_000_000
    headers = (*quota_headers(99, server_s + 300), dated(server_s))
    page = fetched(source, server, tweet(), headers=headers)
    assert page.quota == Quota(180, 99, 300_000)


def test_without_a_date_the_reset_is_measured_against_our_clock(
    source: Twitter, server: WireServer
) -> None:
    page = fetched(source, server, headers=quota_headers(99, int(time.time()) + 300))
    assert page.quota is not None
    assert 290_000 <= page.quota.reset_in_ms <= 300_000


@pytest.mark.parametrize(
    ("remaining", "reset_s"),
    [("", ""), ("many", 5), (5, "soon"), (-1, 5), (5, "1.5"), ("5, 5", "7, 7"), (5, "9" * 40)],
)
def test_a_garbled_quota_is_ignored(
    source: Twitter, server: WireServer, remaining: object, reset_s: object
) -> None:
    page = fetched(source, server, tweet(), headers=quota_headers(remaining, reset_s))
    assert page.quota is None
    assert len(page.posts) == 1


def test_an_absurd_reset_time_is_capped_at_a_day(source: Twitter, server: WireServer) -> None:
    for reset_s, within in ((1, 0), (99_999_999_999_999, 24 * 3_600_000)):
        page = fetched(source, server, headers=quota_headers(5, reset_s))
        assert page.quota is not None
        assert page.quota.reset_in_ms == within


@pytest.mark.covers("quota used up")
def test_a_429_says_how_long_to_wait(source: Twitter, server: WireServer) -> None:
    now_s = int(time.time()) + 5000
    headers = (*quota_headers(0, now_s + 60), dated(now_s))
    server.replies = [error(429, 88, *headers)]
    answer = failed_of(source.fetch(ASK))
    assert (answer.remedy, answer.retry_in_ms) == (Remedy.WAIT, 60_000)
    assert answer.quota == Quota(180, 0, 60_000)


@pytest.mark.parametrize(
    "refusal",
    [
        error(429, 88),
        error(429),
        reply(b"Enhance your calm", 420, kind="text/plain"),
        reply(b"<html>", 429, kind="text/html"),
        error(403, 88),
    ],
)
@pytest.mark.covers("quota used up", "calm down")
def test_a_quota_used_up_without_headers_waits_for_the_schedule(
    source: Twitter, server: WireServer, refusal: bytes
) -> None:
    server.replies = [refusal]
    answer = failed_of(source.fetch(ASK))
    assert (answer.remedy, answer.retry_in_ms, answer.quota) == (Remedy.WAIT, None, None)
    assert answer.advice == "", "there is nothing to do but wait"


@pytest.mark.parametrize(
    "trouble",
    [
        error(500, 131),
        error(503, 130),
        reply(b"<!DOCTYPE html><h1>Over capacity</h1>", 503, kind="text/html"),
        reply(b"Bad gateway", 502, kind="text/plain"),
        error(504),
        error(408),
        reply(b"", 204),
        reply(b"<html>Accept our terms</html>", 200, kind="text/html"),
        reply(b"", 200),
        reply(b"null", 200),
        reply(b"[]", 200),
        reply(b"17", 200),
        reply(b'{"results":[],"page":1}', 200),
        reply(b'{"statuses":{"a":1},"search_metadata":{}}', 200),
        reply(b'{"statuses":[],"search_metadata":[]}', 200),
        reply(b'{"errors":[{"code":131,"message":"x"}]}', 200),
        reply(b'{"statuses":[{"id":1,', 200),
        reply(b"\xff\xfe\x00", 200),
        reply(b'{"statuses":NaN,"search_metadata":{}}', 200),
        reply(b"[" * 500_000, 200),
        reply(b'{"statuses":' + b"[" * 200_000 + b"]" * 200_000 + b',"search_metadata":{}}'),
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    ],
    ids=lambda value: repr(value[-40:]),
)
@pytest.mark.covers("over capacity", "no JSON", "cut")
def test_trouble_of_the_network_is_tried_again(
    source: Twitter, server: WireServer, trouble: bytes
) -> None:
    server.replies = [trouble]
    answer = failed_of(source.fetch(ASK))
    assert (answer.remedy, answer.ask) == (Remedy.RETRY, ASK)


def test_deeply_nested_json_in_one_post_harms_no_other(source: Twitter, server: WireServer) -> None:
    deep = json.dumps(tweet(9)).replace('"a text that nobody keeps"', "[" * 20_000 + "]" * 20_000)
    body = f'{{"statuses":[{deep},{json.dumps(tweet(5))}],"search_metadata":{{}}}}'
    server.replies = [reply(body.encode())]
    answer = source.fetch(ASK)
    assert isinstance(answer, Failed) or answer.posts[-1].key == "5"


@pytest.mark.covers("no answer")
def test_a_server_that_does_not_answer_is_a_failure(
    source: Twitter, server: WireServer, impatient: None
) -> None:
    def hang(connection: socket.socket) -> None:
        connection.recv(1)

    server.replies = [hang]
    assert "did not answer" in failed_of(source.fetch(ASK)).message


def test_a_failed_answer_reports_its_quota_too(source: Twitter, server: WireServer) -> None:
    headers = (*quota_headers(7, 2_000_000_300), dated(2_000_000_000))
    for answer in (reply(b"<html>", 200, *headers), error(503, 130, *headers)):
        server.replies = [answer]
        assert failed_of(source.fetch(ASK)).quota == Quota(180, 7, 300_000)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (error(401, 32), "twitter_auth.py"),
        (error(401, 89), "twitter_auth.py"),
        (reply(b'{"request":"/1.1","error":"Not authorized."}', 401), "twitter_auth.py"),
        (reply(b"<html>", 401), "twitter_auth.py"),
        (error(400, 215), "search_endpoint"),
        (error(402), "credits"),
        (error(403, 64), "another account"),
        (error(403, 220), "access level"),
        (error(403, 195), "hashtags"),
        (error(404, 34), "search_endpoint"),
        (error(410), "search_endpoint"),
        (error(418), "search_endpoint"),
    ],
)
@pytest.mark.covers("keys refused", "token ended", "no credits", "suspended", "no such address")
def test_a_problem_for_the_operator_stops_the_source(
    source: Twitter, server: WireServer, refusal: bytes, words: str
) -> None:
    server.replies = [refusal]
    answer = failed_of(source.fetch(ASK))
    assert answer.remedy is Remedy.STOP
    assert words in answer.advice
    assert len(server.requests) == 1


@pytest.mark.covers("round at its end")
def test_a_max_id_below_the_since_id_ends_the_round(source: Twitter, server: WireServer) -> None:
    server.replies = [error(403, 195)]
    assert failed_of(source.fetch(replace(ASK, token="5"))).remedy is Remedy.FINISH


@pytest.mark.covers("clock wrong")
def test_a_wrong_clock_is_corrected_from_the_servers(source: Twitter, server: WireServer) -> None:
    server_s = time.time() - 7200
    server.replies = [error(401, 135, dated(server_s)), found(tweet()), found(tweet())]
    assert page_of(source.fetch(ASK)).posts
    first, second = (int(authorization_of(each)["oauth_timestamp"]) for each in server.requests)
    assert abs(first - time.time()) < 60
    assert abs(second - server_s) < 60
    assert is_well_signed(server.requests[1], source.endpoint)
    page_of(source.fetch(ASK))
    third = int(authorization_of(server.requests[2])["oauth_timestamp"])
    assert abs(third - server_s) < 60, "what was learnt is kept"


def test_a_page_reports_xs_clock(source: Twitter, server: WireServer) -> None:
    server.replies = [found(tweet(), headers=(dated(time.time() - 90),))]
    ahead_ms = page_of(source.fetch(ASK)).ahead_ms
    assert ahead_ms is not None
    assert abs(ahead_ms + 90_000) < 60_000


@pytest.mark.parametrize("headers", [(), ("Date: yesterday",), (dated(0),)])
def test_a_clock_that_stays_wrong_is_reported_after_two_tries(
    source: Twitter, server: WireServer, headers: tuple[str, ...]
) -> None:
    server.replies = [error(401, 135, *headers)]
    answer = failed_of(source.fetch(ASK))
    assert answer.remedy is Remedy.RETRY
    assert "clock" in answer.advice
    assert len(server.requests) == 2
