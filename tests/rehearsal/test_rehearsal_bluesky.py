"""The simulated Bluesky, seen by websockets' own client: its frames, its faults, its truth."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from patience import PATIENCE_S
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from simulators import bluesky_host
from simulators.bluesky import Bluesky
from simulators.bluesky_course import Course
from simulators.bluesky_host import Host, Manners
from simulators.bluesky_record import POSTS, TAG, tid
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Post
from twittervotes.core.contest.versions import current_version
from twittervotes.core.counting.running import tally
from twittervotes.rehearsal.settings import Fault, RehearsalSettings
from twittervotes.sources.bluesky.decode import Sieve, event, moment_us, tid_us
from twittervotes.sources.bluesky.known_posts import Register

TAGS = ("debian", "ubuntu", "arch")
STILL = RehearsalSettings(before_s=30.0, lasts_s=0.0, rate=40, late=0.1, late_s=2.0)
S = 1_000_000
STARTS_MS = 1_790_000_000_000


@pytest.fixture(scope="module")
def network() -> Iterator[Bluesky]:
    with Bluesky(STILL, TAGS) as network:
        yield network


def now_us() -> int:
    return time.time_ns() // 1000


def read(host: Host, cursor: int = 0) -> list[dict[str, Any]]:
    """Read all that the host has told up to now: what comes of later times is behind it."""
    url = f"ws://{host.name}/subscribe?wantedCollections={POSTS}&cursor={cursor}"
    asked_us = now_us()
    found: list[dict[str, Any]] = []
    with connect(
        url, proxy=None, max_queue=None, open_timeout=PATIENCE_S, ping_interval=None
    ) as client:
        while not found or found[-1]["time_us"] < asked_us:  # others go on to post all the time
            found.append(json.loads(client.recv(PATIENCE_S)))
    return found


def commits(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [frame["commit"] for frame in frames if frame["kind"] == "commit"]


def test_events_have_the_fields_of_real_ones(network: Bluesky) -> None:
    frames = read(network.hosts[0])
    kinds = Counter(frame["kind"] for frame in frames)
    assert min(kinds["commit"], kinds["identity"], kinds["account"]) > 5
    assert {"did", "time_us", "kind"} <= set.intersection(*map(set, frames))
    operations = Counter(commit["operation"] for commit in commits(frames))
    assert min(operations["create"], operations["update"], operations["delete"]) > 5
    for commit in commits(frames):
        assert {"rev", "operation", "collection", "rkey"} <= commit.keys()
        assert ("record" in commit) == (commit["operation"] != "delete")
    states = Counter(frame["account"]["active"] for frame in frames if frame["kind"] == "account")
    assert min(states[True], states[False]) > 0


def test_an_old_cursor_is_moved_ahead(network: Bluesky) -> None:
    host = network.hosts[0]
    everything = read(host)
    middle = everything[500]["time_us"]
    later = read(host, middle)
    assert min(frame["time_us"] for frame in later) >= middle
    assert {frame["time_us"] for frame in everything if frame["time_us"] >= middle} <= {
        frame["time_us"] for frame in later
    }
    host.manners = Manners(keeps_s=10)
    clamped = read(host, 1)
    host.manners = Manners()
    assert clamped[0]["time_us"] > everything[0]["time_us"] + 10 * S


def test_frames_come_twice_and_out_of_order_within_five_seconds(network: Bluesky) -> None:
    times = [frame["time_us"] for frame in read(network.hosts[0])]
    assert max(Counter(times).values()) >= 2
    late = [max(times[: n + 1]) - at_us for n, at_us in enumerate(times)]
    assert 1 * S < max(late) < 5 * S


def test_hosts_tell_other_times_and_the_second_drops_posts(network: Bluesky) -> None:
    first, second = (read(host) for host in network.hosts)
    settled_us = first[-1]["time_us"] - 4 * S  # frames since may still be on their way
    ours, theirs = (
        {
            commit["rev"]
            for commit in commits([each for each in found if each["time_us"] < settled_us])
        }
        for found in (first, second)
    )
    assert theirs < ours
    assert len(theirs) < 0.97 * len(ours)
    times = [{frame["time_us"] for frame in frames} for frames in (first, second)]
    assert len(times[0] & times[1]) < len(second) // 50, "two events may be told at one time"


def test_byte_offsets_point_at_the_tag_behind_emoji(network: Bluesky) -> None:
    found = wide = 0
    for commit in commits(read(network.hosts[0])):
        for facet in commit.get("record", {}).get("facets", ()):
            if isinstance(facet, dict) and facet.get("index", {}).get("byteStart", -1) >= 0:
                text, index = commit["record"]["text"], facet["index"]
                (feature,) = facet["features"]
                piece = text.encode()[index["byteStart"] : index["byteEnd"]].decode()
                assert (feature["$type"], piece[0]) == (TAG, "#")
                assert piece[1:] == feature["tag"].removeprefix("#")
                found += 1
                wide += text[index["byteStart"] : index["byteEnd"]] != piece
    assert found > 100
    assert wide > 10


def test_clients_are_careless_in_all_the_known_ways(network: Bluesky) -> None:
    records = [commit["record"] for commit in commits(read(network.hosts[0])) if "record" in commit]
    assert any("tags" in record and "facets" not in record for record in records)
    assert any(None in record.get("facets", ()) for record in records)
    assert any(
        "#" in record["text"] and not record.keys() & {"facets", "tags"} for record in records
    )
    zones = {record["createdAt"][19:].lstrip(".0123456789") for record in records}
    assert zones == {"Z", "+00:00", "-05:00"}
    assert any("." not in record["createdAt"] for record in records)


def test_news_of_a_post_may_come_before_it(network: Bluesky) -> None:
    order: dict[str, list[str]] = {}
    frames = sorted(read(network.hosts[0]), key=lambda frame: frame["time_us"])
    for frame in frames:
        if frame["kind"] == "commit":
            order.setdefault(frame["commit"]["rkey"], []).append(frame["commit"]["operation"])
    firsts = Counter(found[0] for found in order.values() if "create" in found and len(found) > 1)
    assert min(firsts["create"], firsts["delete"] + firsts["update"]) > 0


@pytest.mark.parametrize("path", ["/subscribe", f"/subscribe?wantedCollections={POSTS}&cursor=x"])
def test_wrong_parameters_are_refused_before_the_upgrade(network: Bluesky, path: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        connect(f"ws://{network.hosts[0].name}{path}", proxy=None)
    assert caught.value.response.status_code == 400


@pytest.mark.parametrize(("fault", "status"), [("503", 503), ("500", 500), ("429", 429)])
def test_a_connection_can_be_refused(network: Bluesky, fault: str, status: int) -> None:
    network.hosts[0].fail(Fault(fault))
    with pytest.raises(InvalidStatus) as caught:
        read(network.hosts[0])
    assert caught.value.response.status_code == status
    assert read(network.hosts[0])


def test_a_connection_can_break_in_the_middle_of_a_frame(network: Bluesky) -> None:
    for fault in (Fault.CUT, Fault.RESET):
        network.hosts[0].fail(fault, 2)  # the first draw is the connection's own
        with pytest.raises(ConnectionClosed):
            read(network.hosts[0])


def test_a_blind_host_delivers_only_account_events() -> None:
    settings = RehearsalSettings(before_s=20.0, lasts_s=0.0)
    with Bluesky(settings, TAGS, (Manners(blind_us=(0, 2**60)),)) as network:
        frames = read(network.hosts[0])
    assert {frame["kind"] for frame in frames} == {"identity", "account"}


@pytest.mark.parametrize("rate", [53.0, 2000.0])
def test_a_burst_of_posts_comes_through(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky_host, "DISORDERED", 0.0)  # such a frame would be told later
    settings = RehearsalSettings(rate=rate, before_s=3.0, lasts_s=0.0, late=0.0, audience=100_000)
    with Bluesky(settings, TAGS, (Manners(),)) as network:
        lives = [life for life in network.course.lives() if life.indexed_ms < now_us() / 1000]
        got = {commit["rkey"] for commit in commits(read(network.hosts[0]))}
    assert len(lives) > rate
    assert {life.key.rpartition("/")[2] for life in lives} <= got


def test_the_truth_is_that_of_the_posts_that_are_left() -> None:
    course = Course(RehearsalSettings(rate=50, lasts_s=0), TAGS, 1_800_000_000_000)
    course.advance(1_800_000_005_000)
    truth = course.truth(0, 2**60, 1_800_000_005_000)
    gone = [life for life in course.lives() if life.gone]
    assert sum(votes for _, votes in truth.votes) > 200
    assert truth.posts <= len(course.lives()) - len(gone)
    assert len(gone) > 20
    assert course.truth(0, 1, 0).posts == 0


def test_nobody_posts_edits_or_deletes_while_their_account_is_down() -> None:
    settings = RehearsalSettings(rate=80, audience=60, before_s=0, lasts_s=20)
    course = Course(settings, TAGS, STARTS_MS)
    down: dict[str, list[int]] = {}
    changed: dict[str, list[int]] = {}
    for told in course.advance(STARTS_MS + 30_000):
        body = json.loads(b"{" + told.body)
        if body["kind"] == "commit":
            changed.setdefault(told.did, []).append(tid_us(body["commit"]["rev"]) or 0)
        elif body["kind"] == "account":
            at_us = moment_us(body["account"]["time"])
            assert at_us is not None
            down.setdefault(told.did, []).append(at_us)
    audience = {life.key.split("/")[2] for life in course.lives()}
    taken_down = {did: (*times, 2**63)[:2] for did, times in down.items() if did in audience}
    assert sum(len(changed[did]) > 2 for did in taken_down) > 10
    for did, (from_us, to_us) in taken_down.items():
        assert [at_us for at_us in changed[did] if from_us <= at_us < to_us] == []


@pytest.mark.parametrize("seed", [*range(5), 301, 336, 396])
def test_events_add_up_to_the_truth(seed: int) -> None:
    starts_ms = STARTS_MS + seed * 977
    settings = RehearsalSettings(
        seed=seed, audience=600, rate=80, late=0.2, late_s=2.0, before_s=5.0, lasts_s=6
    )
    course = Course(settings, TAGS, starts_ms)
    register = Register(Sieve(TAGS))
    seen: dict[tuple[str, str], list[Post]] = {}
    for told in course.advance(starts_ms + 20_000):
        happened = event(b'{"did":"%b","time_us":1,%b' % (told.did.encode(), told.body))
        for post in register.versions(happened) if happened else ():
            seen.setdefault(post[:2], []).append(post)
    opens_ms = starts_ms // 1000 * 1000
    closes_ms = opens_ms + 6_000
    choices = tuple(map(Choice, TAGS))
    contest = Contest("?", choices, opens_ms=opens_ms, closes_ms=closes_ms, rehearsal=True)
    counted = tally(map(current_version, seen.values()), contest)
    truth = course.truth(opens_ms, closes_ms, 0)
    assert dict(zip(TAGS, counted.votes, strict=True)) == dict(truth.votes)


def test_the_same_seed_brings_the_same_course() -> None:
    def told(seed: int) -> list[bytes]:
        settings = RehearsalSettings(seed=seed, lasts_s=0)
        course = Course(settings, TAGS, 1_800_000_000_000)
        return [each.body for each in course.advance(1_800_000_003_000)]

    assert told(1) == told(1) != told(2)


def test_identifiers_sort_as_their_times_do() -> None:
    assert tid(1_783_175_887_606_634, 0)[:11] == "3mptbypoove2w"[:11]
    assert sorted(map(tid, (5, 3, 2**52, 4))) == list(map(tid, (3, 4, 5, 2**52)))
