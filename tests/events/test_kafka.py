"""Events in Kafka: each once, whatever happens to the relay or the brokers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import reference
from brokers import Brokers, TopicReader, brokers, order
from confluent_kafka import Producer
from followed import followed
from patience import until
from samples import OPENS, contest, page, random_post

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.errors import ConfigError, OutputError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger
from twittervotes.events import kafka, kafka_topic
from twittervotes.events.kafka_place import KafkaPlace, place_of
from twittervotes.events.ledger_events import events, ledger_id
from twittervotes.export.redaction import Given

TOPIC = "evening.events"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Brokers]:
    with brokers() as found:
        yield found


@pytest.fixture
def place(cluster: Brokers, request: pytest.FixtureRequest) -> KafkaPlace:
    """Return a place of the test's own."""
    return KafkaPlace(cluster[1], f"t{zlib.crc32(request.node.name.encode())}")


@contextlib.contextmanager
def topic(place: KafkaPlace) -> Iterator[TopicReader]:
    reader = TopicReader(place.servers, place.topic)
    try:
        yield reader
    finally:
        reader.close()


def made(path: Path, posts: int, more: int = 0) -> Path:
    random = Random(posts)
    with Ledger.create(path, contest(), OPENS) as ledger:
        add(ledger, random, posts)
        ledger.act(Act(ActKind.EXCLUDED, OPENS, voter="ann", reason="bought"))
        add(ledger, random, more)
    return path


def add(ledger: Ledger, random: Random, posts: int) -> None:
    for first in range(0, posts, 100):
        found = [
            random_post(random)._replace(key=str(random.randrange(10**9)))
            for _ in range(min(100, posts - first))
        ]
        ledger.append([page(found)], OPENS)


def relayed(path: Path, place: KafkaPlace) -> int:
    with Reader(path) as reader:
        relay = kafka.KafkaRelay(place, ledger_id(reader))
        return relay.send(events(Given(reader), relay.begin()))


def is_whole(path: Path, values: list[bytes]) -> None:
    """Check that a topic has every event once, in order, and all that a tally needs."""
    with Reader(path) as reader:
        assert [value.decode() for value in values] == [e.body for e in events(Given(reader))]
        numbers, digest = followed(values)
        assert digest == reader.digest
        assert numbers == reference.numbers(outcome(reader).tally)


def test_a_tally_is_made_of_the_topic_alone(tmp_path: Path, place: KafkaPlace) -> None:
    path = made(tmp_path / "vote.votes", 300)
    sent = relayed(path, place)
    with topic(place) as reader:
        values = reader.whole()
        assert len(values) == sent
        is_whole(path, values)


def test_only_new_events_are_sent(
    tmp_path: Path, place: KafkaPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "AT_ONCE", 7)
    monkeypatch.setattr(kafka, "TAIL", 3)
    path = made(tmp_path / "vote.votes", 30)
    first = relayed(path, place)
    assert relayed(path, place) == 0
    with Ledger.reopen(path) as ledger:
        add(ledger, Random(2), 20)
    assert 20 < relayed(path, place) < first
    with topic(place) as reader:
        is_whole(path, reader.whole())


def test_ledgers_share_a_topic_with_separate_positions(
    tmp_path: Path, place: KafkaPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "TAIL", 2)
    paths = [made(tmp_path / f"{n}.votes", 10 * n) for n in (1, 2, 3, 4, 5)]
    for path in [*paths, *paths]:
        relayed(path, place)
    with topic(place) as consumer:
        values = list(consumer.whole())
    for path in paths:
        with Reader(path) as reader:
            source = f"urn:twittervotes:{ledger_id(reader)}"
        is_whole(path, [value for value in values if json.loads(value)["source"] == source])


def relay(path: Path, place: KafkaPlace) -> subprocess.Popen[bytes]:
    """Start the command in its own process, with small transactions."""
    code = (
        "import sys; from twittervotes.events import kafka; kafka.AT_ONCE = 20;"
        "from twittervotes.app.main import main; sys.exit(main(sys.argv[1:]))"
    )
    to = f"kafka://{place.servers}/{place.prefix}"
    command = [sys.executable, "-c", code, "events", str(path), "--to", to]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.long
def test_a_relay_that_is_killed_ten_times_sends_every_event_once(
    tmp_path: Path, place: KafkaPlace
) -> None:
    path, random, kills = made(tmp_path / "vote.votes", 20_000), Random(3), 0
    Producer({"bootstrap.servers": place.servers}).list_topics(place.topic, 30)  # makes it
    with topic(place) as reader:
        while kills < 10:
            wanted = len(reader.values) + random.randrange(1, 1500)
            with relay(path, place) as running:
                until(lambda n=wanted: len(reader.values) >= n, meanwhile=reader.look)  # type: ignore[misc]
                assert running.poll() is None, "it had ended before it was killed"
                running.kill()
            kills += 1
        assert relayed(path, place) > 0
        is_whole(path, reader.whole())


def test_events_wait_for_brokers_that_go_away(tmp_path: Path) -> None:
    path = made(tmp_path / "vote.votes", 4000)
    with brokers() as (process, servers):
        place = KafkaPlace(servers, "evening")
        Producer({"bootstrap.servers": servers}).list_topics(TOPIC, 30)
        with topic(place) as reader, relay(path, place) as running:
            until(lambda: len(reader.values) > 100, meanwhile=reader.look)
            os.kill(process.pid, signal.SIGSTOP)
            with pytest.raises(subprocess.TimeoutExpired):
                running.wait(2)
            os.kill(process.pid, signal.SIGCONT)
            until(lambda: running.poll() is not None, meanwhile=reader.look)
            assert running.returncode == 0
            is_whole(path, reader.whole())


def test_each_broker_may_go_away_and_come_back(tmp_path: Path) -> None:
    path = made(tmp_path / "vote.votes", 20_000)
    with brokers() as (process, servers):
        place = KafkaPlace(servers, "evening")
        Producer({"bootstrap.servers": servers}).list_topics(TOPIC, 30)
        with topic(place) as reader, relay(path, place) as running:
            for number in (1, 2, 3):
                here = len(reader.values)
                until(lambda n=here: len(reader.values) > n + 100, meanwhile=reader.look)  # type: ignore[misc]
                assert running.poll() is None, running.stderr and running.stderr.read()
                order(process, f"down {number}")
                for _ in range(20):
                    reader.look()
                order(process, f"up {number}")
            until(lambda: running.poll() is not None, meanwhile=reader.look)
            assert running.returncode == 0, running.stderr and running.stderr.read()
            is_whole(path, reader.whole())


def test_a_foreign_event_under_the_ledgers_key_is_reported(
    tmp_path: Path, place: KafkaPlace
) -> None:
    path = made(tmp_path / "vote.votes", 1)
    relayed(path, place)
    with Reader(path) as reader, topic(place) as found:
        name = ledger_id(reader)
        number = kafka.KafkaRelay(place, name)._number_of_partition(place.topic, "")
        assert found.whole()
    stranger = Producer({"bootstrap.servers": place.servers})
    stranger.produce(place.topic, b"hello", name.encode(), number)
    stranger.flush(30)
    with pytest.raises(OutputError, match="but isn't an event of a ledger"):
        relayed(path, place)


@pytest.mark.parametrize(
    "url",
    ["kafka://", "kafka://host", "nats://host/a", "file.jsonl", "kafka://h/a b", "kafka://u:p@h/a"],
)
def test_a_place_that_says_nothing_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        place_of(url)


def test_a_place_names_several_brokers_and_the_topic() -> None:
    place = place_of("kafka://one:9092,two:9092/tv.evening")
    assert (place.servers, place.topic) == ("one:9092,two:9092", "tv.evening.events")


def test_unreachable_brokers_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_topic, "WAIT_S", 0.5)
    with pytest.raises(OutputError, match=r"^No answer from Kafka at 127\.0\.0\.1:1: "):
        relayed(made(tmp_path / "vote.votes", 1), KafkaPlace("127.0.0.1:1", "evening"))
