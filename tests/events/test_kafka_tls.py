"""Brokers that are reached over TLS and ask for a password."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers import brokers
from samples import OPENS, contest, page, post
from self_signing import self_signed
from tls_brokers import TlsBrokers, tls_brokers

from twittervotes.app.main import main
from twittervotes.core.ledger.writer import Ledger
from twittervotes.events import kafka_topic

LOGIN = b"\0relay\0hunter2hunter2"


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return self_signed(tmp_path_factory.mktemp("cert"))


@pytest.fixture(scope="module")
def guarded(cert: tuple[str, str]) -> Iterator[TlsBrokers]:
    with brokers() as (_, servers), tls_brokers(servers, cert, LOGIN) as found:
        yield found


@pytest.fixture
def vote(tmp_path: Path) -> Path:
    path = tmp_path / "vote.votes"
    with Ledger.create(path, contest(), OPENS) as ledger:
        ledger.append([page([post("1"), post("2", "arch")])], OPENS)
    return path


@pytest.fixture
def config(tmp_path: Path, cert: tuple[str, str]) -> Path:
    path = tmp_path / "client.properties"
    path.write_text(
        f"security.protocol=SASL_SSL\nssl.ca.location={cert[0]}\nsasl.mechanism=PLAIN\n"
        "sasl.username=relay\nsasl.password=hunter2hunter2\n"
    )
    return path


def test_events_are_sent_and_counted_with_a_password_over_tls(
    vote: Path, config: Path, guarded: TlsBrokers, capfd: pytest.CaptureFixture[str]
) -> None:
    place = (f"kafka://{guarded.servers}/show", "--kafka-config", str(config))
    assert main(["events", str(vote), "--to", *place]) == 0
    assert capfd.readouterr().out == "5 events sent to show.events, up to entry 3.\n"
    assert main(["tally", "--json", *place]) == 0
    told = capfd.readouterr()
    assert [each["votes"] for each in json.loads(told.out)["tally"]] == [1, 0, 1]
    assert {*guarded.logins} == {LOGIN}
    assert "hunter2" not in told.err


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        ("hunter2hunter2", "swordfish", "authentication"),
        ("SASL_SSL", "SSL", ""),
        ("SASL_SSL", "PLAINTEXT", ""),
        ("ssl.ca.location", "# ssl.ca.location", "certificate verify failed"),
    ],
)
def test_without_what_the_brokers_ask_for_nothing_is_sent_and_nothing_shown(
    was: str,
    now: str,
    why: str,
    vote: Path,
    config: Path,
    guarded: TlsBrokers,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(kafka_topic, "WAIT_S", 1.0)
    config.write_text(config.read_text().replace(was, now))
    place = (f"kafka://{guarded.servers}/show", "--kafka-config", str(config))
    for words in (("events", str(vote), "--to", *place), ("tally", *place)):
        assert main([*words]) == 2
        told = capfd.readouterr()
        assert (told.out, told.err.count("\n")) == ("", 1)
        assert why in told.err
        assert not any(secret in told.err for secret in ("hunter2", "swordfish"))
