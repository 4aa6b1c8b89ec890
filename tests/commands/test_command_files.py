"""Files that aren't ledgers stay untouched, and are reported in one sentence."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from counted import Run, Told, made
from patience import PATIENCE_S
from samples import contest, page, post
from soak.disk import disk

from twittervotes.core.ledger.file import APPLICATION
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger

COMMANDS = {
    "result": ["result", "{}"],
    "recount": ["recount", "{}"],
    "tally": ["tally", "{}"],
    "events": ["events", "{}", "--to", "-"],
    "explain": ["explain", "{}", "1"],
    "verify": ["verify", "{}"],
    "export": ["export", "{}", "--to", "{}.pack/result.json"],
    "merge": ["merge", "{}.out", "{}"],
    "adjust": ["adjust", "{}", "debian", "+1", "--reason", "r", "--by", "Ada"],
    "draw": ["draw", "{}", "--seed", "s", "--by", "Ada"],
    "certify": ["certify", "{}", "--by", "Ada"],
}


def text(path: Path) -> None:
    path.write_text("debian 3, ubuntu 4\n" * 20)


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE entries (n)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 99; CREATE TABLE t (n)"
        )


def truncated(path: Path) -> None:
    made(path)
    os.truncate(path, path.stat().st_size * 2 // 3)


def scribbled(path: Path) -> None:
    made(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))


def empty(path: Path) -> None:
    path.touch()


BAD: dict[Callable[[Path], None], str] = {
    text: "is not a ledger",
    other_database: "is a database, but not a ledger",
    newer: "was written by a newer version",
    truncated: "is damaged",
    scribbled: "is damaged",
    empty: "is not a ledger",
    Path.mkdir: "is not a file",
    lambda _: None: "There is no ledger",
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("spoil", BAD, ids=[words.split()[-1] for words in BAD.values()])
def test_a_file_that_isnt_a_ledger_is_reported(
    name: str, spoil: Callable[[Path], None], tmp_path: Path, run: Run
) -> None:
    bad = tmp_path / "bad.votes"
    spoil(bad)
    before = bad.read_bytes() if bad.is_file() else None
    told = run(*(word.format(bad) for word in COMMANDS[name]))
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1), told
    assert BAD[spoil] in told.err
    assert (bad.read_bytes() if bad.is_file() else None) == before
    assert not Path(f"{bad}.out").exists()


@pytest.mark.parametrize("name", ["adjust", "certify", "draw"])
def test_what_is_being_counted_is_not_written_to(name: str, vote: Path, run: Run) -> None:
    with Ledger.reopen(vote) as ledger:
        told = run(*(word.format(vote) for word in COMMANDS[name]))
        assert told == Told(
            2,
            "",
            f"Another program is counting into {vote}. Close it first, or choose another"
            " --ledger.\n",
        )
        assert len(ledger.acts) == 3


@pytest.mark.parametrize("name", ["result", "recount", "explain", "verify", "merge"])
def test_what_is_being_counted_is_read_all_the_same(name: str, vote: Path, run: Run) -> None:
    with Ledger.reopen(vote) as ledger:
        ledger.append([page([post("99", "arch")])], 1)
        told = run(*(word.format(vote) for word in COMMANDS[name]))
        ledger.append([page([post("98", "arch")])], 1)
    assert (told.code, told.err) == (0, "")


def shell(*argv: object, **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "twittervotes", *map(str, argv)],
        text=True,
        timeout=PATIENCE_S,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how},
    )


def test_a_command_is_a_process_with_an_exit_code(vote: Path) -> None:
    done = shell("recount", vote)
    assert (done.returncode, done.stderr) == (0, "")
    assert "#debian wins with 2 votes.\n" in done.stdout
    done = shell("recount", vote.with_name("no.votes"))
    assert (done.returncode, done.stdout) == (2, "")


def test_a_reader_that_goes_away_is_no_mistake(vote: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = shell("result", vote, stdout=pipe)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_is_reported(vote: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = shell("result", vote, stdout=full)
    assert done.returncode == 2
    assert done.stderr == "twittervotes result: Can't write the result: No space left on device.\n"


LIMITED = """
import resource, sys
from twittervotes.app.main import main
from twittervotes.core.ledger import merge
merge.AT_ONCE = 500
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
sys.exit(main(["merge", *sys.argv[1:]]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits to files here")
def test_a_merge_that_finds_no_room_leaves_nothing(tmp_path: Path) -> None:
    big = tmp_path / "big.votes"
    with Ledger.create(big, contest(), 1) as ledger:
        for n in range(10):
            ledger.append([page([post(f"{n} {m}") for m in range(500)], position=n)], n)
    before = big.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / "out.votes", big],
        text=True,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"twittervotes merge: There is no room for {tmp_path / 'out.votes'}. Nothing was written,"
        " and the ledgers it is made of are unchanged. Make room, or choose another place.\n"
    )
    assert list(tmp_path.iterdir()) == [big]
    assert big.read_bytes() == before


WITHIN = """
import resource, sys
from twittervotes.app.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""
OPERATE = [
    "adjust FILE debian +1 --reason r --by a",
    "certify FILE --by a",
    "result FILE",
    "export FILE --to FOLDER/pack.zip",
]


@pytest.mark.parametrize("words", OPERATE)
def test_a_disk_without_room_gets_one_true_sentence_and_costs_nothing(
    words: str, tmp_path: Path
) -> None:
    with disk(tmp_path / "disk", "2m") as small:
        path = made(small.folder / "vote.votes")
        before = verify(path)
        names = {each.name for each in small.folder.iterdir()}
        given = [
            word.replace("FILE", str(path)).replace("FOLDER", str(small.folder))
            for word in words.split()
        ]
        if small.is_mounted:
            small.fill(os.getpid(), path)
            program = ["-m", "twittervotes"]
        else:
            program = ["-c", WITHIN, str(path.stat().st_size)]
        done = subprocess.run(
            [sys.executable, *program, *given],
            text=True,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        small.free(os.getpid())
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
        assert done.stderr.startswith(f"twittervotes {words.split()[0]}: The disk is full")
        assert done.stderr.endswith(
            f". Make room and try again. Everything recorded so far is kept in {path}.\n"
        )
        assert verify(path) == before
        assert {each.name for each in small.folder.iterdir()} == names


UNPRIVILEGED = """
import os, pathlib, shutil, sys, tempfile
from counted import made
from twittervotes.app.main import main
folder = pathlib.Path(tempfile.mkdtemp())
other = pathlib.Path(tempfile.mkdtemp())
try:
    made(other / "vote.votes")  # run once before: whoever we become may not read this Python
    path = str(other / "vote.votes")
    codes = [main(["recount", path]), main(["explain", path, "1"])]
    path = made(folder / "vote.votes")
    path.chmod(0o444)
    folder.chmod(0o555)
    privileged = os.geteuid() == 0
    if privileged:
        os.setresuid(65534, 65534, 0)
    codes += [main(["recount", str(path)]), main(["explain", str(path), "1"])]
    if privileged:
        os.setresuid(0, 0, 0)
    assert [each.name for each in folder.iterdir()] == ["vote.votes"]
finally:
    folder.chmod(0o700)
    shutil.rmtree(folder)
    shutil.rmtree(other)
sys.exit(max(codes))
"""


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="no way to be somebody else here")
def test_a_ledger_on_a_disk_for_reading_only_is_read() -> None:
    where = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED],
        text=True,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
        env={**os.environ, "PYTHONPATH": where},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("#debian wins with 2 votes.\n") == 2
    assert done.stdout.count("counted: It counts for #debian.\n") == 2
