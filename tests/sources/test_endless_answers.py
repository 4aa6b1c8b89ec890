"""Answers made to fill memory or to break a decoder: refused, and nothing of them is kept."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from doubles import WireServer, reply
from examples import POST, STATUS, TWEET

from twittervotes.core.contest import folding
from twittervotes.core.contest.posts import Ask, Feed, Page, Post, Sought, Source
from twittervotes.core.errors import ConfigError
from twittervotes.sources._common import posted_ms
from twittervotes.sources.mastodon.source import Mastodon
from twittervotes.sources.x import counts
from twittervotes.sources.x.auth import Bearer
from twittervotes.sources.x.source import XSearch
from twittervotes.sources.x_v1 import decode as twitter_page
from twittervotes.sources.x_v1.source import Twitter

ASK = Ask(Feed("debian", "debian"))
ZEROS = "0" * 3000
LATE = "2023-11-14T22:14:01.{zeros}+00:00"
TIMES = (posted_ms, twitter_page._at_ms, twitter_page._day_ms)
V1, V2 = "Tue Nov 14 {zeros}22:14:01 +0000 2023", LATE


def page(source: Source, ask: Ask = ASK) -> Page:
    folding._remembered.cache_clear()
    for times in TIMES:
        times.cache_clear()
    answer = source.fetch(ask)
    assert isinstance(answer, Page), answer
    return answer


def kept() -> int:
    """Return how many times are kept in memory."""
    return sum(times.cache_info().currsize for times in TIMES)


def test_long_times_and_tags_are_not_cached(server: WireServer) -> None:
    tag = {"hashtags": [{"text": "x" * 3000, "tag": "x" * 3000}]}
    tweets = [{**TWEET, "entities": tag}, {**TWEET, "created_at": V1.format(zeros=ZEROS)}]
    server.replies = [reply(json.dumps({"statuses": tweets, "search_metadata": {}}).encode())]
    page(Twitter(*"abcd", endpoint=server.url))
    assert kept() == 3, "of the first post, of its day and of the day of its account"
    posts = [{**POST, "note_tweet": None, "entities": tag}]
    posts += [{**POST, "created_at": V2.format(zeros=ZEROS)}]
    server.replies = [reply(json.dumps({"data": posts, "meta": {}}).encode())]
    page(XSearch(Bearer("a"), server.url))
    assert kept() == 1
    assert folding._remembered.cache_info().currsize <= 2, "only what is looked for"
    statuses = [{**STATUS, "tags": [{"name": "x" * 3000}]}]
    statuses += [{**STATUS, "created_at": LATE.format(zeros=ZEROS)}]
    server.replies = [reply(json.dumps(statuses).encode())]
    assert [post.tags for post in page(Mastodon(server.url, ("debian",))).posts] == ["debian"]
    assert kept() == 2
    assert folding._remembered.cache_info().currsize == 1


def test_an_endless_answer_about_a_deletion_is_ignored(
    server: WireServer,
) -> None:
    server.replies = [reply(b'{"error":' + b"[" * 100_000, 404)]
    sought = (Sought("1", Post("mastodon", "https://a.example/1", "v", 1, "debian")),)
    sweep = replace(ASK, sweep=True, sought=sought)
    assert page(Mastodon(server.url, ("debian",)), sweep).posts == ()


def test_invalid_zones_are_rejected(server: WireServer) -> None:
    bucket = {"start": "2022-11-08T21:16:00", "tweet_count": 2}
    server.replies = [reply(json.dumps({"data": [bucket], "meta": {}}).encode())]
    with pytest.raises(ConfigError, match="wasn't a list of counts"):
        counts.expected(Bearer("a"), server.url, [ASK.feed], range(60_000))
