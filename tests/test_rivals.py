"""A vote in a chat is refused while another one counts the same words there."""

from __future__ import annotations

from pathlib import Path

import pytest

from twittervotes.app import opening, registry
from twittervotes.cli import vote_options
from twittervotes.core import file_name
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.writer import Entry, Ledger


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(file_name, "data_folder", lambda: tmp_path)
    return tmp_path


def opened(*more: str) -> opening.Order:
    said = ["--hashtags", "debian", "arch", "--source", "twitch", *more]
    options = vote_options.parse(said)
    return opening.ordered(options, registry.configured(options))


def running(folder: Path, room: str = "twitch:somechannel") -> Ledger:
    """Return the ledger of a vote that is being counted."""
    choices = (Choice("yes", words=("1",)), Choice("no", words=("2",)))
    ledger = Ledger.create(folder / "other.votes", Contest("Coffee?", choices), 1)
    about = {"network": "twitch", "complete": False, "queries": ["all"]}
    ledger.append([Entry("source", room, about)], 1)
    return ledger


def test_the_same_words_in_the_same_chat_are_refused(folder: Path) -> None:
    with (
        running(folder),
        pytest.raises(ConfigError, match="is being counted in twitch"),
    ):
        opened("--channel", "somechannel", "--words", "debian=1", "arch=3")


@pytest.mark.parametrize(
    "said",
    [
        ("--channel", "somechannel", "--words", "debian=5", "arch=6"),
        ("--channel", "otherchannel", "--words", "debian=1", "arch=2"),
    ],
)
def test_other_words_and_other_chats_are_not(folder: Path, said: tuple[str, ...]) -> None:
    with running(folder):
        assert opened(*said).contest is not None


def test_a_vote_that_nobody_counts_now_is_in_nobodys_way(folder: Path) -> None:
    running(folder).close()
    assert opened("--channel", "somechannel", "--words", "debian=1", "arch=2").contest is not None
