"""The simulated v2: what it answers, with which traps, and what a client of others makes of it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests
import tweepy

from simulators.x_launcher import RunningX, start
from twittervotes.rehearsal.answer import HttpAnswer
from twittervotes.rehearsal.audience import snowflake
from twittervotes.rehearsal.settings import Credentials, RehearsalSettings
from twittervotes.rehearsal.x import COUNTS, SEARCH, X
from twittervotes.rehearsal.x_settings import Refusal, SimulatedXSettings

TAGS = ("Debian", "Ubuntu", "arch")
Q = "(#debian OR #ubuntu OR #arch) -is:retweet"
KEYS = Credentials("key", "consumer secret", "token", "token secret", "bearer", "client", "first")
NOON_S = 1_800_000_000.0
FIELDS = "created_at,author_id,entities,referenced_{0}s,edit_history_{0}_ids,note_{0}"


class Network:
    """A simulated v2 whose time moves only when a test moves it."""

    def __init__(
        self, x: SimulatedXSettings | None = None, tags: Any = TAGS, **settings: Any
    ) -> None:
        self.now_s = NOON_S
        usual: dict[str, Any] = {"short": 0.0, "limit": 100_000, "before_s": 60.0}
        self.x = X(RehearsalSettings(**(usual | settings)), tags, KEYS, x, lambda: self.now_s)

    def ask(self, path: str = SEARCH, bearer: str = "bearer", **params: Any) -> HttpAnswer:
        named = {name.replace("__", "."): value for name, value in params.items()}
        query = urlencode(named, quote_via=quote)
        return self.x.answer("GET", f"{path}?{query}", "127.0.0.1:1", f"Bearer {bearer}")

    def page(self, query: str = Q, names: str = "tweet", **params: Any) -> dict[str, Any]:
        fields = {f"{names}__fields": FIELDS.format(names)}
        answer = self.ask(query=query, **({"max_results": 100} | fields | params))
        assert answer.status == 200, answer
        page: dict[str, Any] = json.loads(answer.body)
        return page

    def whole(self, query: str = Q, **params: Any) -> list[dict[str, Any]]:
        """Read page after page, until none is named."""
        posts: list[dict[str, Any]] = []
        while True:
            page = self.page(query, **params)
            posts += page.get("data", ())
            if "next_token" not in page["meta"]:
                return posts
            params["next_token"] = page["meta"]["next_token"]

    def refused(self, **params: Any) -> dict[str, Any]:
        answer = self.ask(**params)
        assert answer.status == 400
        (error,) = json.loads(answer.body)["errors"]
        return dict(error)

    def truly(self) -> dict[str, dict[str, Any]]:
        """Return the true posts that carry a choice and are no retweets, by their keys."""
        posts = json.loads(self.ask("/rehearsal/posts").body)
        names = ("id", "key", "voter", "author", "at_ms", "indexed_ms", "kind", "tags")
        found = [dict(zip(names, post, strict=True)) for post in posts]
        return {
            post["key"]: post
            for post in found
            if post["kind"] != "retweet" and choices(post["tags"])
        }


def choices(tags: Any) -> set[str]:
    return {tag.casefold() for tag in tags} & {tag.casefold() for tag in TAGS}


def tags_of(post: dict[str, Any], names: str = "tweet") -> set[str]:
    holders = (post, post.get(f"note_{names}", {}))
    lists = [(each.get("entities") or {}).get("hashtags") or () for each in holders]
    return {tag["tag"] for found in lists for tag in found}


def test_all_posts_are_found_once() -> None:
    network = Network(SimulatedXSettings(empty=0.2, partial=0.3), short=0.3)
    posts = network.whole()
    ids = [int(post["id"]) for post in posts]
    assert ids == sorted(set(ids), reverse=True)
    assert {post["id"] for post in posts} == network.truly().keys()


def test_posts_are_delivered_as_they_are() -> None:
    network = Network()
    true = network.truly()
    posts = network.whole()
    assert len(posts) > 300
    for post in posts:
        it = true[post["id"]]
        assert (post["author_id"], set(it["tags"])) == (it["voter"], tags_of(post))
        assert post["created_at"].endswith(".000Z")
        assert post["edit_history_tweet_ids"] == [post["id"]]


@pytest.mark.parametrize("names", ["tweet", "post"])
def test_both_sets_of_names_are_understood_and_answered_in(names: str) -> None:
    network = Network(SimulatedXSettings(names=names))  # type: ignore[arg-type]
    other = {"tweet": "post", "post": "tweet"}[names]
    posts = network.whole(names=names)
    text = json.dumps(posts)
    assert f"edit_history_{names}_ids" in text
    assert f"note_{names}" in text
    assert f"_{other}" not in text
    fields = {f"{other}__fields": "created_at"}
    error = network.refused(query=Q, **fields)
    assert list(error["parameters"]) == [f"{other}.fields"]


def test_an_empty_page_may_not_be_the_last() -> None:
    network = Network(SimulatedXSettings(empty=1.0))
    assert set(network.page()) == {"meta"}
    assert network.page()["meta"].keys() == {"result_count", "next_token"}
    nothing = Network().page("#nobody")
    assert nothing == {"meta": {"result_count": 0}}


def test_a_next_token_belongs_to_its_query() -> None:
    network = Network()
    token = network.page()["meta"]["next_token"]
    assert network.page(next_token=token)["data"]
    assert "next_token" in network.refused(query="#debian", next_token=token)["parameters"]
    assert "next_token" in network.refused(query=Q, next_token="b26")["parameters"]


def test_a_since_id_older_than_seven_days_is_refused() -> None:
    network = Network()
    error = network.refused(query=Q, since_id=1)
    assert error["parameters"] == {"since_id": ["1"]}
    old = snowflake(int(NOON_S * 1000) - 8 * 86_400_000)
    assert "since_id" in network.refused(query=Q, since_id=old)["parameters"]


def test_since_id_is_exclusive_and_never_beside_a_time() -> None:
    network = Network()
    posts = network.whole()
    newer = network.whole(since_id=posts[50]["id"])
    assert [post["id"] for post in newer] == [post["id"] for post in posts[:50]]
    times = {"since_id": posts[50]["id"], "start_time": "2027-01-15T07:00:00Z"}
    assert "in conjunction" in network.refused(query=Q, **times)["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_results", "9"),
        ("max_results", "101"),
        ("query", ""),
        ("query", "-is:retweet"),
        ("query", "#a OR #b -is:retweet"),
        ("query", "#" + "a" * 512),
        ("sort_order", "relevancy"),
        ("since_id", "x"),
        ("start_time", "yesterday"),
        ("start_time", "2026-01-15T07:00:00Z"),
        ("end_time", "2027-01-15T08:00:00Z"),
        ("tweets.fields", "id"),
    ],
)
def test_a_parameter_that_v2_refuses_is_refused(name: str, value: str) -> None:
    key = name.replace(".", "__")
    assert name in Network().refused(**({"query": Q} | {key: value}))["parameters"]


def test_a_long_post_has_tags_in_its_note_alone() -> None:
    posts = Network().whole()
    far = [
        post for post in posts if "note_tweet" in post and not tags_of({**post, "note_tweet": {}})
    ]
    assert far
    assert all(choices(tags_of(post)) for post in far)
    assert all(len(post["text"]) <= 280 for post in posts)


def test_an_edit_replaces_the_old_post() -> None:
    network = Network(SimulatedXSettings(edits=0.5), lasts_s=30.0)
    before = {post["id"]: post for post in network.whole()}
    network.now_s += 60
    posts = network.whole()
    edited = [post for post in posts if len(post["edit_history_tweet_ids"]) > 1]
    assert len(edited) > 50
    assert max(len(post["edit_history_tweet_ids"]) for post in edited) > 2
    firsts = [post["edit_history_tweet_ids"][0] for post in posts]
    assert len(set(firsts)) == len(firsts)
    for post in edited:
        *old, own = post["edit_history_tweet_ids"]
        assert post["id"] == own
        assert int(own) > int(old[-1])
        assert not {each["id"] for each in posts} & set(old)
        if old[0] in before:
            assert choices(tags_of(post)) != choices(tags_of(before[old[0]])) or len(old) > 1
    true = network.truly()
    assert {post["edit_history_tweet_ids"][0] for post in posts} == true.keys()
    for post in posts:
        assert set(true[post["edit_history_tweet_ids"][0]]["tags"]) == tags_of(post)


def test_the_search_does_not_see_diacritics() -> None:
    network = Network(tags=("Cafe", "Debian"), before_s=300.0)
    tags = {tag for post in network.whole("#cafe -is:retweet") for tag in tags_of(post)}
    assert "Café" in tags
    assert "Cafe" in tags
    assert network.whole("#CAFÉ -is:retweet") == network.whole("#cafe -is:retweet")


@pytest.mark.parametrize("on", [False, True])
def test_retweets_are_found_only_if_enabled_and_requested(on: bool) -> None:
    network = Network(SimulatedXSettings(retweets=on))
    found = network.whole("(#debian OR #ubuntu OR #arch)", expansions="referenced_tweets.id")
    kinds = {each["type"] for post in found for each in post.get("referenced_tweets", ())}
    assert ("retweeted" in kinds) is on
    assert not any("retweeted" in json.dumps(post) for post in network.whole())


def test_reposted_posts_are_included_on_request() -> None:
    page = Network(SimulatedXSettings(retweets=True)).page(
        "#debian", expansions="referenced_tweets.id"
    )
    included = {post["id"] for post in page["includes"]["tweets"]}
    for post in page["data"]:
        assert {each["id"] for each in post.get("referenced_tweets", ())} <= included


def test_errors_may_accompany_data() -> None:
    page = Network(SimulatedXSettings(partial=1.0)).page()
    assert page["data"]
    assert page["errors"][0]["title"] == "Not Found Error"


@pytest.mark.parametrize("refusal", Refusal)
def test_each_requested_refusal_comes_once(refusal: Refusal) -> None:
    network = Network()
    network.x.answer("POST", f"/rehearsal/refuse?with={refusal.value}", "h", "")
    answer = network.ask(query=Q)
    assert answer.status in (401, 402, 403, 429, 503)
    assert network.page()["data"]
    assert network.x.answer("POST", "/rehearsal/refuse?with=storm", "h", "").status == 400


def test_the_credits_are_used_up_by_different_posts() -> None:
    network = Network(SimulatedXSettings(credit=150))
    for _ in range(5):
        network.page()
    network.page(next_token=network.page()["meta"]["next_token"])
    answer = network.ask(query=Q)
    assert answer.status == 402
    assert json.loads(network.ask("/rehearsal/x").body)["billed"] == 200


def test_the_counts_of_the_minutes_add_up_to_the_posts() -> None:
    network = Network(before_s=1800.0, rate=2.0)
    found, token = [], {}
    while True:
        answer = network.ask(COUNTS, query=Q, granularity="minute", **token)
        page = json.loads(answer.body)
        found += page["data"]
        if "next_token" not in page["meta"]:
            break
        token = {"next_token": page["meta"]["next_token"]}
    assert sum(each["tweet_count"] for each in found) == len(network.whole())
    assert len({each["start"] for each in found}) == len(found) > 10


def token(network: Network, **form: str) -> tuple[int, dict[str, Any]]:
    body = urlencode({"grant_type": "refresh_token", "client_id": "client"} | form).encode()
    answer = network.x.answer("POST", "/2/oauth2/token", "h", "", body)
    return answer.status, json.loads(answer.body)


def test_a_refresh_token_is_good_for_one_use() -> None:
    network = Network(SimulatedXSettings(token_life_s=60))
    status, given = token(network, refresh_token="first")
    assert (status, given["token_type"], given["expires_in"]) == (200, "bearer", 60)
    assert network.ask(query=Q, bearer=given["access_token"]).status == 200
    assert token(network, refresh_token="first")[0] == 400
    network.now_s += 61
    assert network.ask(query=Q, bearer=given["access_token"]).status == 401
    assert token(network, refresh_token=given["refresh_token"])[0] == 200
    assert json.loads(network.ask("/rehearsal/x").body)["bad_refreshes"] == 1
    assert token(network, refresh_token="first", client_id="x")[1]["error"] == "invalid_request"


def test_an_app_fetches_its_token_with_its_keys() -> None:
    network = Network()
    for pair, status in (("key:consumer%20secret", 200), ("key:wrong", 403), ("key", 403)):
        head = "Basic " + base64.b64encode(pair.encode()).decode()
        body = b"grant_type=client_credentials"
        answer = network.x.answer("POST", "/oauth2/token", "h", head, body)
        assert answer.status == status
    assert network.ask(query=Q, bearer="wrong").status == 401


def test_the_old_search_is_served_beside_it_from_the_same_audience() -> None:
    network = Network()
    old = network.ask("/1.1/search/tweets.json", q="#debian OR #ubuntu OR #arch", count=100)
    assert {post["id_str"] for post in json.loads(old.body)["statuses"]} & network.truly().keys()


# --- seen by tweepy ---------------------------------------------------------------------------


class ToLoopback(requests.Session):
    """tweepy knows one host only."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        there = url.replace("https://api.twitter.com", self.base, 1)
        return super().request(method, there, *args, **kwargs)


@pytest.fixture(scope="module")
def stage() -> Iterator[RunningX]:
    settings = RehearsalSettings(before_s=60, lasts_s=0, audience=300, limit=10_000, short=0.3)
    with start(settings, TAGS, SimulatedXSettings(empty=0.1, partial=0.2)) as stage:
        yield stage


@pytest.fixture
def client(stage: RunningX) -> Iterator[Callable[..., tweepy.Client]]:
    made = []

    def client(**keys: str) -> tweepy.Client:
        client = tweepy.Client(**(keys or {"bearer_token": stage.credentials.bearer}))
        client.session = ToLoopback(stage.base)
        made.append(client)
        return client

    yield client
    for each in made:
        each.session.close()


ASKED = ["created_at", "author_id", "entities", "edit_history_tweet_ids", "note_tweet"]


def test_its_paginator_reads_exactly_the_posts_there_are(
    stage: RunningX, client: Callable[..., tweepy.Client]
) -> None:
    pages = tweepy.Paginator(client().search_recent_tweets, Q, max_results=100, tweet_fields=ASKED)
    found = {str(post.id): post for post in pages.flatten()}
    true = {
        post.id: post for post in stage.posts() if post.kind != "retweet" and choices(post.tags)
    }
    assert found.keys() == true.keys()
    assert len(found) > 600
    for key, post in found.items():
        assert str(post.author_id) == true[key].voter
        assert post.created_at.timestamp() * 1000 == true[key].at_ms
        assert tags_of(post.data) == set(true[key].tags)
        assert post.edit_history_tweet_ids == [int(key)]


def test_it_may_sign_as_a_user(stage: RunningX, client: Callable[..., tweepy.Client]) -> None:
    keys = stage.credentials
    user = client(
        consumer_key=keys.consumer_key,
        consumer_secret=keys.consumer_secret,
        access_token=keys.oauth_token,
        access_token_secret=keys.oauth_token_secret,
    )
    newest = user.search_recent_tweets(Q, max_results=10, user_auth=True)
    assert newest.meta["result_count"] <= 10
    assert stage.log().bad_signatures == 0


def test_it_understands_every_refusal(
    stage: RunningX, client: Callable[..., tweepy.Client]
) -> None:
    kinds = {
        Refusal.CREDITS: tweepy.HTTPException,
        Refusal.SPEND_CAP: tweepy.Forbidden,
        Refusal.NOT_ENROLLED: tweepy.Forbidden,
        Refusal.USAGE_CAP: tweepy.TooManyRequests,
        Refusal.TOO_MANY: tweepy.TooManyRequests,
        Refusal.TOO_MANY_BY_CODE: tweepy.TooManyRequests,
        Refusal.UNAUTHORIZED: tweepy.Unauthorized,
        Refusal.UNAVAILABLE: tweepy.TwitterServerError,
    }
    for refusal, kind in kinds.items():
        stage.refuse_next(refusal)
        with pytest.raises(kind):
            client().search_recent_tweets(Q)
    with pytest.raises(tweepy.BadRequest, match="since_id"):
        client().search_recent_tweets(Q, since_id=1)
    with pytest.raises(tweepy.Unauthorized):
        client(bearer_token="wrong").search_recent_tweets(Q)


def test_it_reads_the_counts(stage: RunningX, client: Callable[..., tweepy.Client]) -> None:
    told = client().get_recent_tweets_count(Q, granularity="minute")
    assert sum(each["tweet_count"] for each in told.data) == told.meta["total_tweet_count"] > 300
    assert told.data[0]["start"] <= time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
