"""The v2 search: the requests, byte for byte, and the handling of every kind of response."""

from __future__ import annotations

import json
import logging
import pickle
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from doubles import Request, WireServer, reply
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.auth import oauth1_token, oauth2_token
from twittervotes.auth.oauth1_token import Token
from twittervotes.auth.oauth2_token import Grant
from twittervotes.core.contest.contest import Choice, Contest, Policy, Rules
from twittervotes.core.contest.posts import Ask, Failed, Feed, Kind, Page, Quota, Remedy
from twittervotes.core.errors import ConfigError
from twittervotes.core.polling.workers import work
from twittervotes.sources.plugin import Read
from twittervotes.sources.x import auth, billing, query
from twittervotes.sources.x import source as x_module
from twittervotes.sources.x.auth import Bearer, User
from twittervotes.sources.x.decode import kept
from twittervotes.sources.x.source import PLUGIN, XSearch, XSettings
from twittervotes.sources.x_v1 import archive

FEED = Feed("#debian", "#debian -is:retweet")
NOW_MS = int(time.time() * 1000)
OPENS_MS = NOW_MS // 1000 * 1000 - 3_600_000
ASK = Ask(FEED, opens_ms=OPENS_MS)
AT = "2022-11-08T21:16:42.000Z"
AT_MS = 1_667_942_202_000
NEW = query.first_id(NOW_MS) + 1  # far above 2^53
OLD, PROBLEMS = "https://api.twitter.com/2/problems", "https://api.x.com/2/problems"
CONTEST = Contest("?", (Choice("debian"), Choice("ubuntu", aliases=("kubuntu",))))


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what another test learnt."""
    for known in (x_module._names, billing._bills, auth._app_tokens):
        known.clear()
    x_module._announce.cache_clear()
    monkeypatch.setattr(auth, "_clock_offset_s", 0)


@pytest.fixture
def source(server: WireServer) -> XSearch:
    return XSearch(Bearer("the-bearer"), server.url)


def post(number: int = NEW, *tags: str, **values: Any) -> dict[str, Any]:
    """Return a post as v2 sends it."""
    return {
        "id": str(number),
        "text": "a text that nobody keeps",
        "author_id": "7",
        "created_at": AT,
        "entities": hashtags(*tags or ("debian",)),
        **values,
    }


def hashtags(*tags: str) -> dict[str, Any]:
    return {"hashtags": [{"start": 0, "end": 1, "tag": tag} for tag in tags]}


def found(
    *posts: dict[str, Any], more: str = "", headers: tuple[str, ...] = (), **rest: Any
) -> bytes:
    meta = {"result_count": len(posts), **({"next_token": more} if more else {})}
    body = {"meta": meta, **({"data": list(posts)} if posts else {}), **rest}
    return reply(json.dumps(body).encode(), 200, *headers)


def bad(parameter: str, message: str = "") -> bytes:
    error = {"parameters": {parameter: ["1"]}, "message": message}
    body = {"errors": [error], "title": "Invalid Request", "type": "/2/problems/invalid-request"}
    return reply(json.dumps(body).encode(), 400)


def problem(code: int, /, *headers: str, **body: Any) -> bytes:
    return reply(json.dumps(body).encode(), code, *headers)


def page_of(answer: Page | Failed) -> Page:
    assert isinstance(answer, Page), answer
    return answer


def failed_of(answer: Page | Failed) -> Failed:
    assert isinstance(answer, Failed), answer
    assert answer.message.endswith(".")
    return answer


def fetched(source: XSearch, server: WireServer, *posts: dict[str, Any], **more: Any) -> Page:
    server.replies = [found(*posts, **more)]
    return page_of(source.fetch(ASK))


def query_of(request: Request) -> dict[str, str]:
    pairs = [pair.split("=", 1) for pair in request.target.split("?")[1].split("&")]
    return {name: unquote(value) for name, value in pairs}


# --- what is asked ----------------------------------------------------------------------------


def test_one_query_serves_all_choices_in_order() -> None:
    (feed,) = XSearch(Bearer("b")).feeds(CONTEST)
    assert feed.query == "(#debian OR #ubuntu OR #kubuntu) -is:retweet"
    assert query.wanted(feed) == {"debian", "ubuntu", "kubuntu"}


def test_the_query_omits_needless_brackets_and_operators() -> None:
    one = Contest("?", (Choice("debian"),))
    assert XSearch(Bearer("b")).feeds(one)[0].query == "#debian -is:retweet"
    both = replace(CONTEST, rules=Rules(reposts=Policy.COUNT))
    assert XSearch(Bearer("b")).feeds(both)[0].query == "(#debian OR #ubuntu OR #kubuntu)"


@pytest.mark.parametrize("length", [3, 40, 97])
def test_a_query_over_512_characters_is_split_and_no_choice_is_lost(length: int) -> None:
    tags = [f"{'x' * (length - 3)}t{number:02}" for number in range(60)]
    feeds = XSearch(Bearer("b")).feeds(Contest("?", tuple(map(Choice, tags))))
    assert max(len(feed.query) for feed in feeds) <= 512
    asked = [tag for feed in feeds for tag in feed.name.split(" OR ")]
    assert asked == [f"#{tag}" for tag in tags]
    assert set().union(*map(query.wanted, feeds)) == set(tags)
    assert len(feeds) == -(-60 // ((512 - 12 - 2 + 4) // (length + 5)))


def test_first_round_and_sweep_start_at_the_opening(source: XSearch, server: WireServer) -> None:
    for ask in (ASK, replace(ASK, sweep=True)):
        server.replies = [found()]
        source.fetch(ask)
        assert query_of(server.requests[-1]) == {
            "query": "#debian -is:retweet",
            "max_results": "100",
            "sort_order": "recency",
            "tweet.fields": query.FIELDS["tweet"],
            "since_id": str(((OPENS_MS - 1_288_834_974_657) << 22) - 1),
        }


def test_a_round_never_begins_before_the_opening(source: XSearch, server: WireServer) -> None:
    server.replies = [found()]
    source.fetch(replace(ASK, since=str(NEW)))
    source.fetch(replace(ASK, since=str(query.first_id(OPENS_MS + 5000))))
    first, second = map(query_of, server.requests)
    assert first["since_id"] == str(NEW - (120_000 << 22))
    assert second["since_id"] == str(query.first_id(OPENS_MS))


def test_no_round_begins_more_than_seven_days_back(source: XSearch, server: WireServer) -> None:
    server.replies = [found()]
    edge = query.first_id(query.oldest_ms() + 5000)
    old = query.first_id(NOW_MS - 8 * 86_400_000)
    for since in (edge, old):
        source.fetch(replace(ASK, opens_ms=0, since=str(since)))
    first, second = (int(query_of(each)["since_id"]) for each in server.requests)
    assert edge - (6000 << 22) < first < edge
    assert edge - (6000 << 22) < second < edge


def test_the_pages_of_a_round_keep_their_since_id(source: XSearch, server: WireServer) -> None:
    page = fetched(source, server, post(), more="b26v89")
    server.replies = [found()]
    source.fetch(replace(ASK, token=page.token))
    first, second = map(query_of, server.requests)
    assert second == {**first, "next_token": "b26v89"}


def test_times_are_never_sent_beside_since_id(source: XSearch, server: WireServer) -> None:
    server.replies = [found()]
    for ask in (ASK, replace(ASK, sweep=True, closes_ms=NOW_MS), replace(ASK, since=str(NEW))):
        source.fetch(ask)
    for request in server.requests:
        assert not {"start_time", "end_time"} & query_of(request).keys()


def test_the_query_goes_over_the_wire_percent_encoded(source: XSearch, server: WireServer) -> None:
    text = "(#café OR #日本語) -is:retweet"
    server.replies = [found()]
    source.fetch(replace(ASK, feed=Feed("#café OR #日本語", text)))
    raw = server.requests[0].target.split("?")[1].split("&")[0]
    assert raw == f"query={quote(text, safe='-._~')}"


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["tweet", "post"])
@pytest.mark.covers("other names")
def test_outdated_names_are_replaced_for_good(server: WireServer, first: Any) -> None:
    source, other = XSearch(Bearer("b"), server.url, first), query.OTHER[first]
    server.replies = [bad(f"{first}.fields"), found(post()), found()]
    assert page_of(source.fetch(ASK)).posts
    page_of(source.fetch(ASK))
    assert f"{first}.fields" in query_of(server.requests[0])
    for request in server.requests[1:]:
        assert query_of(request)[f"{other}.fields"] == query.FIELDS[other]


def test_a_refusal_in_words_is_understood(source: XSearch, server: WireServer) -> None:
    body = {"errors": [{"message": "The query parameter [tweet.fields] is not one of [a,b]"}]}
    server.replies = [problem(400, **body), found(post())]
    assert page_of(source.fetch(ASK)).posts


def test_where_both_names_are_refused_the_source_stops(source: XSearch, server: WireServer) -> None:
    server.replies = [bad("tweet.fields"), bad("post.fields")]
    assert failed_of(source.fetch(ASK)).remedy is Remedy.STOP
    assert len(server.requests) == 2
    assert not x_module._names


# --- rounds -----------------------------------------------------------------------------------


def test_only_the_first_page_reports_the_newest_post(source: XSearch, server: WireServer) -> None:
    page = fetched(source, server, post(NEW), post(NEW - 5), more="next")
    assert (page.newest, page.token.partition(":")[2]) == (str(NEW), "next")
    server.replies = [found(post(NEW - 9))]
    later = page_of(source.fetch(replace(ASK, token=page.token)))
    assert (later.newest, later.token) == ("", "")


def test_a_short_or_empty_page_is_not_the_last(source: XSearch, server: WireServer) -> None:
    assert fetched(source, server, post(), more="next").token
    empty = fetched(source, server, more="next")
    assert (empty.posts, empty.newest, bool(empty.token)) == ((), "", True)


@pytest.mark.parametrize(
    "body",
    [
        {"meta": {"result_count": 0}},
        {"meta": {"result_count": 0}, "data": None},
        {"meta": {}, "data": []},
        {"meta": {"next_token": None}, "data": [], "includes": None, "errors": None},
    ],
)
@pytest.mark.covers("empty answer")
def test_missing_null_and_empty_data_are_alike(
    source: XSearch, server: WireServer, body: dict[str, Any]
) -> None:
    server.replies = [problem(200, **body)]
    page = page_of(source.fetch(ASK))
    assert (page.posts, page.token, page.newest) == ((), "", "")


def test_the_cursor_never_goes_back_for_late_posts(source: XSearch, server: WireServer) -> None:
    server.replies = [found(post(NEW - 9))]
    assert page_of(source.fetch(replace(ASK, since=str(NEW)))).newest == str(NEW)


def test_a_page_reports_that_it_reached_the_cursor(source: XSearch, server: WireServer) -> None:
    ask = replace(ASK, since=str(NEW))
    server.replies = [found(post(NEW + 9), more="a"), found(post(NEW), more="a"), found(more="a")]
    above, down, empty = (page_of(source.fetch(ask)).reached for _ in range(3))
    assert (above, down, empty) == (False, True, False)


def test_a_round_ends_at_the_opening(source: XSearch, server: WireServer) -> None:
    page = fetched(source, server, post(query.first_id(OPENS_MS)), more="next")
    assert page.token == ""


@pytest.mark.covers("page for ever")
def test_an_endlessly_repeated_page_is_reported(source: XSearch, server: WireServer) -> None:
    page = fetched(source, server, post(), more="next")
    answer = failed_of(source.fetch(replace(ASK, token=page.token)))
    assert answer.remedy is Remedy.RETRY
    assert answer.advice


@pytest.mark.parametrize("token", ["x" * 1001, "a b\r\n", "é"])
def test_an_invalid_next_token_makes_no_page(
    source: XSearch, server: WireServer, token: str
) -> None:
    server.replies = [found(post(), more=token)]
    assert failed_of(source.fetch(ASK)).remedy is Remedy.RETRY


@pytest.mark.parametrize(
    "refusal",
    [
        bad("since_id", "'since_id' must be a tweet id created after 2026-08-19T08:41Z."),
        bad("since_id", "Invalid 'since_id':'1'. 'since_id' must be larger."),
        problem(400, errors=[{"message": "Invalid 'since_id':'1'."}]),
    ],
)
@pytest.mark.covers("cursor too old")
def test_a_cursor_that_is_too_old_restarts_the_round(
    source: XSearch, server: WireServer, refusal: bytes
) -> None:
    server.replies = [refusal]
    assert failed_of(source.fetch(replace(ASK, since="5"))).remedy is Remedy.RESTART
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["next_token", "pagination_token"])
def test_an_unknown_next_token_restarts_the_round(
    source: XSearch, server: WireServer, name: str
) -> None:
    server.replies = [bad(name, f"Invalid '{name}':'gone'.")]
    assert failed_of(source.fetch(replace(ASK, token="1:gone"))).remedy is Remedy.RESTART


def test_a_refused_bound_is_dropped(source: XSearch, server: WireServer) -> None:
    server.replies = [bad("since_id"), found(post(), more="next"), found()]
    page = page_of(source.fetch(ASK))
    page_of(source.fetch(replace(ASK, token=page.token)))
    assert ["since_id" in query_of(each) for each in server.requests] == [True, False, False]


def test_a_vote_over_seven_days_has_a_gap(source: XSearch, server: WireServer) -> None:
    server.replies = [found(more="next")]
    ask = replace(ASK, opens_ms=NOW_MS - 9 * 86_400_000)
    for each in (ask, replace(ask, sweep=True)):
        (gap,) = page_of(source.fetch(each)).gaps
        assert gap.from_ms == ask.opens_ms
        assert abs(gap.to_ms - (time.time_ns() // 1_000_000 - 7 * 86_400_000)) < 120_000
    earlier = replace(ask, today_ms=NOW_MS - 3 * 86_400_000)  # if our own clock is ahead
    for each in (ASK, replace(ask, read_ms=NOW_MS), replace(ask, token="1:a"), earlier):
        assert page_of(source.fetch(each)).gaps == ()


# --- posts ------------------------------------------------------------------------------------


def test_a_post_is_decoded(source: XSearch, server: WireServer) -> None:
    (found_one,) = fetched(source, server, post(NEW, "Debian", "日本語")).posts
    assert found_one == ("x", str(NEW), "7", AT_MS, "Debian 日本語", "post", 0, 0)


def test_keys_and_voters_match_those_of_v1() -> None:
    old = {
        "created_at": "Tue Nov 08 21:16:42 +0000 2022",
        "id_str": str(NEW),
        "entities": {"hashtags": [{"text": "Debian"}]},
        "user": {"id_str": "7"},
    }
    first, second = (
        archive.reads(CONTEST)(json.dumps(old).encode()),
        kept(json.dumps(post(NEW, "Debian")).encode()),
    )
    assert first is not None
    assert first == second


@pytest.mark.parametrize("names", ["tweet", "post"])
def test_an_edit_has_the_key_of_its_first_version(
    source: XSearch, server: WireServer, names: str
) -> None:
    history = {f"edit_history_{names}_ids": [str(NEW - 2), str(NEW - 1), str(NEW)]}
    page = fetched(source, server, post(NEW, **history), post(NEW - 1, **history))
    assert [(each.key, each.revision) for each in page.posts] == [
        (str(NEW - 2), 2),
        (str(NEW - 2), 1),
    ]
    assert page.newest == str(NEW)


@given(
    st.integers(1_666_000_000_000, 3_000_000_000_000),
    st.integers(0, 3_600_000),
    st.integers(0, 2**22 - 2),
)
def test_an_edited_post_keeps_its_time_of_posting(at_ms: int, later_ms: int, serial: int) -> None:
    first = query.first_id(at_ms) + 1 + serial
    edit = query.first_id(at_ms + later_ms) + 2 + serial
    at_s, edited_s = at_ms // 1000, (at_ms + later_ms) // 1000
    told = [
        post(first, created_at=f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}.000Z"),
        post(
            edit,
            created_at=f"{datetime.fromtimestamp(edited_s, UTC):%Y-%m-%dT%H:%M:%S}.000Z",
            edit_history_tweet_ids=[str(first), str(edit)],
        ),
    ]
    read = kept(json.dumps({"data": told, "meta": {}}).encode())
    assert read is not None
    one, other = read.posts
    assert (one.key, one.at_ms) == (other.key, other.at_ms) == (str(first), at_s * 1000)


def test_without_times_in_ids_an_edit_has_its_own_time(source: XSearch, server: WireServer) -> None:
    (it,) = fetched(source, server, post(7, edit_history_tweet_ids=["5", "7"])).posts
    assert (it.key, it.at_ms) == ("5", AT_MS)


@pytest.mark.parametrize("history", [None, [], [str(NEW)]])
def test_a_post_without_a_history_is_its_own_first_version(
    source: XSearch, server: WireServer, history: Any
) -> None:
    (it,) = fetched(source, server, post(NEW, edit_history_tweet_ids=history)).posts
    assert (it.key, it.revision) == (str(NEW), 0)


def test_an_edit_that_removed_our_tag_is_reported(source: XSearch, server: WireServer) -> None:
    edited = post(NEW, "cafe", edit_history_tweet_ids=[str(NEW - 1), str(NEW)])
    page = fetched(source, server, edited, post(NEW - 3, "débian"), post(NEW - 4, "DEBIAN"))
    assert [each.tags for each in page.posts] == ["cafe", "DEBIAN"]
    assert page.newest == str(NEW)


@pytest.mark.parametrize("names", ["tweet", "post"])
def test_a_long_posts_tags_come_from_its_note(
    source: XSearch, server: WireServer, names: str
) -> None:
    note = {f"note_{names}": {"text": "long", "entities": hashtags("near", "Debian")}}
    page = fetched(
        source,
        server,
        post(NEW, "near", "other", **note),
        post(NEW - 1, **{**note, "entities": None}),
        post(NEW - 2, **{f"note_{names}": {"text": "long"}}),
    )
    assert [each.tags for each in page.posts] == ["near Debian other", "near Debian", "debian"]


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        (["quoted"], Kind.QUOTE),
        (["replied_to"], Kind.REPLY),
        (["replied_to", "quoted"], Kind.QUOTE),
        (["retweeted"], Kind.REPOST),
        (["something_new"], Kind.POST),
        ([], Kind.POST),
    ],
)
@pytest.mark.parametrize("names", ["tweet", "post"])
def test_references_decide_the_kind_of_a_post(
    source: XSearch, server: WireServer, types: list[str], kind: Kind, names: str
) -> None:
    references = [{"type": each, "id": "5"} for each in types]
    (it,) = fetched(source, server, post(NEW, **{f"referenced_{names}s": references})).posts
    assert (it.kind, it.key) == (kind.value, str(NEW))


@pytest.mark.parametrize("names", ["tweets", "posts"])
def test_a_repost_has_all_tags_of_the_original(
    source: XSearch, server: WireServer, names: str
) -> None:
    cut = post(NEW, entities=hashtags("debi"), referenced_tweets=[{"type": "retweeted", "id": "5"}])
    ask = replace(ASK, feed=Feed("#debian", "#debian"))
    server.replies = [found(cut, includes={names: [post(5, "debian", "arch"), {"id": 1}]})]
    (it,) = page_of(source.fetch(ask)).posts
    assert (it.kind, it.tags, it.voter) == ("repost", "debian arch", "7")
    assert query_of(server.requests[0])["expansions"] == "referenced_tweets.id"


@pytest.mark.covers("partial errors")
def test_errors_beside_the_data_spoil_nothing(source: XSearch, server: WireServer) -> None:
    for errors in ([{"title": "Not Found Error", "resource_id": "1"}], {"a": 1}, "x", [7]):
        page = fetched(source, server, post(), errors=errors)
        assert (len(page.posts), page.bad) == (1, ())


@pytest.mark.parametrize(
    "values",
    [
        {"id": None},
        {"id": "0"},
        {"id": "x"},
        {"id": 1.5},
        {"id": str(2**63)},
        {"author_id": None},
        {"author_id": ""},
        {"author_id": "-1"},
        {"created_at": ""},
        {"created_at": None},
        {"created_at": "Tue Nov 08 21:16:42 +0000 2022"},
        {"created_at": "1999-11-08T21:16:42.000Z"},
        {"created_at": "2022-11-08T21:16:42.000"},
        {"created_at": "9" * 5000},
        {"entities": "none"},
        {"entities": {"hashtags": [{"tag": 5}]}},
        {"referenced_tweets": [{"type": "quoted"}]},
        {"edit_history_tweet_ids": ["nine"]},
    ],
)
@pytest.mark.covers("bad post")
def test_one_bad_post_is_reported_and_the_others_are_kept(
    source: XSearch, server: WireServer, values: dict[str, Any]
) -> None:
    page = fetched(source, server, post(NEW), post(NEW - 1, **values), post(NEW - 2))
    assert [each.key for each in page.posts] == [str(NEW), str(NEW - 2)]
    (told,) = page.bad
    assert "nobody" not in told
    assert len(told) <= 200


def test_an_id_may_be_a_number(source: XSearch, server: WireServer) -> None:
    (it,) = fetched(source, server, post(NEW, id=NEW, author_id=7)).posts
    assert (it.key, it.voter) == (str(NEW), "7")


def test_half_a_surrogate_pair_costs_no_post(source: XSearch, server: WireServer) -> None:
    body = json.dumps({"meta": {}, "data": [post(9, "HALF", "debian"), post(5)]})
    for text in (body.replace("a text", r"\ud83d", 1), body.replace("HALF", r"\ud83d")):
        server.replies = [reply(text.encode())]
        page = page_of(work(source, ASK))
        assert [post.key for post in page.posts] == ["9", "5"]
        assert page.bad == ()


def test_tags_cannot_be_forged_by_odd_text(source: XSearch, server: WireServer) -> None:
    odd = ("a b", "", "c\u00a0d", "e\tf", "debian")
    assert fetched(source, server, post(NEW, *odd)).posts[0].tags == "debian"
    many = fetched(source, server, post(NEW, *(f"debian{'x' * n}" for n in range(500)), "debian"))
    assert all(len(each.tags.split()) <= 100 for each in many.posts)


def test_a_page_without_readable_ids_doesnt_end_the_round(
    source: XSearch, server: WireServer
) -> None:
    server.replies = [found({"id": "x"}, more="next"), found({"id": "x"})]
    assert failed_of(source.fetch(ASK)).remedy is Remedy.RETRY
    assert len(page_of(source.fetch(ASK)).bad) == 1


def test_answers_that_a_file_keeps_are_read() -> None:
    one = kept(json.dumps(post(NEW, "Debian")).encode())
    assert one is not None
    assert [each.tags for each in one.posts] == ["Debian"]
    line = json.dumps({"data": post(NEW, "Debian"), "matching_rules": [{"id": "1"}]}).encode()
    page = json.dumps({"data": [post(NEW, "Debian")], "meta": {}}).encode()
    assert kept(line) == kept(page) == one
    assert kept(json.dumps({"data": [{"id": "x"}]}).encode()) == Read((), kept_bad())
    for other in (b"{}", b"[]", b"x", b'{"statuses":[]}', b'{"created_at":"a","user":{}}', b"\xff"):
        assert kept(other) is None


def kept_bad() -> tuple[str, ...]:
    return ("post without an id: the id of the post is missing or isn't a number",)


# --- money ------------------------------------------------------------------------------------


@pytest.mark.covers("budget")
def test_a_budget_is_never_exceeded(server: WireServer) -> None:
    source = XSearch(Bearer("b"), server.url, budget=130)
    for number, most in enumerate((100, 70, 10)):
        server.replies = [found(*(post(NEW - 1000 * number - n) for n in range(min(most, 60))))]
        page_of(source.fetch(ASK))
        assert query_of(server.requests[-1])["max_results"] == str(most)
    answer = failed_of(source.fetch(ASK))
    assert len(server.requests) == 3
    assert answer.remedy is Remedy.STOP
    assert answer.message.startswith("The budget of 130 posts is used up: ")
    assert answer.message.endswith(": 130 posts were read ($0.65).")
    assert "budget" in answer.advice


def test_a_post_read_again_on_the_same_day_costs_nothing_more(server: WireServer) -> None:
    source = XSearch(Bearer("b"), server.url, budget=120)
    day = 86_400
    today = [dated(20 * day), dated(20 * day + 60), dated(21 * day)]
    for date, most in zip(today, ("100", "100", "100"), strict=True):
        server.replies = [found(*(post(NEW - n) for n in range(15)), headers=(date,))]
        source.fetch(replace(ASK, spent=5 if date == today[0] else 500))
        assert query_of(server.requests[-1])["max_results"] == most
    source.fetch(replace(ASK, spent=5000))
    assert query_of(server.requests[-1])["max_results"] == "85", "5 before, and 15 on two days"


def test_what_was_spent_before_this_worker_began_counts(server: WireServer) -> None:
    source = XSearch(Bearer("b"), server.url, budget=500)
    message = failed_of(source.fetch(replace(ASK, spent=495))).message
    assert "495 posts were read" in message
    assert server.requests == []


def test_a_page_reports_its_cost(server: WireServer) -> None:
    source = XSearch(Bearer("b"), server.url)
    repeated = post(5)
    server.replies = [
        found(post(NEW), post(NEW - 1, "cafe"), post(NEW - 2, author_id=None)),
        found(post(NEW), post(NEW - 3), includes={"tweets": [repeated]}),
        found(post(NEW - 4, author_id=None, id="x"), more="next"),
        found(),
    ]
    assert [page_of(source.fetch(ASK)).billed for _ in range(2)] == [3, 2]
    failed_of(source.fetch(ASK))
    assert page_of(source.fetch(ASK)).billed == 0


READINGS = st.lists(
    st.tuples(st.sets(st.integers(1, 12), max_size=6), st.integers(0, 3), st.booleans()),
    max_size=12,
)


@given(READINGS)
def test_reported_costs_add_up_to_what_x_bills(
    readings: list[tuple[set[int], int, bool]],
) -> None:
    day, said, charged = 20, 0, set[tuple[int, int]]()
    bill = billing.Bill(0)
    is_broken = False
    for ids, later, breaks in readings:
        if breaks:  # the worker ends; the ledger tells the next one what was said
            bill, is_broken = billing.Bill(said), True
        day += later // 3
        bill.note(map(str, ids), day * billing.DAY_MS)
        said += bill.untold()
        charged |= {(day, each) for each in ids}
        assert bill.posts == said
        assert said >= len(charged)
        assert is_broken or said == len(charged)


def test_pages_with_included_posts_are_half_as_long(
    server: WireServer,
) -> None:
    source = XSearch(Bearer("b"), server.url, budget=90)
    server.replies = [found(post(), includes={"tweets": [post(5)]})]
    ask = replace(ASK, feed=Feed("#debian", "#debian"))
    source.fetch(ask)
    source.fetch(ask)
    assert [query_of(each)["max_results"] for each in server.requests] == ["45", "44"]


def test_the_price_is_shown_before_a_vote(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    settings = XSettings(bearer_token="b")
    assert PLUGIN.price is not None
    assert PLUGIN.price(settings) == (
        "X charges $0.005 per post: 10,000 votes cost about $50.00,"
        " with no limit; set one with x.budget."
    )
    bounded = replace(settings, budget=2000)
    assert PLUGIN.price(bounded).endswith("at most $10.00, as the budget is 2,000 posts.")
    for _ in range(3):
        PLUGIN.sources(bounded, CONTEST)
    assert caplog.messages == [PLUGIN.price(bounded)], "once, however often it is made"


# --- trouble ----------------------------------------------------------------------------------


def quota_headers(remaining: object, reset_s: object) -> tuple[str, ...]:
    return (
        "x-rate-limit-limit: 450",
        f"x-rate-limit-remaining: {remaining}",
        f"x-rate-limit-reset: {reset_s}",
    )


def dated(at_s: float) -> str:
    return f"Date: {formatdate(at_s, usegmt=True)}"


def test_the_quota_is_measured_against_the_servers_date(
    source: XSearch, server: WireServer
) -> None:
    headers = (*quota_headers(99, 2_000_000_300), dated(2_000_000_000))
    assert fetched(source, server, headers=headers).quota == Quota(450, 99, 300_000)


@pytest.mark.parametrize(
    "body",
    [
        {"title": "Too Many Requests", "type": "about:blank", "status": 429},
        {"errors": [{"code": 88, "message": "Rate limit exceeded"}]},
        {},
    ],
)
@pytest.mark.covers("quota used up")
def test_a_429_waits_as_long_as_it_says(
    source: XSearch, server: WireServer, body: dict[str, Any]
) -> None:
    headers = (*quota_headers(0, 2_000_000_060), dated(2_000_000_000))
    server.replies = [problem(429, *headers, **body)]
    answer = failed_of(source.fetch(ASK))
    assert (answer.remedy, answer.retry_in_ms) == (Remedy.WAIT, 60_000)
    server.replies = [problem(429, **body)]
    assert failed_of(source.fetch(ASK)).retry_in_ms is None


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (problem(402, title="CreditsDepleted", type=f"{OLD}/credits"), "credits"),
        (problem(402, title="Payment Required", type=f"{PROBLEMS}/credits-depleted"), "credits"),
        (reply(b"<html>", 402), "credits"),
        (problem(403, title="CreditsDepleted"), "credits"),
        (problem(403, title="SpendCapReached"), "limit"),
        (problem(429, title="UsageCapExceeded", type=f"{PROBLEMS}/usage-capped"), "plan"),
        (problem(429, type="https://elsewhere/2/problems/usage-capped"), "plan"),
        (problem(403, type=f"{OLD}/client-forbidden"), "project"),
        (problem(403, type=f"{PROBLEMS}/unsupported-authentication"), "auth"),
        (problem(403), "access level"),
        (problem(401, title="Unauthorized"), "keys"),
        (reply(b"<html>", 401), "keys"),
        (bad("query"), "hashtags"),
        (problem(400), "hashtags"),
        (problem(404), "api_url"),
        (problem(410), "api_url"),
        (problem(418), "api_url"),
    ],
)  # fmt: skip
@pytest.mark.covers("monthly cap", "no credits", "spending limit", "not enrolled", "keys refused")
def test_a_problem_for_the_operator_stops_the_source(
    source: XSearch, server: WireServer, refusal: bytes, words: str
) -> None:
    server.replies = [refusal]
    answer = failed_of(source.fetch(ASK))
    assert answer.remedy is Remedy.STOP
    assert words in answer.advice
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        problem(500),
        problem(503, title="Service Unavailable"),
        reply(b"<!DOCTYPE html><h1>Over capacity</h1>", 503, kind="text/html"),
        problem(408),
        reply(b"", 204),
        reply(b"", 302, "Location: https://example.org/"),
        reply(b"<html>Accept our terms</html>", 200, kind="text/html"),
        reply(b"", 200),
        reply(b"null", 200),
        reply(b"[]", 200),
        reply(b'{"data":[]}', 200),
        reply(b'{"errors":[{"title":"x"}]}', 200),
        reply(b'{"meta":[],"data":[]}', 200),
        reply(b'{"meta":{},"data":{"a":1}}', 200),
        reply(b'{"meta":{"next_token":7}}', 200),
        reply(b'{"meta":{},"data":[{"id":', 200),
        reply(b"\xff\xfe\x00", 200),
        reply(b"[" * 500_000, 200),
        reply(b'{"data":' + b"[" * 200_000 + b"]" * 200_000 + b',"meta":{}}'),
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    ],
    ids=lambda value: repr(value[-40:]),
)
@pytest.mark.covers("trouble of its own")
def test_trouble_of_the_network_is_tried_again(
    source: XSearch, server: WireServer, trouble: bytes
) -> None:
    server.replies = [trouble]
    answer = work(source, ASK)
    if isinstance(answer, Page):
        assert answer.posts == ()
        assert answer.bad
    else:
        assert (answer.remedy, answer.ask) == (Remedy.RETRY, ASK)
    assert len(server.requests) == 1


# --- who asks ---------------------------------------------------------------------------------


def test_the_token_of_an_app_is_shown(source: XSearch, server: WireServer) -> None:
    fetched(source, server)
    assert server.requests[0].headers["authorization"] == "Bearer the-bearer"


def test_a_page_reports_xs_clock(source: XSearch, server: WireServer) -> None:
    ahead_ms = fetched(source, server, headers=(dated(time.time() - 90),)).ahead_ms
    assert ahead_ms is not None
    assert abs(ahead_ms + 90_000) < 60_000


def test_a_signed_request_after_a_401_learns_the_clock_once(server: WireServer) -> None:
    source = XSearch(User("key", "secret", "token", "token secret"), server.url)
    server_s = time.time() - 7200
    server.replies = [problem(401, dated(server_s)), found(post()), found()]
    assert page_of(source.fetch(ASK)).posts
    page_of(source.fetch(ASK))
    times = [
        int(each.headers["authorization"].split('oauth_timestamp="')[1].split('"')[0])
        for each in server.requests
    ]
    assert abs(times[0] - time.time()) < 60
    assert abs(times[1] - server_s) < 60
    assert abs(times[2] - server_s) < 60
    server.replies = [problem(401, dated(server_s))]
    before = len(server.requests)
    assert failed_of(source.fetch(ASK)).remedy is Remedy.STOP
    assert len(server.requests) == before + 1


def test_secrets_are_not_in_url_repr_failures_or_log(
    server: WireServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ("s3cret-bearer", "s3cret-key", "s3cret-consumer", "s3cret-token", "s3cret-two")
    settings = XSettings(bearer_token=secrets[0], consumer_key=secrets[1], client_secret=secrets[2])
    told = [repr(settings)]
    for credential in (Bearer(secrets[0]), User(*secrets[1:])):
        source = XSearch(credential, server.url)
        server.replies = [found(), problem(401), problem(503), reply(b"<html>"), b"", found()]
        answers = [work(source, ASK) for _ in range(6)]
        told += [repr(source), *map(repr, answers)]
        assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes
    told += [*(request.target for request in server.requests), caplog.text]
    for text in told:
        assert "s3cret" not in text
        assert "oauth_signature" not in text


def test_each_way_to_sign_in_says_what_it_needs(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TWITTERVOTES_AUTH", str(tmp_path / "auth"))
    keys = {"consumer_key": "k", "consumer_secret": "s"}

    def needed(**values: Any) -> str:
        (sentence,) = PLUGIN.needs(XSettings(**values))
        with pytest.raises(ConfigError) as refused:
            PLUGIN.sources(XSettings(**values), CONTEST)
        assert str(refused.value) == sentence
        return sentence

    assert "bearer_token" in needed()
    assert "consumer_key" in needed(auth="user")
    assert "python twitter_auth.py first" in needed(auth="user", **keys)
    assert "client_id" in needed(auth="oauth2")
    assert "python twitter_auth.py --oauth2 first" in needed(auth="oauth2", client_id="c")
    oauth1_token.write(tmp_path / "auth", Token("t", "ts"))
    oauth2_token.write(tmp_path / "auth2", Grant("a", "r"))
    for values in (
        {"bearer_token": "b"},
        keys,
        {"auth": "user", **keys},
        {"auth": "oauth2", "client_id": "c"},
    ):
        settings = XSettings(**values)  # type: ignore[arg-type]
        assert PLUGIN.needs(settings) == ()
        (source,) = PLUGIN.sources(settings, CONTEST)
        assert (source.name, source.network, source.complete) == ("x", "x", False)


@pytest.mark.parametrize(
    "values",
    [
        {"api_url": "http://api.x.com"},
        {"api_url": "api.x.com"},
        {"api_url": "https://api.x.com/2"},
        {"api_url": "https://user@api.x.com"},
        {"bearer_token": "a b"},
        {"client_id": "a\n"},
        {"overlap_s": -1},
    ],
)
def test_a_setting_that_cannot_be_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        XSettings(**values)
