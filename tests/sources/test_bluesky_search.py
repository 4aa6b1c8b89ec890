"""The search of Bluesky: sessions, windows, offsets that shift, and every kind of answer."""

from __future__ import annotations

import json
import logging
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from doubles import WireServer, reply

from simulators.bluesky_course import Course
from simulators.bluesky_service import IDENTIFIER, PASSWORD, Service
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Quota, Remedy
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.sources.bluesky import search
from twittervotes.sources.bluesky.search import BlueskySearch
from twittervotes.sources.bluesky.session import BlueskySession

TOKENS = {"accessJwt": "an-access-token", "refreshJwt": "a-refresh-token"}
NEWER = {"accessJwt": "another-token", "refreshJwt": "another-refresh-token"}
FEED = Feed("debian", "#debian")
ASK = Ask(FEED, opens_ms=1_783_000_000_000)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_sessions", {})


@pytest.fixture
def source(server: WireServer) -> BlueskySearch:
    return BlueskySearch(server.url, IDENTIFIER, PASSWORD)


def answer(value: object, status: int = 200, *headers: str) -> bytes:
    return reply(json.dumps(value).encode(), status, *headers)


def error(name: str, status: int) -> bytes:
    return answer({"error": name, "message": "Told."}, status)


def view(rkey: str = "3mptbypfywk2v", *tags: str, **values: Any) -> dict[str, Any]:
    who = "did:plc:a"
    record = {"createdAt": "2026-07-04T14:38:07.323Z", "tags": list(tags or ("debian",))}
    usual = {"uri": f"at://{who}/app.bsky.feed.post/{rkey}", "author": {"did": who}}
    return {**usual, "record": record, "indexedAt": "2026-07-04T14:38:09.000Z", **values}


def page(got: Page | Failed) -> Page:
    assert isinstance(got, Page), got
    return got


def failed(got: Page | Failed) -> Failed:
    assert isinstance(got, Failed), got
    assert got.message.endswith(".")
    assert PASSWORD not in got.message + got.advice
    return got


def paths(server: WireServer) -> list[str]:
    return [urlsplit(request.target).path.rpartition(".")[2] for request in server.requests]


def query(target: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


def test_each_tag_is_searched_with_its_sign() -> None:
    contest = Contest("?", (Choice("debian"), Choice("ubuntu", aliases=("kubuntu",))))
    feeds = BlueskySearch("", "", "").feeds(contest)
    assert [feed.query for feed in feeds] == ["#debian", "#ubuntu", "#kubuntu"]


def test_a_session_is_created_once_and_stored_privately(
    source: BlueskySearch, server: WireServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.replies = [answer(TOKENS), answer({"posts": []})]
    assert page(source.fetch(ASK)).posts == ()
    assert page(source.fetch(ASK)).posts == ()
    search._sessions.clear()  # another process
    assert page(source.fetch(ASK)).posts == ()
    assert paths(server) == ["createSession", *["searchPosts"] * 3]
    assert {request.headers.get("authorization") for request in server.requests[1:]} == {
        "Bearer an-access-token"
    }
    path = BlueskySession(source.service, IDENTIFIER, PASSWORD).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text() + repr(source)
    for secret in (PASSWORD, *TOKENS.values()):
        assert secret not in caplog.text
        assert secret not in " ".join(request.target for request in server.requests)


@pytest.mark.parametrize(
    "out", [error("ExpiredToken", 400), error("InvalidToken", 400), error("AuthMissing", 401)]
)
@pytest.mark.covers("session ended")
def test_an_expired_token_is_refreshed_and_stored(
    source: BlueskySearch, server: WireServer, out: bytes
) -> None:
    server.replies = [answer(TOKENS), answer({"posts": []})]
    page(source.fetch(ASK))
    server.replies = [out, answer(NEWER), answer({"posts": []})]
    page(source.fetch(ASK))
    assert paths(server)[2:] == ["searchPosts", "refreshSession", "searchPosts"]
    assert server.requests[3].headers["authorization"] == "Bearer a-refresh-token"
    assert server.requests[4].headers["authorization"] == "Bearer another-token"
    kept = json.loads(BlueskySession(source.service, IDENTIFIER, PASSWORD).path.read_text())
    assert kept == NEWER


def test_a_session_that_is_over_is_made_again(source: BlueskySearch, server: WireServer) -> None:
    server.replies = [answer(TOKENS), answer({"posts": []})]
    page(source.fetch(ASK))
    out = error("ExpiredToken", 400)
    server.replies = [out, out, answer(NEWER), answer({"posts": []})]
    page(source.fetch(ASK))
    assert paths(server)[2:] == ["searchPosts", "refreshSession", "createSession", "searchPosts"]


def test_a_refused_session_stops_the_source(source: BlueskySearch, server: WireServer) -> None:
    server.replies = [answer(TOKENS), error("AuthMissing", 401)]
    assert failed(source.fetch(ASK)).remedy is Remedy.STOP
    assert paths(server) == ["createSession", "searchPosts"]


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (error("AuthenticationRequired", 401), Remedy.STOP),
        (error("RateLimitExceeded", 429), Remedy.WAIT),
        (error("InternalServerError", 500), Remedy.RETRY),
        (answer({"accessJwt": "a b\n", "refreshJwt": "x"}), Remedy.RETRY),
        (answer({"accessJwt": ""}), Remedy.RETRY),
        (reply(b"<html></html>", 200), Remedy.RETRY),
        (reply(b"<html></html>", 403), Remedy.STOP),
        (b"", Remedy.RETRY),
    ],
)
def test_a_sign_in_that_fails_is_reported(
    source: BlueskySearch, server: WireServer, wrong: bytes, remedy: Remedy
) -> None:
    server.replies = [wrong]
    assert failed(source.fetch(ASK)).remedy is remedy
    assert not BlueskySession(source.service, IDENTIFIER, PASSWORD).path.exists()


@pytest.mark.parametrize("content", ["", "[]", '{"accessJwt": 5}', "\x00" * 50, "x" * 20_000])
def test_a_damaged_session_file_is_ignored(
    source: BlueskySearch, server: WireServer, content: str
) -> None:
    path = BlueskySession(source.service, IDENTIFIER, PASSWORD).path
    path.parent.mkdir(parents=True)
    path.write_text(content)
    server.replies = [answer(TOKENS), answer({"posts": []})]
    page(source.fetch(ASK))
    assert json.loads(path.read_text()) == TOKENS


def test_a_session_that_cannot_be_stored_is_still_used(
    source: BlueskySearch, server: WireServer, caplog: pytest.LogCaptureFixture, home: Path
) -> None:
    path = BlueskySession(source.service, IDENTIFIER, PASSWORD).path
    path.parent.parent.mkdir(parents=True)
    path.parent.write_text("a file where a folder should be")
    server.replies = [answer(TOKENS), answer({"posts": []})]
    page(source.fetch(ASK))
    assert "can't be saved" in caplog.text


@pytest.fixture
def signed_in(source: BlueskySearch, server: WireServer) -> BlueskySearch:
    server.replies = [answer(TOKENS), answer({"posts": []})]
    page(source.fetch(ASK))
    server.requests.clear()
    return source


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (error("RateLimitExceeded", 429), Remedy.WAIT),
        (error("BadQueryString", 400), Remedy.STOP),
        (reply(b"<html></html>", 403), Remedy.STOP),
        (reply(b"", 302), Remedy.RETRY),
        (reply(b"<html></html>", 502), Remedy.RETRY),
        (reply(b"<html></html>", 200), Remedy.RETRY),
        (answer({"posts": 5}), Remedy.RETRY),
        (answer([]), Remedy.RETRY),
        (reply(b"[" * 100_000, 200), Remedy.RETRY),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", Remedy.RETRY),
    ],
)
@pytest.mark.covers("search quota")
def test_a_search_that_fails_is_reported(
    signed_in: BlueskySearch, server: WireServer, wrong: bytes, remedy: Remedy
) -> None:
    server.replies = [wrong]
    assert failed(signed_in.fetch(ASK)).remedy is remedy


def test_the_quota_is_read_from_its_headers(signed_in: BlueskySearch, server: WireServer) -> None:
    date = "Date: Sat, 04 Jul 2026 14:38:07 GMT"
    told = ("RateLimit-Limit: 3000", "RateLimit-Remaining: 7", "RateLimit-Reset: 1783175897")
    server.replies = [answer({"posts": []}, 200, date, *told)]
    assert page(signed_in.fetch(ASK)).quota == Quota(3000, 7, 10_000)


def test_posts_without_the_hashtag_are_dropped(
    signed_in: BlueskySearch, server: WireServer
) -> None:
    posts = [
        view("3mptbypfywk2v", "Debian", "arch"),
        view("3mptbypfywk2w", "cats"),
        view("3mptbypfywk2x", author={"did": "did:plc:other"}),
        {"uri": "https://a.example"},
        None,
    ]
    server.replies = [answer({"posts": posts, "cursor": "5"})]
    got = page(signed_in.fetch(ASK))
    (post,) = got.posts
    assert (post.tags, post.voter, post.revision, post.at_ms) == (
        "Debian arch", "did:plc:a", 0, 1_783_175_887_322,
    )  # fmt: skip
    assert len(got.bad) == 3


def test_a_round_reads_overlapping_windows_down_to_the_cursor(
    signed_in: BlueskySearch, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ms = 1_783_175_900_000
    monkeypatch.setattr(time, "time_ns", lambda: now_ms * 1_000_000)
    full = {"posts": [view()] * 100, "cursor": "100"}
    server.replies = [answer(full), answer({"posts": []}), answer({"posts": [view()]})]
    since, token, pages = str(now_ms - 3_600_000), "", []
    while not pages or token:
        got = page(signed_in.fetch(Ask(FEED, since, token, opens_ms=0)))
        pages.append(got)
        token = got.token
    asked = [query(request.target) for request in server.requests]
    assert asked[0] == {
        "q": "#debian",
        "sort": "latest",
        "limit": "100",
        "since": "2026-07-04T14:23:20.000Z",
    }
    assert asked[1] == {**asked[0], "cursor": "90"}
    assert [each["until"] for each in asked[2:]] == [each["since"] for each in asked[1:-1]]
    assert asked[-1]["since"] == "2026-07-04T13:28:20.000Z", "ten minutes behind the cursor"
    assert [each.reached for each in pages] == [False] * (len(pages) - 1) + [True]
    assert pages[0].newest == "1783175887322"
    assert {each.newest for each in pages[1:]} == {""}


@pytest.fixture
def service() -> Iterator[Service]:
    settings = RehearsalSettings(before_s=120, lasts_s=0, rate=20, late=0.0)
    course = Course(settings, ("debian", "ubuntu"), time.time_ns() // 1_000_000)
    course.advance(time.time_ns() // 1_000_000 + 5_000)
    service = Service(course, settings)
    service.start()
    yield service
    service.stop()


def test_all_that_lives_is_found_in_the_simulated_search(
    service: Service, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WINDOW_MS", 30_000)
    source, token, found = BlueskySearch(service.url, IDENTIFIER, PASSWORD), "", set()
    opens_ms = time.time_ns() // 1_000_000 - 100_000
    while not found or token:
        service._access = dict.fromkeys(service._access, 0.0)  # its time is over
        got = page(source.fetch(Ask(FEED, token=token, opens_ms=opens_ms)))
        found |= {post.key for post in got.posts}
        assert got.bad == ()
        token = got.token
    alive = {
        life.key
        for life in service._course.lives()
        if not life.gone and life.at_ms >= opens_ms and "debian" in map(str.casefold, life.tags)
    }
    assert alive <= found
    assert len(alive) > 200
    assert service.searches >= 4
    assert service.created == 1
    assert service.refreshed > 0
