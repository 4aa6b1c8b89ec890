"""`make check`: select the tests to run during work: the unit tests and those near a change.

A file has changed if it differs from the main branch, or, on that branch itself, from the last
commit. Untracked files count too.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UNIT = ("tests/core",)  # always run
WITH = {
    "core": ("laws",),
    "cli": ("commands",),
    "network": ("sources", "auth"),
}  # areas whose tests are also affected by a change of another area
BRANCHES = ("origin/HEAD", "origin/main", "main")


def main() -> int:
    """Print the paths for pytest, one per line."""
    sys.stdout.writelines(f"{path}\n" for path in near(changed()))
    return 0


def near(files: Iterable[str]) -> list[str]:
    """Return the unit tests and those of the areas of `files`, without paths inside another."""
    found = set(UNIT)
    for file in files:
        found |= _near(Path(file))
    return sorted(path for path in found if found.isdisjoint(map(str, Path(path).parents)))


def _near(file: Path) -> set[str]:
    """Return the tests of a file's area; if it has none, all tests outside of areas."""
    first, *rest = file.parts
    if len(rest) > 1 and first in ("tests", "twittervotes"):
        areas = (rest[0], *WITH.get(rest[0], ()))
        tests = {f"tests/{area}" for area in areas if (ROOT / "tests" / area).is_dir()}
        if tests:
            return tests
    if first == "tests" and len(rest) == 1:  # any test may use it
        return {f"{file}"} if file.name.startswith("test_") else {"tests"}
    return {f"tests/{test.name}" for test in (ROOT / "tests").glob("test_*.py")}


def changed() -> list[str]:
    """Return the files that have changed and still exist."""
    names = _git("diff", "--name-only", "--diff-filter=d", _base())
    names += _git("ls-files", "--others", "--exclude-standard")
    return names


def _base() -> str:
    """Return the commit to compare with."""
    for branch in BRANCHES:
        found = _git("merge-base", branch, "HEAD")
        if found:
            return found[0]
    return "HEAD"


def _git(*words: str) -> list[str]:
    """Return the lines that git prints; none if it fails, as in an unpacked archive."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            ["git", *words],  # noqa: S607 - whichever git there is
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []


if __name__ == "__main__":
    sys.exit(main())
