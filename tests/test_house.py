"""How the code is laid out and named."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "twittervotes"
# The stand-alone verifier is given out as one file that shares nothing with the package, so it
# has its own Post, Contest and Count. The simulators, which aren't in the package, may use a
# network's own words. The rehearsal is part of the product and may not.
STANDALONE = PACKAGE / "standalone"


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


def test_no_public_class_name_stands_for_two_things() -> None:
    assert shared_names(PACKAGE) == {}


def test_a_repeated_class_name_is_found_however_deep_it_is(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("class Post: ...\nclass _Own: ...\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "two.py").write_text("if True:\n    class Post: ...\nclass _Own: ...\n")
    assert shared_names(tmp_path) == {"Post": ["one.py", "sub/two.py"]}
