"""The rehearsed fediverse: what protocol and source code of Mastodon say of it, and Mastodon.py."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import mastodon
import psutil
import pytest
import requests
from patience import PATIENCE_S, until

from simulators.mastodon import Fediverse
from simulators.mastodon_launcher import RunningFediverse, start
from simulators.mastodon_world import FediverseSettings
from twittervotes.rehearsal.answer import HttpAnswer
from twittervotes.rehearsal.settings import Faults, RehearsalSettings

TAGS = ("Debian", "ubuntu", "Café")
NOON_S = 1_800_000_000.25
CALM = FediverseSettings(edited=0, untagged=0, deleted=0, bridged=0)


class World:
    """A fediverse whose time moves only when a test moves it."""

    def __init__(self, play: FediverseSettings = CALM, **settings: Any) -> None:
        self.now_s = NOON_S
        usual: dict[str, Any] = {"short": 0.0, "limit": 100_000, "before_s": 60.0}
        self.fediverse = Fediverse(
            RehearsalSettings(**(usual | settings)), TAGS, "token", play, lambda: self.now_s
        )

    def ask(self, path: str, instance: int = 0, signed: str = "", **params: Any) -> HttpAnswer:
        authorization = f"Bearer {signed}" if signed else ""
        target = f"{path}?{urlencode(params)}"
        return self.fediverse.answer(instance, "GET", target, "127.0.0.1:1", authorization)

    def answer(self, tag: str = "debian", instance: int = 0, **params: Any) -> HttpAnswer:
        return self.ask(f"/api/v1/timelines/tag/{quote(tag)}", instance, **params)

    def page(self, tag: str = "debian", instance: int = 0, **params: Any) -> list[dict[str, Any]]:
        answer = self.answer(tag, instance, **params)
        assert answer.status == 200, answer
        page: list[dict[str, Any]] = json.loads(answer.body)
        return page

    def whole(self, tag: str = "debian", instance: int = 0) -> list[dict[str, Any]]:
        """Read downwards as one should, until a page is empty."""
        posts, params = [], {"limit": 40}
        while found := self.page(tag, instance, **params):
            posts += found
            params["max_id"] = found[-1]["id"]
        return posts


def test_two_instances_have_the_same_posts_under_other_ids() -> None:
    world = World(late=0.0)
    first, second = ({each["uri"]: each for each in world.whole("debian", n)} for n in (0, 1))
    assert first.keys() == second.keys()
    assert len(first) > 100
    assert not {each["id"] for each in first.values()} & {each["id"] for each in second.values()}
    precise = [each for each in first if first[each]["created_at"] != second[each]["created_at"]]
    assert precise
    for uri in precise:
        times = {side[uri]["created_at"] for side in (first, second)}
        assert len({each[:19] for each in times}) == 1
        assert any(each.endswith(".000Z") for each in times)
        assert len({side[uri]["account"]["acct"] for side in (first, second)}) == 2
        assert first[uri]["account"]["url"] == second[uri]["account"]["url"]
        assert "uri" in first[uri]["account"]
        assert "uri" not in second[uri]["account"], "it is older than Mastodon 4.3"


def test_tags_are_folded_as_mastodon_does() -> None:
    world = World()
    assert world.whole("CAFÉ") == world.whole("cafe") != []
    assert all("cafe" in {tag["name"] for tag in each["tags"]} for each in world.whole("cafe"))


def test_a_limit_is_twenty_and_at_most_forty() -> None:
    world = World()
    assert len(world.page()) == 20
    assert len(world.page(limit=1000)) == 40


def test_min_id_and_since_id_page_differently() -> None:
    world = World()
    every = [each["id"] for each in world.whole()]
    above = [each["id"] for each in world.page(min_id=every[50], limit=10)]
    assert above == every[40:50]
    assert [each["id"] for each in world.page(since_id=every[50], limit=10)] == every[:10]
    window = world.page(min_id=every[50], max_id=every[45], limit=40)
    assert [each["id"] for each in window] == every[46:50]


def test_ids_are_of_different_length_and_the_oldest_are_short() -> None:
    every = [each["id"] for world in [World(before_s=60)] for each in world.whole("ubuntu")]
    assert sorted(every, key=lambda each: (len(each), each), reverse=True) == every
    assert len({*map(len, every)}) == 2


def test_links_forget_any_and_an_empty_page_has_none() -> None:
    world = World()
    (link,) = [value for name, value in world.answer(**{"any[]": "x"}).headers if name == "Link"]
    assert re.search(r'limit=20&max_id=\d+>; rel="next", .*&min_id=\d+>; rel="prev"$', link)
    assert "any" not in link
    empty = world.answer("nobodyusesthis")
    assert (empty.status, empty.body) == (200, b"[]")
    assert "Link" not in dict(empty.headers)


def test_late_posts_have_new_or_old_ids() -> None:
    world = World(late=1.0, late_s=8.0, before_s=0, rate=50)
    seen: set[str] = set()
    high, old, new = "0", 0, 0
    for _ in range(20):
        seen |= {each["id"] for tag in TAGS for each in world.whole(tag)}
        world.now_s += 1
        for tag in TAGS:
            for each in world.whole(tag):
                if each["id"] not in seen:
                    old, new = old + (each["id"] < high), new + (each["id"] >= high)
        high = max(seen, key=lambda each: (len(each), each))
    assert old > 50
    assert new > 50


def test_edits_remove_tags_and_deletions_remove_posts() -> None:
    world = World(FediverseSettings(edited=0, untagged=0.5, deleted=0.5, bridged=0), late=0.0)
    world.now_s += 5
    before = {each["id"]: each for each in world.whole() if each["edited_at"] is None}
    world.now_s += 5
    after = {each["id"] for each in world.whole()}
    gone = before.keys() - after
    told = [world.ask(f"/api/v1/statuses/{each}") for each in gone]
    assert {each.status for each in told} == {200, 404}
    edited = [json.loads(each.body) for each in told if each.status == 200]
    assert all(each["edited_at"] and each["tags"][0]["name"] == "otherwise" for each in edited)


def test_bridged_posts_are_those_of_bluesky() -> None:
    posts = World(FediverseSettings(bridged=1.0)).whole()
    pattern = (
        r"https://bsky\.brid\.gy/convert/ap/at://(did:plc:[a-z2-7]{24})/app\.bsky\.feed\.post/\w+"
    )
    for each in posts[:-5]:
        match = re.fullmatch(pattern, each["uri"])
        assert match
        assert each["account"]["uri"] == f"https://bsky.brid.gy/ap/{match[1]}"


def test_limits_end_with_the_clock_and_paging_has_its_own() -> None:
    world = World(limit=3, window_s=300.0)
    first = dict(world.answer().headers)
    assert first["X-RateLimit-Remaining"] == "2"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d[05]:00\.250000Z", first["X-RateLimit-Reset"])
    world.now_s += 300
    for left in (2, 1, 0):
        answer = world.answer(max_id="1")
        assert dict(answer.headers)["X-RateLimit-Remaining"] == str(left)
    world.now_s += 300
    assert world.answer(max_id="1").status == 429
    told = world.answer()
    assert told.status == 200, "what is no paging is not held up"


def test_a_closed_instance_says_so_or_lists_nothing() -> None:
    closed = World(FediverseSettings(closed=True))
    assert (closed.answer().status, closed.answer(signed="token").status) == (401, 200)
    told = json.loads(closed.ask("/api/v2/instance").body)
    feeds = told["configuration"]["timelines_access"]["hashtag_feeds"]
    assert feeds == {"local": "authenticated", "remote": "authenticated"}
    assert World(FediverseSettings(closed=True, silent=True)).answer().body == b"[]"


def test_a_token_is_worth_nothing_on_another_instance() -> None:
    world = World()
    assert world.answer(instance=1, signed="token").status == 401
    assert world.answer(signed="wrong").status == 401


@pytest.mark.parametrize(
    ("fault", "status", "beginning"),
    [("503", 503, b"<!DOCTYPE"), ("500", 500, b'{"error"'), ("429", 429, b'{"error"'),
     ("420", 429, b'{"error"'), ("not-json", 200, b"<!DOCTYPE"), ("other-shape", 200, b"{")],
)  # fmt: skip
def test_a_fault_is_answered_once(fault: str, status: int, beginning: bytes) -> None:
    world = World()
    world.fediverse.answer(0, "POST", f"/rehearsal/fail?fault={fault}", "", "")
    answer = world.answer()
    assert (answer.status, answer.body[: len(beginning)]) == (status, beginning)
    if fault == "420":
        assert answer.headers == (), "a 429 without a word of when"
    assert world.answer().status == 200


def test_the_same_seed_gives_the_same_world() -> None:
    assert World(seed=4).whole() == World(seed=4).whole() != World(seed=5).whole()


# --- a client that nobody here wrote ----------------------------------------------------------


LIVE = RehearsalSettings(
    before_s=30, rate=20, audience=300, late=0.0, short=0.0, faults=Faults(slow_s=0.2)
)
PLAY = FediverseSettings(edited=0, untagged=0, thump_s=0.2)


@pytest.fixture(scope="module")
def stage() -> Iterator[RunningFediverse]:
    """A network on which nobody posts any more."""
    with start(replace(LIVE, lasts_s=0), TAGS, PLAY) as stage:
        yield stage


def client(stage: RunningFediverse, instance: int = 0, **more: Any) -> mastodon.Mastodon:
    return mastodon.Mastodon(
        api_base_url=stage.urls[instance],
        version_check_mode="none",
        ratelimit_method="throw",
        **more,
    )


def test_mastodon_py_reads_the_true_result(
    stage: RunningFediverse,
) -> None:
    now_ms = int(time.time()) * 1000 - 4000  # what is deleted is deleted by now
    found: dict[str, Any] = {}
    for tag in TAGS:
        api, bound = client(stage), None
        while page := api.timeline_hashtag(tag, max_id=bound, limit=40):
            found |= {each.uri: each for each in page}
            bound = page[-1].id
    ballots: dict[str, str] = {}
    names = {"debian", "ubuntu", "cafe"}
    for each in sorted(
        found.values(), key=lambda each: (each.created_at.replace(microsecond=0), key(each))
    ):
        named = {tag.name for tag in each.tags} & names
        if len(named) == 1 and now_ms - 3_600_000 <= each.created_at.timestamp() * 1000 < now_ms:
            ballots.setdefault(each.account.uri, named.pop())
    votes = [list(ballots.values()).count(name) for name in ("debian", "ubuntu", "cafe")]
    assert sum(votes) > 50
    assert votes == [number for _, number in stage.truth(now_ms - 3_600_000, now_ms).votes]


def key(status: Any) -> str:
    return str(status.uri).removeprefix("https://bsky.brid.gy/convert/ap/")


def test_mastodon_py_pages_up_and_down_by_its_own_means(stage: RunningFediverse) -> None:
    api = client(stage, 1)
    first = api.timeline_hashtag("debian", limit=10)
    second = api.fetch_next(first)
    assert len(second) == 10
    assert second[0].id < first[-1].id
    assert {each.id for each in api.fetch_previous(second)} == {each.id for each in first}


def test_mastodon_py_reads_the_instance_and_the_limits(stage: RunningFediverse) -> None:
    api = client(stage)
    assert api.instance_v2().configuration.urls.streaming.startswith("ws://127.0.0.1:")
    before_s = time.time()
    api.timeline_hashtag("debian")
    assert 0 < api.ratelimit_remaining < api.ratelimit_limit == 900
    assert before_s < api.ratelimit_reset <= time.time() + 301


def test_mastodon_py_understands_refusals(stage: RunningFediverse) -> None:
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        client(stage, access_token="wrong").timeline_hashtag("debian")
    with pytest.raises(mastodon.MastodonNotFoundError, match="Record not found"):
        client(stage).status("1")
    stage.fail_next("429")
    with pytest.raises(mastodon.MastodonRatelimitError):
        client(stage).timeline_hashtag("debian")
    stage.fail_next("503")
    with pytest.raises(mastodon.MastodonServiceUnavailableError):
        client(stage).timeline_hashtag("debian")


class Listener(mastodon.StreamListener):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.updates: list[Any] = []
        self.heartbeats = 0

    def on_update(self, status: Any) -> None:
        self.updates.append(status)

    def handle_heartbeat(self) -> None:
        self.heartbeats += 1


def test_mastodon_py_listens_to_the_stream_with_boosts_in_it() -> None:
    listener = Listener()
    with start(LIVE, TAGS, PLAY) as stage:
        api = client(stage, access_token=stage.token)
        handle = api.stream_hashtag("debian", listener, run_async=True)
        until(lambda: any(each.reblog for each in listener.updates) and listener.heartbeats)
        handle.close()
    assert any(each.reblog and not each.tags for each in listener.updates)
    plain = [each for each in listener.updates if not each.reblog]
    assert all("debian" in {tag.name for tag in each.tags} for each in plain)


def test_the_stream_needs_a_token(stage: RunningFediverse) -> None:
    url = f"{stage.urls[0]}/api/v1/streaming/hashtag"
    refused = requests.get(url, params={"tag": "x"}, timeout=PATIENCE_S)
    assert (refused.status_code, refused.json()) == (401, {"error": "Missing access token"})
    headers = {"Authorization": f"Bearer {stage.token}"}
    untold = requests.get(url, headers=headers, timeout=PATIENCE_S)
    assert (untold.status_code, untold.json()) == (400, {"error": "Missing tag name parameter"})


def test_it_listens_on_loopback_only_and_ends_with_its_stage() -> None:
    with start(RehearsalSettings(), TAGS) as stage:
        listening = [
            each.laddr.ip
            for each in psutil.Process(stage.pid).net_connections("inet")
            if each.status == psutil.CONN_LISTEN
        ]
        assert listening == ["127.0.0.1", "127.0.0.1"]
    stage.stop()
    assert not psutil.pid_exists(stage.pid)
