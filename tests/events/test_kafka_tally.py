"""A tally of nothing but a Kafka topic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from brokers import brokers
from samples import OPENS, contest, page, random_post

from twittervotes.app.main import main
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.events.ledger_events import ledger_id


@pytest.fixture(scope="module")
def servers() -> Iterator[str]:
    with brokers() as (_, found):
        yield found


def made(path: Path, seed: int) -> Path:
    random = Random(seed)
    with Ledger.create(path, contest(exclude=("x:bob",)), OPENS) as ledger:
        about = {"network": "x", "complete": True, "queries": ["all"]}
        ledger.append([Entry("source", "twitter", about)], OPENS)
        for _ in range(5):
            found = [
                random_post(random)._replace(key=str(n), voter=f"v{n % 50}") for n in range(60)
            ]
            ledger.append([page(found)], OPENS + 1000)
        ledger.act(Act(ActKind.EXCLUDED, OPENS + 2000, voter="v3", reason="bought"))
    return path


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_tally_of_a_topic_is_that_of_the_ledger(
    servers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledgers, place = [made(tmp_path / f"{n}.votes", n) for n in (1, 2)], f"kafka://{servers}/show"
    assert said(capsys, "events", ledgers[0], "--to", place)[0] == 0
    rules = ("--json", "--rule", "per_account=per_choice", "several=each")
    for more in ((), rules[1:]):
        code, out, _ = said(capsys, "tally", place, "--json", *more)
        right = json.loads(said(capsys, "recount", ledgers[0], "--json", *more)[1])["recount"]
        with Reader(ledgers[0]) as reader:
            names = {"v3", "x:bob"}
            ids = {f"v{n}" for n in range(50)}
            seals = {
                reader.seal(network, each)
                for network in ("x", "mastodon")
                for each in ids
                if {each, f"{network}:{each}"} & names
            }
        told = json.loads(out)
        assert seals <= {*told["contest"]["rules"].pop("exclude")}
        right["contest"]["rules"].pop("exclude")
        assert (code, told) == (0, right)
    # Another ledger in the topic: each is counted by its ID, and none without.
    assert said(capsys, "events", ledgers[1], "--to", place)[0] == 0
    code, out, err = said(capsys, "tally", place)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "has the events of 2 ledgers" in err
    for path in ledgers:
        with Reader(path) as reader:
            name, digest = ledger_id(reader), reader.digest
        assert name in err
        code, out, _ = said(capsys, "tally", f"{place}/{name}", "--json")
        assert (code, json.loads(out)["digest"]) == (0, digest)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("kafka:///show", "There are no events at"),
        ("kafka://host:1/a b", "can't be the prefix of a topic"),
        ("kafka://ann:hunter2@host:1/show", "A name or a password can't be in the address"),
        ("kafka://host:1/show/abc", "isn't the ID of a ledger"),
    ],
)
def test_an_address_that_says_nothing_is_refused(
    url: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, "tally", url)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert "hunter2" not in err


def test_a_topic_is_counted_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made(tmp_path / "vote.votes", 1)
    code, _, err = said(capsys, "tally", path, "kafka://127.0.0.1:1/show")
    assert code == 2
    assert "can't be counted together" in err
