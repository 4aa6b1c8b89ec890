"""Rules for the package's code beyond the contracts in `pyproject.toml`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "twittervotes"
# The stand-alone verifier is given out as one file that shares nothing with the package, so it
# has its own Post, Contest and Count. The simulators, which aren't in the package, may use a
# network's own words. The rehearsal is part of the product and may not.
STANDALONE = PACKAGE / "standalone"
LEAST_LINES, MOST_LINES = 30, 400
# `network.py` is an entry point that is loaded without the source beside it, `__main__.py` is
# what `python -m` runs, and `__init__.py` says what a package is for.
MAY_BE_SHORT = frozenset({"__init__.py", "__main__.py", "env.py", "network.py"})
MOST_LINES_OF_THE_VERIFIER = 1769


def test_the_contracts_between_packages_hold() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_any_and_cast_are_not_used() -> None:
    for path in sorted((ROOT / "twittervotes").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module="typing", names=names):
                    assert "cast" not in {alias.name for alias in names}, path
                case ast.Name(id="Any") | ast.Attribute(attr="Any"):
                    around = parents[node]
                    assert isinstance(around, ast.Subscript), path
                    assert ast.unparse(around) == "SourcePlugin[Any]", path


def public_classes(root: Path) -> dict[str, set[str]]:
    """Return the files that define each public class under `root`.

    A module may define a class once for each platform, so files are compared, not definitions.
    """
    found = defaultdict(set)
    for path in root.rglob("*.py"):
        if STANDALONE in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].add(path.relative_to(root).as_posix())
    return found


def shared_names(root: Path) -> dict[str, list[str]]:
    """Return the public class names that more than one file defines, with these files."""
    return {name: sorted(files) for name, files in public_classes(root).items() if len(files) > 1}


def test_public_class_names_are_unique() -> None:
    assert shared_names(PACKAGE) == {}


def test_a_repeated_class_name_is_found_however_deep_it_is(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("class Post: ...\nclass _Own: ...\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "two.py").write_text("if True:\n    class Post: ...\nclass _Own: ...\n")
    assert shared_names(tmp_path) == {"Post": ["one.py", "sub/two.py"]}


def wrong_sizes(root: Path) -> dict[str, int]:
    """Return the modules under `root` that are too short or too long, with their lines."""
    found = {}
    for path in root.rglob("*.py"):
        lines = len(path.read_text("utf-8").splitlines())
        least = 0 if path.name in MAY_BE_SHORT else LEAST_LINES
        is_verifier = STANDALONE in path.parents
        if not least <= lines <= (MOST_LINES_OF_THE_VERIFIER if is_verifier else MOST_LINES):
            found[path.relative_to(root).as_posix()] = lines
    return found


def test_no_module_is_too_short_or_too_long() -> None:
    assert wrong_sizes(PACKAGE) == {}


def test_the_median_module_has_a_hundred_lines_or_more() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    lines = [len(path.read_text("utf-8").splitlines()) for path in modules]
    assert 100 <= median(lines) <= 160


def test_short_and_long_modules_are_found(tmp_path: Path) -> None:
    for name, lines in (("__init__.py", 1), ("short.py", 29), ("long.py", 401), ("fine.py", 30)):
        (tmp_path / name).write_text("pass\n" * lines)
    assert wrong_sizes(tmp_path) == {"short.py": 29, "long.py": 401}
