"""A ledger as CloudEvents: JSON Lines on stdout, or a Kafka topic."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from twittervotes.commands.say import say
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.reader import Reader
from twittervotes.events.kafka_place import options_in, place_of
from twittervotes.events.ledger_events import EventPosition, events, ledger_id
from twittervotes.export.redaction import Given
from twittervotes.presentation.numbers import counted

if TYPE_CHECKING:
    from pathlib import Path

    from twittervotes.cli import command_options
    from twittervotes.events.kafka_place import KafkaPlace


def run(options: command_options.EventsOptions) -> int:
    """Send the events of a ledger."""
    first = EventPosition(options.first, 0)
    if options.to == "-":
        with Reader(options.file) as reader:
            for event in events(Given(reader), first):
                sys.stdout.write(f"{event.body}\n")
        return 0
    place = kafka_place(options.to, options.kafka_config)
    if place.ledger:
        raise ConfigError(f"Leave out {place.ledger}: a ledger's events have its own ID.")
    from twittervotes.events import kafka

    with Reader(options.file) as reader:
        relay = kafka.KafkaRelay(place, ledger_id(reader))
        after = max(first, relay.begin())
        sent = relay.send(events(Given(reader), after))
        say(f"{counted(sent, 'event')} sent to {place.topic}, up to entry {reader.entries:,}.")
    return 0


def kafka_place(url: str, config: Path | None) -> KafkaPlace:
    """Return the place in Kafka that a command names.

    Raises:
        ConfigError: There is no such place, the options can't be read, or the client is missing.
    """
    if importlib.util.find_spec("confluent_kafka") is None:
        raise ConfigError(
            "Kafka needs confluent-kafka. Install it: pip install 'twittervotes[kafka]'"
        )
    return place_of(url, options_in(config) if config else ())
