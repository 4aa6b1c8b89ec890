"""Published standings on disk: they survive, however the file was left."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest
from board_votes import document

from twittervotes.board import standings, wire
from twittervotes.board.standings import StandingLog, file_of


def add(to: StandingLog, *votes: int, hidden: bool = False) -> bytes:
    state = document(*votes, hidden=hidden).state
    encoded = wire.encode(state)
    to.add(state, encoded)
    return encoded


def totals(of: StandingLog) -> list[int | None]:
    return [each.total for each in of.newest_first()]


def test_what_was_published_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "new" / "show.jsonl"
    first = StandingLog(file)
    encoded = [add(first, number, 0, 0) for number in (1, 2, 2, 3)]
    add(first, 9, 9, 9, hidden=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = StandingLog(file)
    assert totals(again) == totals(first) == [3, 2, 1]
    newest = next(again.newest_first())
    assert again.get(newest.digest) == encoded[-1]
    assert again.get("0" * 64) is None


@pytest.mark.parametrize(
    "bad", [b'{"state":"op', b'{"x":' + b"[" * 100_000, b"\0\n\n", b"x" * 600_000]
)
def test_a_line_that_was_cut_or_damaged_costs_nothing_but_itself(
    tmp_path: Path, bad: bytes
) -> None:
    file = tmp_path / "show.jsonl"
    add(StandingLog(file), 1, 0, 0)
    with file.open("ab") as opened:
        opened.write(bad + b"\n")
    add(StandingLog(file), 2, 0, 0)
    assert totals(StandingLog(file)) == [2, 1]


def test_a_file_that_has_grown_is_shortened_to_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standings, "MOST", 3)
    file = tmp_path / "show.jsonl"
    kept = StandingLog(file)
    for number in range(1, 8):
        add(kept, number, 0, 0)
    assert len(file.read_bytes().splitlines()) == 7
    assert totals(StandingLog(file)) == [7, 6, 5]
    assert len(file.read_bytes().splitlines()) == 3


def test_a_board_that_cannot_write_continues_in_memory(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("in the way")
    kept = StandingLog(tmp_path / "folder" / "show.jsonl")
    for number in (1, 2):
        add(kept, number, 0, 0)
    assert totals(kept) == [2, 1]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    target, file = tmp_path / "target", tmp_path / "show.jsonl"
    target.write_bytes(b"")
    file.symlink_to(target)
    add(StandingLog(file), 1, 0, 0)
    assert target.read_bytes() == b""


def test_votes_with_the_same_name_have_separate_files(tmp_path: Path) -> None:
    contest = document(1, 2, 3).contest
    other = msgspec.structs.replace(contest, title="Another question")
    files = {file_of(tmp_path, place, each) for place in "ab" for each in (contest, other)}
    assert len(files) == 4
