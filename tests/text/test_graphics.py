"""The files for graphics: their content, complete at every moment, and never blocking."""

from __future__ import annotations

import csv
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S, until

from twittervotes.cli.plan import graphics as folder_for
from twittervotes.core.contest.contest import Adjustment, Choice, Contest
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.snapshot import Snapshot, State
from twittervotes.text.graphics import Graphics, files, was_hidden


def snapshot(*votes: int, tags: tuple[str, ...] = ("debian", "arch")) -> Snapshot:
    contest = Contest(
        "Which one?",
        tuple(Choice(tag, label=tag.title()) for tag in tags),
        opens_ms=1_000_000,
        closes_ms=1_600_000,
    )
    tally = Tally(votes, ((Verdict.COUNTED, sum(votes)),))
    return Snapshot(contest, State.OPEN, 1_449_000, tally, (), "9f" * 32)


@pytest.fixture
def running(tmp_path: Path) -> Callable[..., tuple[Graphics, threading.Thread]]:
    def begin(
        folder: Path = tmp_path / "graphics", every_s: float = 0.02
    ) -> tuple[Graphics, threading.Thread]:
        graphics = Graphics(folder, every_s)
        thread = threading.Thread(target=graphics.run)
        thread.start()
        begun.append((graphics, thread))
        return graphics, thread

    begun: list[tuple[Graphics, threading.Thread]] = []
    yield begin  # type: ignore[misc]
    for graphics, thread in begun:
        graphics.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_each_choice_has_a_file() -> None:
    texts = files(snapshot(3, 1))
    assert sorted(texts) == [
        "choice-01-debian.txt",
        "choice-02-arch.txt",
        "result.csv",
        "result.json",
        "time.txt",
        "title.txt",
        "total.txt",
    ]
    assert texts["choice-01-debian.txt"] == "75.0 %"
    assert texts["time.txt"] == "02:31"
    assert json.loads(texts["result.json"])["tally"][0]["votes"] == 3
    rows = list(csv.reader(texts["result.csv"].splitlines()))
    assert rows[1:] == [["debian", "Debian", "3", "75.0"], ["arch", "Arch", "1", "25.0"]]


def test_no_time_is_shown_when_none_is_running() -> None:
    assert files(replace(snapshot(3, 1), state=State.PROVISIONAL))["time.txt"] == ""


def test_they_follow_the_vote_and_are_whole_at_every_moment(
    tmp_path: Path, running: Callable[..., tuple[Graphics, threading.Thread]]
) -> None:
    graphics, thread = running(every_s=0.001)
    path = tmp_path / "graphics" / "result.json"
    graphics.show(snapshot(1, 1))
    until(path.exists)
    for votes in range(2, 300):
        graphics.show(snapshot(votes, 1))
        assert json.loads(path.read_text())["format"] == "twittervotes-result/1"
    until(lambda: json.loads(path.read_text())["total"] == 300)
    graphics.stop()
    thread.join(PATIENCE_S)
    assert not list(path.parent.glob(".*")), "no draft is left"


def test_what_has_not_changed_is_not_written_again(
    tmp_path: Path, running: Callable[..., tuple[Graphics, threading.Thread]]
) -> None:
    graphics, _ = running()
    graphics.show(snapshot(1, 1))
    total, title = (tmp_path / "graphics" / name for name in ("total.txt", "title.txt"))
    until((tmp_path / "graphics" / "choice-02-arch.txt").exists)
    before = title.stat().st_ino, title.stat().st_mtime_ns
    graphics.show(snapshot(2, 1))
    until(lambda: total.read_text() == "3")
    assert (title.stat().st_ino, title.stat().st_mtime_ns) == before


def test_the_last_snapshot_is_written_when_it_ends(
    tmp_path: Path, running: Callable[..., tuple[Graphics, threading.Thread]]
) -> None:
    graphics, thread = running(every_s=60.0)
    graphics.show(snapshot(4, 1))
    graphics.stop()
    thread.join(PATIENCE_S)
    assert (tmp_path / "graphics" / "total.txt").read_text() == "5"


def test_at_most_once_in_its_time_anything_is_written(
    tmp_path: Path, running: Callable[..., tuple[Graphics, threading.Thread]]
) -> None:
    graphics, _ = running(every_s=0.3)
    path = tmp_path / "graphics" / "total.txt"
    seen: set[str] = set()
    began = time.monotonic()

    votes = count(1)

    def look() -> None:
        graphics.show(snapshot(next(votes), 1))
        if path.exists():
            seen.add(path.read_text())

    until(lambda: len(seen) >= 3, meanwhile=look)
    took = time.monotonic() - began
    assert took >= 0.55, "three writings, and twice the time between them"


def test_choices_of_another_vote_go_and_strangers_files_stay(
    tmp_path: Path, running: Callable[..., tuple[Graphics, threading.Thread]]
) -> None:
    for name in ("choice-03-old.txt", "logo.png", "choice.txt"):
        (tmp_path / name).write_text("x")
    graphics, _ = running(tmp_path)
    graphics.show(snapshot(4, 1))
    until((tmp_path / "choice-02-arch.txt").exists)
    assert not (tmp_path / "choice-03-old.txt").exists()
    assert (tmp_path / "logo.png").exists()
    assert (tmp_path / "choice.txt").exists()


def text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def test_a_locked_file_is_retried(
    tmp_path: Path,
    running: Callable[..., tuple[Graphics, threading.Thread]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "result.csv" / "in the way").mkdir(parents=True)
    graphics, _ = running(tmp_path, every_s=0.001)
    for votes in (41, 108):
        graphics.show(snapshot(votes, 0))
        until(lambda votes=votes: text(tmp_path / "total.txt") == str(votes))  # type: ignore[misc]
        until(lambda: json.loads(text(tmp_path / "result.json") or "{}").get("total") == votes)  # noqa: B023
    until(lambda: graphics.lagging)
    assert "result.csv" in graphics.lagging
    assert "total.txt" not in graphics.lagging
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    (tmp_path / "result.csv" / "in the way").rmdir()
    (tmp_path / "result.csv").rmdir()
    until(lambda: '"108"' in text(tmp_path / "result.csv"))
    until(lambda: not graphics.lagging)


def test_an_irremovable_stale_file_stops_no_other(
    tmp_path: Path, running: Callable[..., tuple[Graphics, threading.Thread]]
) -> None:
    (tmp_path / "choice-03-old.txt" / "in the way").mkdir(parents=True)
    (tmp_path / "choice-104-older.txt").write_text("9 %")
    graphics, _ = running(tmp_path, every_s=0.001)
    graphics.show(snapshot(3, 1))
    until(lambda: text(tmp_path / "total.txt") == "4")
    until(lambda: text(tmp_path / "choice-02-arch.txt") == "25.0 %")
    until(lambda: "choice-03-old.txt" in graphics.lagging)
    assert not (tmp_path / "choice-104-older.txt").exists()
    (tmp_path / "choice-03-old.txt" / "in the way").rmdir()
    (tmp_path / "choice-03-old.txt").rmdir()
    until(lambda: not graphics.lagging)


def test_what_was_held_open_until_the_end_is_still_written(
    tmp_path: Path, running: Callable[..., tuple[Graphics, threading.Thread]]
) -> None:
    (tmp_path / "total.txt").mkdir()
    (tmp_path / "total.txt" / "in the way").touch()
    graphics, thread = running(tmp_path, every_s=1.0)
    graphics.show(snapshot(3, 1))
    graphics.stop()
    until((tmp_path / "time.txt").exists)
    (tmp_path / "total.txt" / "in the way").unlink()
    (tmp_path / "total.txt").rmdir()
    thread.join(PATIENCE_S)
    assert text(tmp_path / "total.txt") == "4"


def said_by(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.glob("[!.]*")))


def test_while_the_results_are_hidden_no_file_holds_one(tmp_path: Path) -> None:
    hidden = [False]
    graphics = Graphics(tmp_path, 0.001, lambda: hidden[0])
    thread = threading.Thread(target=graphics.run)
    thread.start()
    try:
        graphics.show(snapshot(70123, 28001))
        until(lambda: "71.5 %" in text(tmp_path / "choice-01-debian.txt"))
        hidden[0] = True
        until(lambda: not any(share in said_by(tmp_path) for share in ("71.5", "28.5")))
        graphics.show(snapshot(11234, 88001))
        until(lambda: text(tmp_path / "total.txt") == "99,235")
        graphics.stop()
        thread.join(PATIENCE_S)
        said = said_by(tmp_path)
        for leak in (
            "11234",
            "88001",
            "11,234",
            "88,001",
            "11.3",
            "88.7",
            "70123",
            "leads",
            "wins",
        ):
            assert leak not in said
        assert text(tmp_path / "title.txt") == "Which one?"
        assert text(tmp_path / "time.txt") == "02:31"
    finally:
        graphics.stop()
        thread.join(PATIENCE_S)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_folder_reports_whether_results_were_hidden(tmp_path: Path, *, hidden: bool) -> None:
    assert not was_hidden(tmp_path / "none")
    for name, said in files(snapshot(7, 3), hidden=hidden).items():
        (tmp_path / name).write_text(said)
    assert was_hidden(tmp_path) is hidden


@pytest.mark.parametrize("said", ["", "[]", "{", '{"hidden": 1}', "[" * 10_000])
def test_a_file_without_results_hides_none(tmp_path: Path, said: str) -> None:
    (tmp_path / "result.json").write_text(said)
    assert not was_hidden(tmp_path)


@given(st.permutations([0, 7, 7, 19, 2300]))
def test_hidden_files_are_the_same_however_the_choices_stand(votes: list[int]) -> None:
    tags = ("a", "b", "c", "d", "e")
    by_hand = tuple(
        Adjustment(tag, number, "why", "who", 1) for tag, number in zip(tags, votes, strict=True)
    )
    one, other = (
        replace(shown, contest=replace(shown.contest, adjustments=adjustments))
        for shown, adjustments in (
            (snapshot(*votes, tags=tags), by_hand),
            (snapshot(*sorted(votes), tags=tags), ()),
        )
    )
    assert files(one, hidden=True) == files(other, hidden=True)
    assert json.loads(files(one, hidden=True)["result.json"])["hidden"] is True
    assert sorted(files(one, hidden=True)) == sorted(files(one))


def test_an_uncreatable_folder_is_reported_once(
    tmp_path: Path,
    running: Callable[..., tuple[Graphics, threading.Thread]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").write_text("in the way")
    graphics, thread = running(tmp_path / "file" / "graphics", every_s=0.001)
    graphics.show(snapshot(4, 1))
    until(lambda: caplog.records)
    time.sleep(0.05)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert thread.is_alive()
    (tmp_path / "file").unlink()
    until((tmp_path / "file" / "graphics" / "total.txt").exists)


@pytest.mark.parametrize(
    ("said", "folder"),
    [
        ("true", "votes/one-graphics"),
        ("Yes", "votes/one-graphics"),
        ("false", None),
        ("off", None),
        ("/srv/obs", "/srv/obs"),
    ],
)
def test_the_configuration_says_where(said: str, folder: str | None) -> None:
    found = folder_for(said, Path("votes/one.votes"))
    assert found == (Path(folder) if folder else None)
