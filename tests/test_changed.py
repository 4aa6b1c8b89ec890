"""Which tests `make check` runs: the unit tests and those near a change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import changed  # noqa: E402 - it is a program, not a module of ours

UNIT = ["tests/core"]
OUTSIDE = sorted(f"tests/{path.name}" for path in (ROOT / "tests").glob("test_*.py"))


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("twittervotes/desktop/window.py", [*UNIT, "tests/desktop"]),
        ("twittervotes/core/contest/judge.py", [*UNIT, "tests/laws"]),
        ("twittervotes/cli/parser.py", [*UNIT, "tests/cli", "tests/commands"]),
        ("twittervotes/auth/flow.py", [*UNIT, "tests/auth"]),
        ("tests/sources/test_x.py", [*UNIT, "tests/sources"]),
        ("tests/core/counting/test_ballot_index.py", [*UNIT, "tests/laws"]),
        ("tests/test_vote.py", [*UNIT, "tests/test_vote.py"]),
        ("tests/samples.py", ["tests"]),
        ("twittervotes/app/vote.py", ["tests/core", *OUTSIDE]),
        ("docs/rules.md", ["tests/core", *OUTSIDE]),
        ("Makefile", ["tests/core", *OUTSIDE]),
    ],
)
def test_a_change_is_checked_by_the_tests_near_it(file: str, expected: list[str]) -> None:
    assert changed.near([file]) == sorted(expected)
    assert all((ROOT / path).exists() for path in expected)


def test_without_a_change_the_unit_tests_are_run() -> None:
    assert changed.near([]) == UNIT


def test_changed_and_new_files_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    monkeypatch.setattr(changed, "ROOT", tmp_path)
    assert changed.changed() == [], "no repository"
    git("init", "-b", "main")
    for name in ("old", "gone", "edited"):
        (tmp_path / name).write_text("1")
    git("add", ".")
    git("commit", "-m", "1")
    git("checkout", "-b", "work")
    (tmp_path / "committed").write_text("1")
    git("add", ".")
    git("commit", "-m", "2")
    (tmp_path / "edited").write_text("2")
    (tmp_path / "gone").unlink()
    (tmp_path / "new").write_text("1")
    assert sorted(changed.changed()) == ["committed", "edited", "new"]
