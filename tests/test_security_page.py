"""Everything that docs/security.md names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")


def test_every_test_that_is_named_is_there() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    known = {
        name for text in sources for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert named - known == set()


def test_every_module_and_file_that_is_named_is_there() -> None:
    named = re.findall(r"`((?:tests|board|commands|core|sources|web|tools)/[\w/.]*)`", PAGE)
    assert len(named) > 10
    for name in named:
        place = ROOT if name.startswith(("tests", "tools")) else ROOT / "twittervotes"
        assert (place / name).exists(), name


def test_every_exception_to_a_rule_of_security_says_why() -> None:
    for path in (ROOT / folder for folder in ("twittervotes", "tests", "tools", "benchmarks")):
        for file in path.rglob("*.py"):
            for line in file.read_text("utf-8").splitlines():
                excepted = re.search(r"# noqa: .*\bS\d{3}\b(.*)", line)
                assert not excepted or re.match(r"[A-Z0-9, ]* --? \w", excepted[1]), (file, line)
