"""The events of a ledger, as a command prints them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from counted import Run, Told

from twittervotes.core.ledger.reader import Reader


def test_events_are_printed_a_line_each_from_any_entry_on(vote: Path, run: Run) -> None:
    told = run("events", vote, "--to", "-")
    assert (told.code, told.err) == (0, "")
    every = [json.loads(line) for line in told.out.splitlines()]
    with Reader(vote) as reader:
        assert every[-1]["digest"] == reader.digest
        assert every[-1]["entry"] == reader.entries
    later = run("events", vote, "--to", "-", "--from", "6").out
    assert later.splitlines() == [
        line for line in told.out.splitlines() if json.loads(line)["entry"] >= 6
    ]
    assert later


def test_other_places_are_refused(vote: Path, run: Run) -> None:
    told = run("events", vote, "--to", "nats://host/evening")
    assert told == Told(
        2,
        "",
        "There are no events at nats://host/evening. Use - or kafka://HOST:PORT/PREFIX.\n",
    )


def test_without_the_client_a_sentence_says_what_to_install(
    vote: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    told = run("events", vote, "--to", "kafka://host:9092/evening")
    assert told.code == 2
    assert told.err.endswith("Install it: pip install 'twittervotes[kafka]'\n")
