"""What the code of the package may import, beyond the contracts in `pyproject.toml`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_contracts_between_packages_hold() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_any_stands_only_for_the_settings_of_some_source_and_cast_for_nothing() -> None:
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
