"""Sends the events of a ledger to a Kafka topic, each exactly once.

The topic itself holds the position: a relay reads its last event there and resumes after it. It
sends in transactions with an ID derived from the ledger, so a killed relay leaves nothing half
sent, and if two run at once, the older one is fenced off.
"""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException, Producer, TopicPartition

from twittervotes.core.errors import OutputError
from twittervotes.events import kafka_topic
from twittervotes.events.kafka_topic import (
    BrokerErrors,
    consumer_at,
    messages,
    settings,
    unusable,
    words_of,
)
from twittervotes.events.ledger_events import START, EventPosition, position_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from confluent_kafka import Consumer

    from twittervotes.events.kafka_place import KafkaPlace
    from twittervotes.events.ledger_events import LedgerEvent

CONTENT_TYPE: dict[str, str | bytes | None] = {
    "content-type": "application/cloudevents+json; charset=UTF-8"
}
AT_ONCE = 5000  # events per transaction
TAIL = 1000  # events to read first, from the end of the topic


class KafkaRelay:
    """Sends the events of one ledger; raises OutputError if Kafka can't take them."""

    def __init__(self, place: KafkaPlace, ledger: str) -> None:
        self._place, self._key = place, ledger.encode()
        self._heard = BrokerErrors()
        try:
            self._producer = Producer(
                {
                    **settings(place, self._heard),
                    "transactional.id": f"twittervotes-{place.prefix}-{ledger}",
                    "enable.idempotence": True,
                    "compression.type": "lz4",
                    "linger.ms": 20,
                }
            )
        except KafkaException as error:
            raise unusable(place, error) from error

    def begin(self) -> EventPosition:
        """Take over from any earlier relay; return the position of the last event sent."""
        topic = self._place.topic
        with_words = f"No answer from Kafka at {self._place.servers}"
        self._partition = self._number_of_partition(topic, with_words)
        self._retried(lambda: self._producer.init_transactions(kafka_topic.WAIT_S), with_words)
        consumer = consumer_at(self._place, self._heard)
        try:
            return self._last_in(consumer)
        except KafkaException as error:
            raise OutputError(f"Can't read {topic}: {self._words(error)}.") from error
        except ValueError as error:
            raise OutputError(f"A message in {topic} has this ledger's key but {error}.") from error
        finally:
            consumer.close()

    def send(self, events: Iterable[LedgerEvent]) -> int:
        """Send events and return their number."""
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
                f"Can't send events to {self._place.topic}: {self._words(error)}."
                f" {sent:,} were sent; start again to send the rest."
            ) from error
        return sent + batch

    def _produce(self, event: LedgerEvent) -> None:
        end = time.monotonic() + kafka_topic.WAIT_S
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
            except BufferError:  # the send queue is full
                if time.monotonic() > end:
                    raise
                self._producer.poll(0.1)

    def _commit(self) -> None:
        self._retried(lambda: self._producer.commit_transaction(kafka_topic.WAIT_S), "")

    def _retried(self, do: Callable[[], None], words: str) -> None:
        """Call `do`, again while its error is retriable.

        Raises:
            OutputError: It failed and `words` describe what did.
            KafkaException: It failed and `words` is empty.
        """
        end = time.monotonic() + 2 * kafka_topic.WAIT_S
        while True:
            try:
                do()
                return
            except KafkaException as error:
                if error.args[0].retriable() and time.monotonic() < end:
                    continue
                if words:
                    raise OutputError(f"{words}: {self._words(error)}.") from error
                raise

    def _words(self, error: Exception) -> str:
        self._producer.poll(0)  # hands over what was heard
        return words_of(error, self._place, self._heard)

    def _number_of_partition(self, topic: str, words: str) -> int:
        """Return the ledger's partition; all its events share one, so their order is kept."""
        end = time.monotonic() + kafka_topic.WAIT_S
        while True:
            try:
                found = self._producer.list_topics(topic, kafka_topic.WAIT_S).topics[topic]
            except KafkaException as error:
                raise OutputError(f"{words}: {self._words(error)}.") from error
            if found.partitions and found.error is None:
                return zlib.crc32(self._key) % len(found.partitions)
            if time.monotonic() > end:
                raise OutputError(f"There is no topic {topic}. Create it, and start again.")
            time.sleep(0.2)  # brokers that create topics on demand need a moment

    def _last_in(self, consumer: Consumer) -> EventPosition:
        here = TopicPartition(self._place.topic, self._partition)
        low, end = consumer.get_watermark_offsets(here, kafka_topic.WAIT_S)
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
        for message in messages(consumer):
            offset = message.offset()
            if offset is None:  # only for messages that weren't read from a broker
                continue
            if message.error() is None and offset < end and message.key() == self._key:
                found = message.value()
            if offset >= end or (message.error() is None and offset + 1 >= end):
                break
        return None if found is None else position_of(found)
