"""No command acts on what a stranger has put beside a ledger, nor on a trigger hidden in one."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from counted import Run
from format2 import with_namesake
from patience import until
from tampering import STANDALONE, tampered, told, with_hot_journal

from twittervotes.app.intents import IDLE, answering
from twittervotes.app.recent import recent
from twittervotes.cli.command_parser import COMMANDS
from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.act_spec import ActSpec

LEDGER, OTHER, POSTS = "vote.votes", "other.votes", "posts.jsonl"


def line_of(spec: ActSpec) -> tuple[str, ...]:
    """Return a command that does an act."""
    words = [spec.command, LEDGER]
    for parameter in spec.parameters:
        words += [parameter.example] if parameter.positional else []
    for parameter in spec.parameters:
        words += [] if parameter.positional else [f"--{parameter.name}", parameter.example]
    return (*words, "--by", "Ada")


LINES = (  # one for each command that opens a ledger, and two ways to take a vote up
    ("result", LEDGER),
    ("recount", LEDGER),
    ("tally", LEDGER),
    ("events", LEDGER, "--to", "-"),
    ("explain", LEDGER, "ann"),
    ("verify", LEDGER),
    ("export", LEDGER, "--to", "result.csv"),
    ("export", LEDGER, "--to", "pack.zip"),
    ("export", LEDGER, "--to", "posts.parquet"),
    ("merge", "merged.votes", OTHER, LEDGER),
    ("upgrade", LEDGER, "new.votes"),
    *(line_of(spec) for spec in ACTS.values() if spec.command),
    ("import", POSTS, "--ledger", LEDGER),
    ("compare", LEDGER),
    ("board", LEDGER, "--port", "0"),
    ("--view", "none", "--ledger", LEDGER),
    (LEDGER, "--view", "none"),
)
OPENS_NONE = ("sources", "doctor", "remote", "codes", "box", "completion")  # these open no ledger


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, vote: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a ledger, a copy, and a file to import."""
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(LEDGER, OTHER)
    post = '{"id_str": "77", "created_at": "Tue Nov 14 22:14:05 +0000 2023", "text": "#debian",'
    user = '"user": {"id_str": "1"}, "entities": {"hashtags": [{"text": "debian"}]}}'
    Path(POSTS).write_text(f"{post} {user}\n")
    return tmp_path


def content() -> dict[str, bytes]:
    """Return what each file in the folder holds; locks hold nothing."""
    files = [path for path in Path().iterdir() if path.is_file()]
    return {path.name: path.read_bytes() for path in files}


def test_every_command_that_opens_a_ledger_is_among_those_tried() -> None:
    assert {line[0] for line in LINES} >= {*COMMANDS} - {*OPENS_NONE}


def test_such_a_journal_makes_sqlite_delete_the_file_that_it_names(folder: Path) -> None:
    victim = folder / "victim"
    victim.write_text("mine")
    with_hot_journal(folder / LEDGER, victim)
    with closing(sqlite3.connect(LEDGER)) as db:
        db.execute("SELECT * FROM entries").fetchone()
    assert not victim.exists()


@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line[:3]))
@pytest.mark.parametrize("through", ["its name", "a link"])
def test_no_command_opens_a_ledger_with_a_journal_beside_it(
    line: tuple[str, ...], through: str, run: Run, folder: Path
) -> None:
    victim = folder / "victim"
    victim.write_text("mine")
    if through == "a link":  # SQLite takes the journal beside the file that is linked to
        (folder / "elsewhere").mkdir()
        target = (folder / LEDGER).rename(folder / "elsewhere" / "real.votes")
        (folder / LEDGER).symlink_to(target)
        with_hot_journal(target, victim)
    else:
        with_hot_journal(folder / LEDGER, victim)
    before = content()
    told = run(*line)
    assert told.code == 2
    assert "-journal is beside the ledger." in told.err
    assert told.err.count("\n") == 1
    assert content() == before


@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line[:3]))
def test_no_command_opens_a_ledger_with_a_trigger(
    line: tuple[str, ...], run: Run, folder: Path
) -> None:
    tampered(folder / OTHER, folder / LEDGER, with_namesake)
    before = content()
    told = run(*line)
    assert "no trigger pages" in told.out + told.err
    assert told.code == (1 if line[0] == "verify" else 2)
    assert content() == before


def a_link(beside: Path, victim: Path) -> None:
    beside.symlink_to(victim)


def a_dangling_link(beside: Path, victim: Path) -> None:
    beside.symlink_to(victim.with_name("to be made"))


def a_second_name(beside: Path, victim: Path) -> None:
    beside.hardlink_to(victim)


def a_folder(beside: Path, _: Path) -> None:
    beside.mkdir()


def a_pipe(beside: Path, _: Path) -> None:
    os.mkfifo(beside)


@pytest.mark.parametrize("made", [a_link, a_dangling_link, a_second_name, a_folder, a_pipe])
@pytest.mark.parametrize("ending", ["-journal", "-wal", "-shm"])
def test_nothing_is_written_through_a_link_or_a_pipe_beside_a_ledger(
    ending: str, made: Callable[[Path, Path], None], run: Run, folder: Path
) -> None:
    victim = folder / "victim"
    victim.write_text("mine")
    made(folder / f"{LEDGER}{ending}", victim)
    before = content()
    for line in LINES[:-2]:
        told = run(*line)
        assert told.code == 2, told
        assert f"{LEDGER}{ending}" in told.err
    assert STANDALONE.main([LEDGER]) == 2
    assert content() == before
    assert not victim.with_name("to be made").exists()


def test_the_stand_alone_verifier_refuses_both_too(folder: Path) -> None:
    copy = tampered(folder / LEDGER, folder / "copy.votes", with_namesake)
    assert told(copy) == (1, "The trigger 'pages' was changed or added.")
    with_hot_journal(folder / LEDGER, folder / "victim")
    code, words = told(folder / LEDGER)
    assert code == 2
    assert "-journal lies beside it" in words


def test_the_list_of_recent_votes_and_the_window_refuse_both_too(folder: Path) -> None:
    tampered(folder / LEDGER, folder / OTHER, with_namesake)
    with_hot_journal(folder / LEDGER, folder / "victim")
    troubles = {each.path.name: each.trouble for each in recent(folder)}
    assert "-journal is beside" in troubles[LEDGER]
    assert "no trigger pages" in troubles[OTHER]
    heard: list[str] = []
    for name in (LEDGER, OTHER):
        answering(IDLE, folder / name).export(str(folder / "result.csv"), heard.append)
    until(lambda: len(heard) == 2)
    assert all("-journal is beside" in words or "no trigger" in words for words in heard)
    assert not (folder / "result.csv").exists()
