"""Where events are in Kafka, and how its brokers are reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import OPENS, contest

from twittervotes.app.main import main
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.writer import Ledger
from twittervotes.events.kafka_place import KafkaPlace, options_in, place_of

SECRET = "hunter2hunter2"
FILE = """\
# client.properties
security.protocol = SASL_SSL

sasl.username=relay
sasl.password=a=b #c
"""


def put(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "client.properties"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_options_are_read_line_by_line(tmp_path: Path) -> None:
    assert options_in(put(tmp_path, FILE)) == (
        ("security.protocol", "SASL_SSL"),
        ("sasl.username", "relay"),
        ("sasl.password", "a=b #c"),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SECRET, "line 1: write NAME=VALUE"),
        (f"={SECRET}", "line 1: write NAME=VALUE"),
        (f"transactional.id={SECRET}", "line 1: transactional.id can't be set"),
        (f"isolation.level={SECRET}", "line 1: isolation.level can't be set"),
        (f"{SECRET}=sasl.password", "line 1: the option can't be set"),
        (f"\nsasl.password={SECRET}\nsasl.password={SECRET}", "line 3: sasl.password is there"),
        (b"sasl.password=\xff" + SECRET.encode(), "isn't a text in UTF-8"),
    ],
    ids=str,
)
def test_what_is_no_option_is_refused_without_its_value(
    text: str | bytes, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as told:
        options_in(put(tmp_path, text))
    assert words in str(told.value)
    assert SECRET not in str(told.value)


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        options_in(tmp_path / "nothing")


def test_a_place_shows_no_value_of_its_options() -> None:
    options = (("security.protocol", "SASL_SSL"), ("sasl.password", SECRET))
    place = place_of("kafka://host:9092/show", options)
    assert SECRET not in repr(place)
    words = place.without_secrets(f"SASL_SSL: {SECRET} is wrong")
    assert words == "SASL_SSL: … is wrong"
    assert place == KafkaPlace("host:9092", "show", "", options)


@pytest.mark.parametrize(
    "line",
    [
        f"security.protocol={SECRET}",
        f"sasl.{SECRET}=1",
        f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism={SECRET}",
        f"security.protocol=SSL\nssl.ca.location=/{SECRET}",
        f"security.protocol=SSL\nssl.key.pem={SECRET}",
    ],
)
def test_invalid_kafka_options_are_reported(
    line: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, config = tmp_path / "vote.votes", put(tmp_path, line)
    with Ledger.create(path, contest(), OPENS):
        pass
    place = ("kafka://127.0.0.1:1/show", "--kafka-config", str(config))
    for words in (("events", str(path), "--to", *place), ("tally", *place)):
        code = main([*words])
        told = capfd.readouterr()
        assert (code, told.out, told.err.count("\n")) == (2, "", 1)
        assert "Kafka's options can't be used: " in told.err
        if not line.startswith("sasl.hunter2"):  # there it is the name of an option
            assert SECRET not in told.err
