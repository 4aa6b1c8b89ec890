"""A ledger as CloudEvents: JSON Lines on stdout, or a Kafka topic."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from twittervotes.commands.say import say
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.reader import Reader
from twittervotes.events.ledger_events import EventPosition, events, ledger_id
from twittervotes.export.redaction import Given

if TYPE_CHECKING:
    from twittervotes.cli import command_options as order


def run(ordered: order.EventsOptions) -> int:
    """Send what a ledger holds."""
    first = EventPosition(ordered.first, 0)
    if ordered.to == "-":
        with Reader(ordered.file) as reader:
            for event in events(Given(reader), first):
                sys.stdout.write(f"{event.body}\n")
        return 0
    if importlib.util.find_spec("confluent_kafka") is None:
        raise ConfigError(
            "Kafka needs confluent-kafka. Install it: pip install 'twittervotes[kafka]'"
        )
    from twittervotes.events import kafka

    place = kafka.place_of(ordered.to)
    with Reader(ordered.file) as reader:
        relay = kafka.KafkaRelay(place, ledger_id(reader))
        after = max(first, relay.begin())
        sent = relay.send(events(Given(reader), after))
        say(f"{sent:,} events sent to {place.topic}, up to entry {reader.entries:,}.")
    return 0
