"""The look-up of posts that X's search no longer lists: edited, deleted, hidden, refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from doubles import WireServer, reply
from test_x import ASK, AT_MS, NEW, OLD, PROBLEMS, failed_of, page_of, problem, query_of
from test_x import fresh as fresh
from test_x import post as told

from twittervotes.core.contest.posts import Ask, LooksUp, Page, Post, Remedy, Sought
from twittervotes.core.contest.versions import withdrawn
from twittervotes.sources.x.auth import Bearer
from twittervotes.sources.x.source import XSearch

SEEN = Post("x", str(NEW), "7", AT_MS, "debian")
EDIT = NEW + 1000
BOTH = {"edit_history_tweet_ids": [str(NEW), str(EDIT)]}


@pytest.fixture
def source(server: WireServer) -> XSearch:
    return XSearch(Bearer("the-bearer"), server.url)


def seeking(*posts: Post) -> Ask:
    return replace(
        ASK, sweep=True, sought=tuple(Sought(each.key, each) for each in posts or (SEEN,))
    )


def answer(*posts: dict[str, Any], errors: tuple[dict[str, Any], ...] = ()) -> bytes:
    body = {"data": list(posts), "errors": list(errors)}
    return reply(json.dumps({name: value for name, value in body.items() if value}).encode())


def missing(number: int, kind: str = f"{OLD}/resource-not-found") -> dict[str, Any]:
    return {"resource_id": str(number), "value": str(number), "title": "An Error", "type": kind}


def test_posts_are_looked_up_by_their_first_ids(source: XSearch, server: WireServer) -> None:
    other = SEEN._replace(key=str(NEW - 5))
    server.replies = [answer(told(NEW), told(NEW - 5))]
    assert isinstance(source, LooksUp)
    assert [source.name_of(each, "") for each in (SEEN, other)] == [SEEN.key, other.key]
    found = page_of(source.fetch(seeking(SEEN, other)))
    assert found.posts == (SEEN, other), "as they were: they are there, and unchanged"
    (request,) = server.requests
    assert request.target.split("?")[0] == "/2/tweets"
    asked = query_of(request)
    assert asked["ids"] == f"{NEW},{NEW - 5}"
    assert "edit_history_tweet_ids" in asked["tweet.fields"]


def test_an_edit_without_the_tag_is_found_by_its_own_id(
    source: XSearch, server: WireServer
) -> None:
    server.replies = [answer(told(NEW, **BOTH)), answer(told(EDIT, "cats", **BOTH))]
    (post,) = page_of(source.fetch(seeking())).posts
    assert (post.key, post.tags, post.revision) == (str(NEW), "cats", 1)
    assert query_of(server.requests[1])["ids"] == str(EDIT)


def test_an_answer_with_the_latest_version_is_enough(source: XSearch, server: WireServer) -> None:
    server.replies = [answer(told(EDIT, "cats", **BOTH))]
    (post,) = page_of(source.fetch(seeking())).posts
    assert (post.tags, post.revision, len(server.requests)) == ("cats", 1, 1)


@pytest.mark.parametrize("problems", [OLD, PROBLEMS])
def test_only_a_missing_post_is_withdrawn(
    source: XSearch, server: WireServer, problems: str
) -> None:
    hidden = SEEN._replace(key=str(NEW - 5))
    errors = (
        missing(NEW, f"{problems}/resource-not-found"),
        missing(NEW - 5, f"{problems}/not-authorized-for-resource"),
    )
    server.replies = [answer(errors=errors)]
    assert page_of(source.fetch(seeking(SEEN, hidden))).posts == (withdrawn(SEEN),)


def test_a_post_found_again_counts_again(source: XSearch, server: WireServer) -> None:
    server.replies = [answer(told(NEW)), answer(errors=(missing(NEW),))]
    gone = withdrawn(SEEN)
    assert page_of(source.fetch(seeking(gone))).posts == (SEEN._replace(revision=2),)
    assert page_of(source.fetch(seeking(gone))).posts == ()


def test_unrequested_posts_are_dropped(source: XSearch, server: WireServer) -> None:
    server.replies = [answer(told(NEW - 9), told(NEW, author_id=None))]
    found = page_of(source.fetch(seeking()))
    assert (found.posts, len(found.bad)) == ((), 1)


@pytest.mark.parametrize("code", [400, 403, 404, 410])
def test_an_app_without_look_ups_leaves_a_gap(
    source: XSearch, server: WireServer, code: int
) -> None:
    server.replies = [problem(code, title="Forbidden")]
    later = SEEN._replace(key=str(NEW - 5), at_ms=AT_MS + 9000)
    found = page_of(source.fetch(seeking(SEEN, later)))
    ((gap,), posts) = (found.gaps, found.posts)
    assert (gap.from_ms, gap.to_ms, posts) == (AT_MS, AT_MS + 9000, ())


@pytest.mark.parametrize(
    ("told", "remedy"),
    [
        (problem(429), Remedy.WAIT),
        (problem(503), Remedy.RETRY),
        (problem(401), Remedy.STOP),
        (problem(402), Remedy.STOP),
        (problem(403, title="SpendCapReached"), Remedy.STOP),
        (reply(b"<html>"), Remedy.RETRY),
        (reply(b"{}"), Remedy.RETRY),
        (reply(b"[]"), Remedy.RETRY),
    ],
)
def test_look_up_errors_are_handled_like_search_errors(
    source: XSearch, server: WireServer, told: bytes, remedy: Remedy
) -> None:
    server.replies = [told]
    assert failed_of(source.fetch(seeking())).remedy is remedy


def test_an_error_for_the_later_version_fails_the_look_up(
    source: XSearch, server: WireServer
) -> None:
    server.replies = [answer(told(NEW, **BOTH)), problem(503)]
    assert failed_of(source.fetch(seeking())).remedy is Remedy.RETRY


def test_look_ups_stay_within_the_budget(server: WireServer) -> None:
    source = XSearch(Bearer("b"), server.url, budget=12)
    server.replies = [reply(json.dumps({"data": [told(NEW)], "meta": {}}).encode())]
    assert page_of(source.fetch(replace(ASK, spent=1))).billed == 1
    server.replies = [answer(told(NEW, **BOTH)), answer(told(EDIT, "cats", **BOTH))]
    assert page_of(source.fetch(seeking())).billed == 1, "the first version was paid for today"
    unseen = [SEEN._replace(key=str(NEW - number)) for number in range(1, 11)]
    before = len(server.requests)
    stopped = failed_of(source.fetch(seeking(*unseen)))
    assert (stopped.remedy, len(server.requests)) == (Remedy.STOP, before)
    assert "budget of 12 posts" in stopped.message
    server.replies = [answer(*(told(NEW - number) for number in range(1, 10)))]
    found = source.fetch(seeking(*unseen[:9]))
    assert isinstance(found, Page)
    assert found.billed == 9


def test_refused_names_are_replaced_in_look_ups_too(source: XSearch, server: WireServer) -> None:
    error = {"parameters": {"tweet.fields": ["x"]}, "message": "?"}
    refused = reply(json.dumps({"errors": [error]}).encode(), 400)
    server.replies = [refused, answer(told(NEW))]
    assert page_of(source.fetch(seeking())).posts == (SEEN,)
    assert "post.fields" in query_of(server.requests[-1])
