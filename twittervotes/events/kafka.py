"""Sends the events of a ledger to a Kafka topic, each exactly once.

The position is in the topic itself: a relay reads its last event there and goes on behind it. It
sends in transactions under a name of the ledger's own, so that a relay which was killed leaves
nothing half sent, and of two at the same time the older one is refused.
"""

from __future__ import annotations

import logging
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from twittervotes.core.errors import ConfigError, OutputError
from twittervotes.events.ledger_events import START, EventPosition, position_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from confluent_kafka import Message

    from twittervotes.events.ledger_events import LedgerEvent

log = logging.getLogger(__name__)

CONTENT_TYPE: dict[str, str | bytes | None] = {
    "content-type": "application/cloudevents+json; charset=UTF-8"
}
AT_ONCE = 5000  # events in a transaction
TAIL = 1000  # events that are looked at first, from the end of the topic
WAIT_S = 60.0  # for an answer, while brokers may be away


@dataclass(frozen=True, slots=True)
class KafkaPlace:
    """Where events go: the brokers to ask first, and the prefix of the topic's name."""

    servers: str
    prefix: str

    @property
    def topic(self) -> str:
        """The topic's name."""
        return f"{self.prefix}.events"


def place_of(url: str) -> KafkaPlace:
    """Read kafka://HOST:PORT[,HOST:PORT…]/PREFIX; raises ConfigError for anything else."""
    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    is_name = prefix.replace(".", "").replace("-", "").replace("_", "").isalnum()
    if parts.scheme != "kafka" or not parts.netloc or "@" in parts.netloc:
        raise ConfigError(f"Events can't be sent to {url}. Use - or kafka://HOST:PORT/PREFIX.")
    if not is_name or not prefix.isascii() or len(prefix) > 200:
        raise ConfigError(
            f"{prefix!r} can't be the prefix of a topic. Use letters, digits, '.', '_' and '-'."
        )
    return KafkaPlace(parts.netloc, prefix)


class KafkaRelay:
    """Sends the events of one ledger; raises OutputError with a sentence where that fails."""

    def __init__(self, place: KafkaPlace, ledger: str) -> None:
        self._place, self._key = place, ledger.encode()
        self._base: dict[str, object] = {"bootstrap.servers": place.servers}
        self._producer = Producer(
            {
                **self._base,
                "transactional.id": f"twittervotes-{place.prefix}-{ledger}",
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 20,
            },
            logger=log,
        )

    def begin(self) -> EventPosition:
        """Take over from an earlier relay, and return the position of the last event sent."""
        topic = self._place.topic
        with_words = f"No answer from Kafka at {self._place.servers}"
        self._partition = self._number_of_partition(topic, with_words)
        self._retried(lambda: self._producer.init_transactions(WAIT_S), with_words)
        consumer = Consumer(
            {
                **self._base,
                "group.id": "twittervotes",  # it never commits
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
            },
            logger=log,
        )
        try:
            return self._last_in(consumer)
        except KafkaException as error:
            raise OutputError(f"Can't read {topic}: {_words(error)}.") from error
        except ValueError as error:
            raise OutputError(f"{topic} holds what isn't ours: {error}.") from error
        finally:
            consumer.close()

    def send(self, events: Iterable[LedgerEvent]) -> int:
        """Send events, and return how many."""
        sent = batch = 0
        try:
            for event in events:
                if not batch:
                    self._producer.begin_transaction()
                self._produce(event)
                batch += 1
                if batch >= AT_ONCE:
                    self._commit()
                    sent, batch = sent + batch, 0
            if batch:
                self._commit()
        except (KafkaException, BufferError) as error:
            raise OutputError(
                f"Can't send events to {self._place.topic}: {_words(error)}. {sent:,} were sent;"
                " start again to go on behind them."
            ) from error
        return sent + batch

    def _produce(self, event: LedgerEvent) -> None:
        end = time.monotonic() + WAIT_S
        while True:
            try:
                self._producer.produce(
                    self._place.topic,
                    event.body.encode(),
                    self._key,
                    self._partition,
                    headers=CONTENT_TYPE,
                )
                return
            except BufferError:  # what waits to be sent is as much as fits
                if time.monotonic() > end:
                    raise
                self._producer.poll(0.1)

    def _commit(self) -> None:
        self._retried(lambda: self._producer.commit_transaction(WAIT_S), "")

    def _retried(self, do: Callable[[], None], words: str) -> None:
        """Do what may be tried again until it is done; KafkaException where it can't be."""
        end = time.monotonic() + 2 * WAIT_S
        while True:
            try:
                do()
                return
            except KafkaException as error:
                if error.args[0].retriable() and time.monotonic() < end:
                    continue
                if words:
                    raise OutputError(f"{words}: {_words(error)}.") from error
                raise

    def _number_of_partition(self, topic: str, words: str) -> int:
        """Return the ledger's partition: all its events are in one, so in their order."""
        end = time.monotonic() + WAIT_S
        while True:
            try:
                found = self._producer.list_topics(topic, WAIT_S).topics[topic]
            except KafkaException as error:
                raise OutputError(f"{words}: {_words(error)}.") from error
            if found.partitions and found.error is None:
                return zlib.crc32(self._key) % len(found.partitions)
            if time.monotonic() > end:
                raise OutputError(f"There is no topic {topic}. Create it, and start again.")
            time.sleep(0.2)  # brokers that make topics by themselves take a moment

    def _last_in(self, consumer: Consumer) -> EventPosition:
        here = TopicPartition(self._place.topic, self._partition)
        low, end = consumer.get_watermark_offsets(here, WAIT_S)
        size = TAIL
        while end > low:
            start = max(low, end - size)
            found = self._last_between(consumer, start, end)
            if found is not None:
                return found
            end, size = start, 4 * size
        return START

    def _last_between(self, consumer: Consumer, start: int, end: int) -> EventPosition | None:
        """Return the position of the ledger's last event between two offsets."""
        found: bytes | None = None
        consumer.assign([TopicPartition(self._place.topic, self._partition, start)])
        for message in _messages(consumer):
            offset = message.offset()
            if offset is None:  # only of messages that weren't read from a broker
                continue
            if message.error() is None and offset < end and message.key() == self._key:
                found = message.value()
            if offset >= end or (message.error() is None and offset + 1 >= end):
                break
        return None if found is None else position_of(found)


def _messages(consumer: Consumer) -> Iterable[Message]:
    """Return messages, and the news that there are no more for now, until none comes for WAIT_S.

    Events of other ledgers may wait for their transactions: what is behind them can't be seen yet.
    """
    while True:
        message = consumer.poll(WAIT_S)
        if message is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        error = message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            yield message
        elif not error.retriable():
            raise KafkaException(error)


def _words(error: Exception) -> str:
    cause = error.args[0] if error.args else error
    return str(cause.str() if isinstance(cause, KafkaError) else cause).rstrip(".")
