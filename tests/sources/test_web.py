"""The source that reads a ballot box: what it checks, and what it shows as a gap."""

from __future__ import annotations

import importlib
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from ballot_boxes import CONTEST, NOTICE, RunningBox, now_ms, running
from patience import until
from pytest_httpserver import HTTPServer

from twittervotes.core.contest.posts import Ask, Failed, Page, Remedy
from twittervotes.sources.web import source as module
from twittervotes.sources.web.feed import FeedPlace
from twittervotes.sources.web.source import LOST, PLUGIN, STILL_OPEN, Web

FEED = Web("web", "", "vote", "").feeds(CONTEST)[0]


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    module._read.clear()
    yield
    module._read.clear()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RunningBox]:
    with running(tmp_path) as box:
        yield box


def ask(since: str = "", token: str = "", *, sweep: bool = False, closes: int | None = None) -> Ask:
    return Ask(FEED, since, token, sweep, opens_ms=0, closes_ms=closes, today_ms=now_ms())


def page(source: Web, asked: Ask) -> Page:
    answer = source.fetch(asked)
    assert isinstance(answer, Page), answer
    return answer


def test_every_ballot_arrives_once(box: RunningBox) -> None:
    before = now_ms()
    for number, choice in enumerate(("debian", "arch", "debian"), 1):
        assert box.cast(choice, number).status == 201
    first = page(box.source(), ask())
    assert [post.tags for post in first.posts] == ["debian", "arch", "debian"]
    assert len({post.key for post in first.posts} | {post.voter for post in first.posts}) == 6
    assert all(before <= post.at_ms <= now_ms() for post in first.posts)
    assert first.reached
    assert first.gaps == ()
    assert box.cast("ubuntu", 4).status == 201
    assert [post.tags for post in page(box.source(), ask(first.newest)).posts] == ["ubuntu"]


def test_a_vote_carries_the_hashtags_that_the_rules_require(box: RunningBox) -> None:
    from dataclasses import replace

    rules = replace(CONTEST.rules, required=("live",))
    assert box.cast("arch", 1).status == 201
    (post,) = page(box.source(replace(CONTEST, rules=rules)), ask()).posts
    assert post.tags == "arch live"


def test_a_long_feed_comes_page_by_page(box: RunningBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    for number in range(1, 6):
        box.cast("debian", number)
    asked, found = ask(), []
    while True:
        answer = page(box.source(), asked)
        found += answer.posts
        assert answer.reached == (not answer.token)
        if not answer.token:
            break
        asked = asked.after(answer)
    assert len(found) == len({post.key for post in found}) == 5


@pytest.mark.covers("still open")
def test_a_sweep_is_complete_once_the_box_is_closed(box: RunningBox) -> None:
    box.cast("debian", 1)
    early = box.source().fetch(ask(sweep=True, closes=now_ms() + 60_000))
    assert isinstance(early, Failed)
    assert (early.remedy, early.message) == (Remedy.RETRY, STILL_OPEN)
    whole = page(box.source(), ask(sweep=True, closes=now_ms()))  # the box isn't told otherwise
    assert len(whole.posts) == 1
    assert whole.gaps == ()
    assert box.cast("debian", 2).status == 403


@pytest.mark.covers("box away")
def test_a_killed_box_keeps_every_acknowledged_ballot(
    box: RunningBox,
) -> None:
    box.cast("debian", 1)
    newest = page(box.source(), ask()).newest
    box.cast("arch", 2)
    pid = box.process.pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: isinstance(box.source().fetch(ask(newest)), Failed) or box.process.pid != pid)
    until(lambda: isinstance(box.source().fetch(ask(newest)), Page))
    answer = page(box.source(), ask(newest))
    assert [post.tags for post in answer.posts] == ["arch"]
    assert answer.gaps == ()


@pytest.mark.covers("box replaced")
@pytest.mark.parametrize("sweep", [False, True], ids=["round", "sweep"])
def test_a_replaced_box_is_a_gap(tmp_path: Path, sweep: bool) -> None:
    with running(tmp_path) as box:
        box.cast("debian", 1)
        newest, port = page(box.source(), ask()).newest, box.port
    with running(tmp_path, name="another-box", port=port) as box:
        box.cast("arch", 2)
        closes = now_ms() if sweep else None
        asked = ask("" if sweep else newest, sweep=sweep, closes=closes)
        answer = page(box.source(), asked)
    assert [post.tags for post in answer.posts] == ["arch"]
    (gap,) = answer.gaps
    assert (gap.from_ms, gap.to_ms, gap.reason) == (0, asked.today_ms, LOST)
    assert answer.gaps_stay


@pytest.mark.covers("ballots lost")
@pytest.mark.parametrize("sweep", [False, True], ids=["round", "sweep"])
@pytest.mark.parametrize("harm", ["last", "first", "changed"])
def test_a_lost_or_changed_ballot_is_a_gap(tmp_path: Path, harm: str, sweep: bool) -> None:
    with running(tmp_path) as box:
        for number in (1, 2, 3):
            box.cast("debian", number)
        newest, port = page(box.source(), ask()).newest, box.port
    with sqlite3.connect(tmp_path / "a-box") as db:
        db.execute(
            {
                "last": "DELETE FROM ballots WHERE seq = 3",
                "first": "DELETE FROM ballots WHERE seq = 1",
                "changed": "UPDATE ballots SET key = 'another', link = replace(link, '0', '1')"
                " WHERE seq = 3",
            }[harm]
        )
    db.close()
    with running(tmp_path, port=port) as box:
        asked = ask("" if sweep else newest, sweep=sweep, closes=now_ms() if sweep else None)
        answer = box.source().fetch(asked)
    assert isinstance(answer, Page)
    # What was read before isn't asked for again; the sweep will notice.
    is_noticed = harm != "first" or sweep
    assert [gap.reason for gap in answer.gaps] == [LOST] * is_noticed
    assert len(answer.posts) == (0 if not is_noticed else 3 - (harm != "changed"))


@pytest.mark.covers("no page")
@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (401, b"{}"), (200, b"<html>"), (200, b'{"box": "x"}'), (200, b"[" * 9999)],
    ids=["500", "401", "html", "cut", "deep"],
)
def test_an_invalid_page_of_ballots_is_retried(
    httpserver: HTTPServer, status: int, body: bytes
) -> None:
    httpserver.expect_request("/v1/contests/vote/feed").respond_with_data(body, status)
    answer = Web("web", httpserver.url_for("").rstrip("/"), "vote", "t").fetch(ask())
    assert isinstance(answer, Failed)
    assert answer.remedy is Remedy.RETRY
    assert answer.message.startswith("The ballot box can't be read: ")


def test_a_missing_number_is_a_gap(httpserver: HTTPServer) -> None:
    rows = [[1, "a", "code:v", "debian", 5, "code"], [3, "b", "code:w", "debian", 5, "code"]]
    said = {"box": "0" * 16, "rows": rows, "link": "0" * 64, "more": False, "now_ms": 6}
    httpserver.expect_request("/v1/contests/vote/feed").respond_with_json(said)
    answer = page(Web("web", httpserver.url_for("").rstrip("/"), "vote", "t"), ask())
    assert [post.key for post in answer.posts] == ["a", "b"]
    assert [gap.reason for gap in answer.gaps] == [LOST]


def test_pages_of_a_box_are_read_out_of_files(box: RunningBox) -> None:
    box.cast("arch", 1)
    token = box.keys.feed_token
    answer = box.get("/v1/contests/vote/feed", authorization=f"Bearer {token}")
    assert PLUGIN.reads is not None
    read = PLUGIN.reads(CONTEST)(answer.body)
    assert read is not None
    assert read.posts == page(box.source(), ask()).posts


def test_an_invalid_cursor_means_the_beginning() -> None:
    assert FeedPlace.of("") == FeedPlace.of("17") == FeedPlace.of("a b c") == FeedPlace()
    place = FeedPlace("0" * 16, 17, "f" * 64)
    assert FeedPlace.of(str(place)) == place


def test_the_extra_that_is_missing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (sentence,) = PLUGIN.needs(module.WebSettings())
    assert "pip install 'twittervotes[board]'" in sentence


def test_a_notice_is_what_a_contest_says() -> None:
    from twittervotes.ballots import notice

    assert notice.of_contest(CONTEST, "vote", "code").tags == NOTICE.tags
