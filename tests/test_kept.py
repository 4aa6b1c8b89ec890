"""Saved votes: how they are listed, and how one is deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import OPENS

from twittervotes.app import kept
from twittervotes.app.recent import recent
from twittervotes.core.contest.acts import Act, ActKind, State
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.errors import LedgerBusyError, LedgerError
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Ledger

CONTEST = Contest("Which?", (Choice("a"), Choice("b")), opens_ms=OPENS, closes_ms=OPENS + 60_000)


def made(path: Path) -> Path:
    """A vote that was left open and whose end has passed since."""
    with Ledger.create(path, CONTEST, OPENS) as ledger:
        ledger.act(Act(ActKind.OPENED, OPENS))
    return path


def test_a_kept_vote_has_the_state_that_its_result_has(tmp_path: Path) -> None:
    path = made(tmp_path / "one.votes")
    with Reader(path) as reader:
        state = outcome(reader).state
    (listed,) = recent(tmp_path)
    assert listed.state is state is State.OPEN


def test_deleting_a_vote_deletes_its_files(tmp_path: Path) -> None:
    path, other = made(tmp_path / "one.votes"), made(tmp_path / "other.votes")
    for folder, file in (("one-graphics", "result.csv"), ("one-pictures", "1.png")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_text("a,1")
    kept.delete(path)
    assert list(tmp_path.iterdir()) == [other]


def test_a_vote_that_is_being_counted_is_not_deleted(tmp_path: Path) -> None:
    path = made(tmp_path / "one.votes")
    with Ledger.reopen(path), pytest.raises(LedgerBusyError, match="Another program"):
        kept.delete(path)
    assert path.exists()


def test_a_links_target_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "votes").mkdir()
    path = made(tmp_path / "votes" / "one.votes")
    (tmp_path / "precious").mkdir()
    (tmp_path / "votes" / "one-graphics").symlink_to(tmp_path / "precious")
    kept.delete(path)
    assert (tmp_path / "precious").is_dir()


def test_a_vote_that_is_gone_already_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="can't be deleted"):
        kept.delete(tmp_path / "none.votes")
