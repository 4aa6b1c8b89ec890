"""The simulated network, seen by a client that nobody here wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import tweepy

from twittervotes.rehearsal.launcher import RunningRehearsal, start
from twittervotes.rehearsal.settings import RehearsalSettings

TAGS = ("debian", "ubuntu", "arch")
Q = "#debian OR #ubuntu OR #arch -filter:retweets"


class PlainHttp(requests.Session):
    """tweepy insists on https; a rehearsal has no certificate."""

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, url.replace("https://", "http://", 1), *args, **kwargs)


def client(stage: RunningRehearsal, auth: Any = None) -> tweepy.API:
    keys = stage.credentials
    auth = auth or tweepy.OAuth1UserHandler(
        keys.consumer_key, keys.consumer_secret, keys.oauth_token, keys.oauth_token_secret
    )
    api = tweepy.API(auth, host=stage.url.split("/")[2])
    api.session = PlainHttp()
    return api


@pytest.fixture(scope="module")
def stage() -> Iterator[RunningRehearsal]:
    with start(RehearsalSettings(before_s=60, lasts_s=0, audience=300), TAGS) as stage:
        yield stage


def truly(stage: RunningRehearsal) -> dict[str, Any]:
    return {
        post.id: post
        for post in stage.posts()
        if post.kind != "retweet" and {tag.casefold() for tag in post.tags} & set(TAGS)
    }


def test_its_cursor_reads_exactly_the_posts_there_are(stage: RunningRehearsal) -> None:
    items = tweepy.Cursor(
        client(stage).search_tweets, q=Q, count=100, result_type="recent", tweet_mode="extended"
    ).items()
    found = {status.id_str: status for status in items}
    true = truly(stage)
    assert found.keys() == true.keys()
    assert len(found) > 600
    for key, status in found.items():
        post = true[key]
        assert tuple(tag["text"] for tag in status.entities["hashtags"]) == post.tags
        assert status.user.id_str == post.voter
        assert status.created_at.timestamp() * 1000 == post.at_ms
    log = stage.log()
    assert (log.bad_signatures, log.bad_times, log.replays) == (0, 0, 0)


def test_its_posts_recount_to_the_truth(stage: RunningRehearsal) -> None:
    now_ms = int(time.time()) * 1000
    opens_ms = now_ms - 3_600_000
    items = tweepy.Cursor(
        client(stage).search_tweets, q=Q, count=100, result_type="recent", tweet_mode="extended"
    ).items()
    ballots: dict[str, str] = {}
    for status in sorted(items, key=lambda status: (status.created_at, status.id_str)):
        named = {tag["text"].casefold() for tag in status.entities["hashtags"]} & set(TAGS)
        if len(named) == 1 and status.created_at.timestamp() * 1000 >= opens_ms:
            ballots.setdefault(status.user.id_str, named.pop())
    votes = tuple((tag, list(ballots.values()).count(tag)) for tag in TAGS)
    assert stage.truth(opens_ms, now_ms + 1000).votes == votes


def test_its_search_requests_newer_posts(stage: RunningRehearsal) -> None:
    api = client(stage)
    newest = api.search_tweets(q=Q, count=10, result_type="recent")
    assert len(newest) == newest.count
    newer = api.search_tweets(q=Q, count=10, result_type="recent", since_id=newest[4].id)
    assert [status.id for status in newer] == [status.id for status in newest[:4]]


def test_it_reads_the_old_popular_posts_and_the_cut_texts(stage: RunningRehearsal) -> None:
    found = client(stage).search_tweets(q=Q, count=100)
    assert [status.metadata["result_type"] for status in found[:4]] == ["popular"] * 3 + ["recent"]
    assert any(status.truncated for status in found)


def test_it_reads_retweets(stage: RunningRehearsal) -> None:
    found = client(stage).search_tweets(q="#debian", count=100, result_type="recent")
    retweets = [status for status in found if hasattr(status, "retweeted_status")]
    assert retweets
    assert all(status.retweeted_status.id < status.id for status in retweets)


def test_it_reads_the_quota(stage: RunningRehearsal) -> None:
    api = client(stage)
    before = api.rate_limit_status()["resources"]["search"]["/search/tweets"]
    api.search_tweets(q=Q)
    after = api.rate_limit_status()["resources"]["search"]["/search/tweets"]
    assert after["remaining"] == before["remaining"] - 1


def test_it_may_use_the_application_alone(stage: RunningRehearsal) -> None:
    api = client(stage, tweepy.OAuth2BearerHandler(stage.credentials.bearer))
    assert len(api.search_tweets(q=Q, result_type="recent")) > 0


def test_it_understands_a_refusal_and_a_used_up_quota(stage: RunningRehearsal) -> None:
    keys = stage.credentials
    stranger = tweepy.OAuth1UserHandler(keys.consumer_key, "wrong", keys.oauth_token, "wrong")
    with pytest.raises(tweepy.Unauthorized) as refused:
        client(stage, stranger).search_tweets(q=Q)
    assert refused.value.api_codes == [32]
    stage.fail_next("429")
    with pytest.raises(tweepy.TooManyRequests) as limited:
        client(stage).search_tweets(q=Q)
    assert limited.value.api_codes == [88]
