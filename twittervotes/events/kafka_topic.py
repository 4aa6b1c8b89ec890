"""Reads a Kafka topic: each committed message, once and in order."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from twittervotes.core.errors import ConfigError, LedgerError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from confluent_kafka import Message

    from twittervotes.events.kafka_place import KafkaPlace

WAIT_S = 60.0  # for an answer; brokers may be restarting
SHOWN: Final = 5  # ledgers to name in a message


class BrokerErrors:
    """Keeps the latest problem with a broker, which says why nobody answers."""

    def __init__(self) -> None:
        self.last = ""

    def __call__(self, error: KafkaError) -> None:
        """Store an error, unless it only says that there were others."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self.last = error.str()


def settings(place: KafkaPlace, heard: BrokerErrors) -> dict[str, object]:
    """Return the settings that reach the brokers and report problems."""
    return {
        **dict(place.options),
        "bootstrap.servers": place.servers,
        "error_cb": heard,
        "log_level": 0,  # it would repeat the same error many times a second
    }


def consumer_at(place: KafkaPlace, heard: BrokerErrors) -> Consumer:
    """Return a consumer that reads committed messages, and commits no position.

    Raises:
        ConfigError: librdkafka doesn't know an option, or can't use its value.
    """
    try:
        return Consumer(
            {
                **settings(place, heard),
                "group.id": "twittervotes",  # it never commits
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
            }
        )
    except KafkaException as error:
        raise unusable(place, error) from error


def unusable(place: KafkaPlace, error: KafkaException) -> ConfigError:
    """Return the message about options that librdkafka refuses."""
    return ConfigError(f"Kafka's options can't be used: {words_of(error, place)}.")


def bodies(place: KafkaPlace) -> Iterator[bytes]:
    """Yield the events of one ledger that its topic holds now, in order.

    Raises:
        OutputError: The brokers don't answer, or there is no such topic.
        LedgerError: The topic has events of several ledgers, and `place` names none.
    """
    seen: set[bytes] = set()
    wanted = place.ledger.encode()
    heard = BrokerErrors()
    with closing(consumer_at(place, heard)) as consumer:
        try:
            for message in _all(consumer, place):
                key = message.key() or b""
                key = key.encode() if isinstance(key, str) else key
                if wanted and key != wanted:
                    continue
                seen.add(key)
                if len(seen) == 1:
                    yield _bytes(message.value())
        except KafkaException as error:
            consumer.poll(0)  # hands over what was heard
            words = words_of(error, place, heard)
            raise OutputError(f"Can't read {place.topic}: {words}.") from error
    if len(seen) > 1:
        some = ", ".join(key.decode("ascii", "replace")[:40] for key in sorted(seen)[:SHOWN])
        some += "…" if len(seen) > SHOWN else ""
        raise LedgerError(
            f"{place.topic} has the events of {len(seen)} ledgers: {some}."
            " Accounts of different ledgers can't be compared. Add one of them to the address:"
            f" kafka://{place.servers}/{place.prefix}/ID."
        )


def _all(consumer: Consumer, place: KafkaPlace) -> Iterator[Message]:
    """Yield the messages of all partitions, one partition at a time; a ledger is in one of them."""
    found = consumer.list_topics(place.topic, WAIT_S).topics[place.topic]
    if found.error is not None or not found.partitions:
        raise OutputError(f"There is no topic {place.topic} at {place.servers}.")
    for number in sorted(found.partitions):
        consumer.assign([TopicPartition(place.topic, number, 0)])
        for message in messages(consumer):
            if message.error() is not None:
                break
            yield message


def messages(consumer: Consumer) -> Iterable[Message]:
    """Yield messages and end-of-partition notices until none comes for WAIT_S.

    An open transaction of another ledger hides everything after it until it ends.
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


def words_of(error: Exception, place: KafkaPlace, heard: BrokerErrors | None = None) -> str:
    """Return Kafka's message and its cause, without a full stop and without secrets."""
    cause = error.args[0] if error.args else error
    words = str(cause.str() if isinstance(cause, KafkaError) else cause)
    if heard and heard.last:
        words = f"{words} ({heard.last.rstrip('.')})"
    return place.without_secrets(words).rstrip(".")


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
