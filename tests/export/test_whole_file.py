"""Exports are written as a whole or not at all, and only to where they may be."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from held import Export, audience, held

from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.reader import Reader
from twittervotes.export import KINDS, export


@pytest.mark.parametrize("name", KINDS)
def test_the_file_name_decides_the_format(name: str, full: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    with Reader(full) as reader:
        export(reader, folder / name)
        export(reader, folder / "other", kind=name)
    assert sorted(path.name for path in folder.iterdir()) == sorted([name, "other"])
    assert (folder / name).read_bytes() == (folder / "other").read_bytes() != b""


def test_an_unknown_name_is_refused_with_the_known_ones(full: Path, tmp_path: Path) -> None:
    with Reader(full) as reader, pytest.raises(ConfigError) as caught:
        export(reader, tmp_path / "votes.pdf")
    assert "'votes.pdf'" in str(caught.value)
    assert all(name in str(caught.value) for name in KINDS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["votes.csv", "pack.zip", "report.html"])
def test_what_is_interrupted_leaves_the_old_file_and_no_trace(
    name: str, full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twittervotes.core.ledger.reader.AT_ONCE", 100)
    out = tmp_path / name
    out.write_text("the old one")
    told: list[int] = []

    def interrupt(passed: int) -> None:
        told.append(passed)
        if len(told) == 4:
            raise KeyboardInterrupt

    with Reader(full) as reader, pytest.raises(KeyboardInterrupt):
        export(reader, out, passed=interrupt)
    assert out.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [out]


@contextmanager
def room(size: int) -> Iterator[None]:
    """Let no file grow larger than `size`, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", KINDS)
def test_a_full_disk_keeps_the_old_file(name: str, full: Path, tmp_path: Path) -> None:
    out = tmp_path / name
    out.write_text("the old one")
    with Reader(full) as reader, room(50), pytest.raises(ConfigError, match="not be written"):
        export(reader, out)
    assert out.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [out]


def test_the_ledger_is_never_overwritten(tmp_path: Path) -> None:
    path = held(tmp_path / "votes.csv", audience(5))
    before = path.read_bytes()
    with Reader(path) as reader, pytest.raises(ConfigError, match="the ledger itself"):
        export(reader, path)
    assert path.read_bytes() == before


def test_an_invalid_target_is_reported(full: Path, tmp_path: Path) -> None:
    (tmp_path / "pack.zip").mkdir()
    with Reader(full) as reader:
        with pytest.raises(ConfigError, match="is not a file"):
            export(reader, tmp_path / "pack.zip")
        with pytest.raises(ConfigError, match="There is no folder"):
            export(reader, tmp_path / "nowhere" / "pack.zip")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder that nobody writes to")
def test_an_unwritable_folder_is_reported(full: Path) -> None:
    with Reader(full) as reader, pytest.raises(ConfigError, match="could not be written"):
        export(reader, Path("/proc/pack.zip"))


def test_through_a_link_the_file_it_leads_to_is_replaced(full: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "result.csv"
    target.write_text("old")
    link.symlink_to(target)
    with Reader(full) as reader:
        export(reader, link)
    assert link.is_symlink()
    assert target.read_text() != "old"


def test_progress_grows_up_to_the_posts_of_the_ledger(
    full: Path, exported: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twittervotes.core.ledger.reader.AT_ONCE", 50)
    told: list[int] = []
    exported(full, "pack.zip", passed=told.append)
    assert told == sorted(told)
    assert 850 <= told[-1] <= 900
    assert len(told) > 20
