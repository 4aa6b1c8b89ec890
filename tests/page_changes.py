"""The changes that a documentation page makes to the program, made to a copy of it.

A page says "In `file`, before `line`:" or "after", followed by the code in a block.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
CHANGE = re.compile(
    r"^In `(?P<file>[^`]+)`, (?P<where>before|after) `(?P<line>[^`]+)`[^\n]*:\n\n"
    r"```python\n(?P<code>.*?)^```$",
    re.M | re.S,
)


@dataclass(frozen=True)
class Change:
    """Code to insert before or after the one line of a file that begins so."""

    file: str
    where: str
    line: str
    code: str

    def made_in(self, text: str) -> str:
        lines = text.splitlines()
        (at,) = (n for n, each in enumerate(lines) if each.strip().startswith(self.line))
        code = self.code.rstrip("\n").splitlines()
        if self.where == "after":
            return "\n".join([*lines[: at + 1], *code, *lines[at + 1 :], ""])
        head = lines[:at]
        while not head[-1].strip():
            head.pop()
        blanks = lines[len(head) : at]
        is_apart = _indent(code[0]) == _indent(lines[at])
        return "\n".join([*head, *(blanks if is_apart else ()), *code, *blanks, *lines[at:], ""])


@dataclass(frozen=True)
class Copy:
    """A copy of the program in a separate folder."""

    folder: Path
    files: tuple[str, ...]

    def run(self, *argv: str, code: int = 0) -> str:
        """Run the copy and return its output; `code` is the expected exit code."""
        done = self.python("-m", "twittervotes", *argv)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run Python on the copy, with the tests' helper modules available."""
        places = (self.folder, ROOT / "tests", ROOT / "tests" / "desktop")
        return subprocess.run(
            [sys.executable, *argv],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


def changes(page: Path) -> list[Change]:
    """Return the changes of a page; every block of Python on it must be one."""
    text = page.read_text("utf-8")
    found = [Change(**each.groupdict()) for each in CHANGE.finditer(text)]
    assert len(found) == text.count("```python\n"), "a block says not where it belongs"
    return found


def changed(page: Path, folder: Path) -> Copy:
    """Copy the program into `folder`, and apply the changes of a page."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "twittervotes", folder / "twittervotes", ignore=ignored)
    for name in ("config.yaml", "logconfig.ini", "pyproject.toml"):
        shutil.copyfile(ROOT / name, folder / name)
    copy = Copy(folder, tuple(dict.fromkeys(each.file for each in changes(page))))
    for change in changes(page):
        file = folder / change.file
        file.write_text(change.made_in(file.read_text("utf-8")), "utf-8", newline="\n")
    for command in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, *copy.files], cwd=folder, check=True
        )
    return copy


def size(page: Path) -> int:
    """Return how many lines of code a page adds."""
    return sum(bool(line.strip()) for each in changes(page) for line in each.code.splitlines())


def faults(copy: Copy) -> str:
    """Return what linter, formatter and type checker report on the changed files."""
    commands = (
        ["ruff", "check", "--quiet", *copy.files],
        ["mypy", "--config-file", "pyproject.toml", "--no-incremental", *copy.files],
    )
    done = [copy.python("-m", *command) for command in commands]
    return "".join(each.stdout + each.stderr for each in done if each.returncode)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
