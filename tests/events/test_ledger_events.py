"""A ledger as CloudEvents: their content, and that a tally can be computed from them alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import reference
from followed import followed
from hypothesis import given
from hypothesis import strategies as st
from samples import OPENS, contest, page, post
from strategies import acts, contests, law, rounds

from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Contest
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.events.ledger_events import START, EventPosition, events, ledger_id, position_of
from twittervotes.export.redaction import Given


def written(path: Path, laid_down: Contest, pages: Sequence[Entry], done: Sequence[Act]) -> Path:
    with Ledger.create(path, laid_down, 1) as ledger:
        for n, each in enumerate(pages):
            ledger.append([each], n)
        for act in done:
            ledger.act(act)
    return path


def lines(path: Path, after: EventPosition = START) -> list[str]:
    with Reader(path) as reader:
        return [event.body for event in events(Given(reader), after)]


@law
@given(rounds, contests, st.lists(acts, max_size=3))
def followable(
    tmp: pytest.TempPathFactory, seen: list[Entry], laid_down: Contest, done: list[Act]
) -> None:
    path = written(tmp.mktemp("law") / "vote.votes", laid_down, seen, done)
    numbers, digest = followed(lines(path))
    with Reader(path) as reader:
        assert digest == reader.digest
        assert numbers == reference.numbers(outcome(reader).tally)


def test_a_tally_can_be_made_of_the_events_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    followable(tmp_path_factory)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    pages = [page([post("1", voter="ann"), post("2", "arch", voter="bob")]), page([])]
    done = [Act(ActKind.EXCLUDED, OPENS, voter="ann", reason="bought")]
    return written(tmp_path / "vote.votes", contest(), pages, done)


def test_events_are_cloudevents_in_the_order_of_the_ledger(ledger: Path) -> None:
    told = [json.loads(line) for line in lines(ledger)]
    assert [(each["id"], each["type"]) for each in told] == [
        ("1.1", "twittervotes.contest.v1"),
        ("2.1", "twittervotes.entry.v1"),
        ("3.1", "twittervotes.post.v1"),
        ("3.2", "twittervotes.post.v1"),
        ("3.3", "twittervotes.entry.v1"),
        ("4.1", "twittervotes.entry.v1"),
        ("5.1", "twittervotes.act.v1"),
    ]
    with Reader(ledger) as reader:
        digests = {row.n: row.digest.hex() for row in reader.chain()}
        name = ledger_id(reader)
    for each in told:
        assert each["specversion"] == "1.0"
        assert each["source"] == f"urn:twittervotes:{name}"
        assert each["digest"] == digests[each["entry"]]
        assert all(key.isalnum() and key.islower() for key in each)
    assert digests[2].startswith(name)


def test_no_event_names_an_account_or_gives_the_salt(ledger: Path) -> None:
    text = "\n".join(lines(ledger))
    with Reader(ledger) as reader:
        seal = reader.seal("x", "ann")
        salt = reader.salt.hex()
    assert text.count(seal) == 2
    assert not any(f'"{name}"' in text for name in ("ann", "bob", "x:ann"))
    assert salt not in text


def test_events_begin_behind_any_position(ledger: Path) -> None:
    every = lines(ledger)
    for number, line in enumerate(every):
        assert lines(ledger, position_of(line)) == every[number + 1 :]
    assert lines(ledger, EventPosition(4, 0)) == every[5:]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"id": "x"}', '{"id": "1.x"}', '{"id": 3}'])
def test_what_is_no_event_of_ours_has_no_position(text: str) -> None:
    with pytest.raises(ValueError, match="an event of a ledger"):
        position_of(text)
