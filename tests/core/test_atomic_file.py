"""Files are written atomically, and never through anything that others left in the folder."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from patience import PATIENCE_S

import twittervotes
from twittervotes.core import atomic_file

NAME = ".twittervotes-0123456789abcdef.part"


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_and_alone(tmp_path: Path) -> None:
    with atomic_file.replacing(tmp_path / "it") as file:
        file.write(b"some")
        file.flush()
        assert "it" not in left_in(tmp_path)
        file.write(b" more")
    assert (tmp_path / "it").read_bytes() == b"some more"
    assert left_in(tmp_path) == ["it"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: BaseException
) -> None:
    out = tmp_path / "it"
    out.write_text("old")

    def fail() -> None:
        with atomic_file.replacing(out) as file:
            file.write(b"new")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert out.read_text() == "old"
    assert left_in(tmp_path) == ["it"]


def test_the_last_writer_wins(tmp_path: Path) -> None:
    out = tmp_path / "it"
    with atomic_file.replacing(out) as one, atomic_file.replacing(out) as other:
        one.write(b"one")
        other.write(b"other")
    assert out.read_bytes() == b"one"
    assert left_in(tmp_path) == ["it"]


@pytest.mark.parametrize(("private", "mode"), [(False, 0o666), (True, 0o600)])
def test_a_new_file_has_the_default_or_a_private_mode(
    tmp_path: Path, private: bool, mode: int
) -> None:
    before = os.umask(0)
    try:
        atomic_file.write(tmp_path / "it", b"", private=private)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "it").stat().st_mode) == mode


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_is_replaced_not_followed(
    tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    target, out = tmp_path / "target", tmp_path / "it"
    target.write_text("mine")
    link(target, out)
    atomic_file.write(out, b"new")
    assert target.read_text() == "mine"
    assert (out.read_text(), out.is_symlink()) == ("new", False)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_temporary_name_that_is_taken_is_never_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: Callable[[Path, Path], None]
) -> None:
    monkeypatch.setattr(atomic_file, "_name", lambda: NAME)
    target = tmp_path / "target"
    target.write_text("mine")
    link(target, tmp_path / NAME)
    with pytest.raises(FileExistsError):
        atomic_file.write(tmp_path / "it", b"new", tidy=False)
    assert target.read_text() == "mine"


WRITER = """
import pathlib, sys, time
from twittervotes.core import atomic_file
folder = pathlib.Path(sys.argv[1])
if sys.argv[2] == "file":
    with atomic_file.replacing(folder / "it") as file:
        file.write(b"half")
        file.flush()
        print("writing", flush=True)
        time.sleep(600)
else:
    with atomic_file.workspace(folder) as place:
        (place / "half").write_text("half")
        print("writing", flush=True)
        time.sleep(600)
"""


@pytest.fixture(params=["file", "workspace"])
def writer(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITER, str(tmp_path), request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "writing\n"
            yield process
        finally:
            process.kill()


def test_the_next_program_removes_what_a_killed_one_left(
    tmp_path: Path, writer: subprocess.Popen[str]
) -> None:
    atomic_file.write(tmp_path / "other", b"")
    assert len(left_in(tmp_path)) == 2, "that of a living program is left alone"
    writer.kill()
    writer.wait(PATIENCE_S)
    assert len(left_in(tmp_path)) == 2
    atomic_file.write(tmp_path / "other", b"")
    assert left_in(tmp_path) == ["other"]


def test_a_program_that_is_stopped_for_a_while_keeps_its_file(
    tmp_path: Path, writer: subprocess.Popen[str]
) -> None:
    (draft,) = left_in(tmp_path)
    writer.send_signal(signal.SIGSTOP)
    os.utime(tmp_path / draft, (0, 0))
    atomic_file.remove_leftovers(tmp_path)
    assert left_in(tmp_path) == [draft]
    writer.send_signal(signal.SIGCONT)


def test_foreign_files_and_pipes_are_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / NAME).symlink_to(target)
    os.mkfifo(tmp_path / NAME.replace("0", "1"))
    names = (".twittervotes-title.txt.part", "show.part", ".twittervotes-0123.part", f"{NAME}.bak")
    for name in names:
        (tmp_path / name).write_text("x")
    before = left_in(tmp_path)
    atomic_file.remove_leftovers(tmp_path)
    atomic_file.remove_leftovers(tmp_path / "no such folder")
    assert left_in(tmp_path) == before
    assert target.read_text() == "mine"


def test_concurrent_writers_never_remove_each_others_files(
    tmp_path: Path,
) -> None:
    def write(number: int) -> None:
        for _ in range(100):
            atomic_file.write(tmp_path / f"it{number}", b"x", durable=False)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert left_in(tmp_path) == sorted(f"it{number}" for number in range(8))


def test_a_workspace_is_closed_to_others_and_removed(tmp_path: Path) -> None:
    with atomic_file.workspace(tmp_path) as place:
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        (place / "draft").write_text("whole")
        (place / "draft-wal").write_text("")
        atomic_file.remove_leftovers(tmp_path)
        (place / "draft").replace(tmp_path / "it")
    assert left_in(tmp_path) == ["it"]


def test_no_other_module_writes_a_file_by_itself() -> None:
    by_itself = re.compile(
        r"\.write_text\(|\.write_bytes\(|mkstemp|NamedTemporary|os\.replace|os\.rename|O_CREAT"
        r"|open\((?:[^()]*, )?\"[wax]"
    )
    package = Path(twittervotes.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if by_itself.search(path.read_text(encoding="utf-8"))
    }
    # Databases are made empty, and private; the pack opens members of its zip.
    databases = {"ballots/store.py", "desk/database.py"}
    assert found == {"core/atomic_file.py", "export/pack.py", *databases}
