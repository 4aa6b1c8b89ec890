from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest

from twittervotes.rehearsal.account import created_at, voter
from twittervotes.rehearsal.audience import Audience, Tweet, TweetKind
from twittervotes.rehearsal.settings import RehearsalSettings
from twittervotes.rehearsal.tweet import Renderer

TAGS = ("Debian", "Ubuntu", "日本")


@pytest.fixture(scope="module")
def tweets() -> list[Tweet]:
    return list(islice(Audience(RehearsalSettings(), TAGS, 1_800_000_000_000).tweets(), 1500))


def written(tweet: Tweet, *, extended: bool = True) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(Renderer().encoded(tweet, extended=extended, popular=False))
    return value


def test_indices_are_code_points_of_the_escaped_text(tweets: list[Tweet]) -> None:
    for tweet in tweets:
        for extended in (True, False):
            post = written(tweet, extended=extended)
            text = post["full_text" if extended else "text"]
            for tag in post["entities"]["hashtags"]:
                start, end = tag["indices"]
                assert text[start:end] == f"#{tag['text']}"
            for name in post["entities"]["user_mentions"]:
                start, end = name["indices"]
                assert text[start:end] == f"@{name['screen_name']}"
            for url in post["entities"]["urls"]:
                start, end = url["indices"]
                assert text[start:end] == url["url"]


def test_the_whole_text_has_all_tags(tweets: list[Tweet]) -> None:
    for tweet in tweets:
        post = written(tweet)
        if tweet.kind is not TweetKind.RETWEET:
            assert [tag["text"] for tag in post["entities"]["hashtags"]] == list(tweet.tags)


def test_the_words_are_escaped_and_of_many_alphabets(tweets: list[Tweet]) -> None:
    words = " ".join(written(tweet)["full_text"] for tweet in tweets)
    assert all(sign in words for sign in ("&amp;", "&lt;3", "投票", "🎉", "👩‍💻"))


def test_a_retweet_is_cut_and_its_original_is_whole(tweets: list[Tweet]) -> None:
    retweets = [written(tweet) for tweet in tweets if tweet.kind is TweetKind.RETWEET]
    cut = [post for post in retweets if post["full_text"].endswith("…")]
    assert 5 < len(cut) < len(retweets)
    for post in cut:
        assert len(post["full_text"]) == 140
        assert post["full_text"].startswith("RT @")
        assert not post["truncated"]
        outer = post["entities"]["hashtags"]
        whole = post["retweeted_status"]["entities"]["hashtags"]
        assert len(outer) < len(whole)
        assert post["retweeted_status"]["id_str"] != post["id_str"]


def test_quotes_and_replies_are_posts_of_their_own(tweets: list[Tweet]) -> None:
    quote = next(tweet for tweet in tweets if tweet.kind is TweetKind.QUOTE)
    reply = next(tweet for tweet in tweets if tweet.kind is TweetKind.REPLY)
    assert quote.about
    assert reply.about
    post = written(quote)
    assert post["is_quote_status"]
    assert post["quoted_status"]["id_str"] == post["quoted_status_id_str"] == str(quote.about.id)
    assert "retweeted_status" not in post
    post = written(reply)
    assert post["in_reply_to_status_id_str"] == str(reply.about.id)
    assert post["in_reply_to_user_id_str"] == voter(reply.about.account)


def test_a_long_text_is_cut_in_compatibility_mode(tweets: list[Tweet]) -> None:
    posts = [(written(each), written(each, extended=False)) for each in tweets]
    for whole, cut in posts:
        assert "text" not in whole
        assert "full_text" not in cut
        long = len(whole["full_text"]) > 140
        assert cut["truncated"] is (long and "retweeted_status" not in whole)
        if cut["truncated"]:
            assert len(cut["text"]) <= 140
            assert len(cut["entities"]["hashtags"]) < len(whole["entities"]["hashtags"])
    assert sum(cut["truncated"] for _, cut in posts) > 50


def test_times_are_written_in_english() -> None:
    assert created_at(1_667_942_202_999) == "Tue Nov 08 21:16:42 +0000 2022"


def test_account_ids_are_unique_short_and_long() -> None:
    ids = [voter(account) for account in range(5000)]
    assert len(set(ids)) == 5000
    assert {len(number) for number in ids} >= {8, 18}


def test_a_post_has_the_size_it_has_on_the_network(tweets: list[Tweet]) -> None:
    sizes = [
        len(Renderer().encoded(tweet, extended=True, popular=False))
        for tweet in tweets
        if tweet.kind in (TweetKind.TWEET, TweetKind.REPLY)
    ]
    assert 2500 < sum(sizes) / len(sizes) < 3200


def test_accounts_change_their_names_but_not_their_ids(tweets: list[Tweet]) -> None:
    tweet = tweets[0]
    users = [
        written(tweet._replace(posted_ms=tweet.posted_ms + 60_000 * minute))["user"]
        for minute in range(10)
    ]
    assert len({user["screen_name"] for user in users}) == 2
    assert len({user["id_str"] for user in users}) == 1
