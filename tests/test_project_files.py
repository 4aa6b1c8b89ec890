"""The files around the code: what they name exists, and they agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

import twittervotes

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def workflow(path: Path) -> dict[str, dict]:
    """Return a workflow's jobs by name."""
    return yaml.safe_load(path.read_text("utf-8"))["jobs"]


def steps(path: Path) -> list[dict]:
    return [step for job in workflow(path).values() for step in job["steps"]]


def test_no_two_test_files_share_a_name() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, times in names.items() if times > 1] == []


def test_the_version_is_defined_once() -> None:
    assert "version" in PROJECT["dynamic"]
    assert version("twittervotes") == twittervotes.__version__


def test_type_checkers_read_our_types() -> None:
    assert (ROOT / "twittervotes" / "py.typed").is_file()


def test_the_metadata_names_the_pythons_that_are_checked() -> None:
    names = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    jobs = workflow(ROOT / ".github" / "workflows" / "checks.yml").values()
    for job in jobs:
        assert set(names) <= set(job["strategy"]["matrix"]["python"])
    systems = {system for job in jobs for system in job["strategy"]["matrix"]["os"]}
    assert systems == {"ubuntu-latest", "macos-latest", "windows-latest"}
    assert PROJECT["requires-python"] == f">={names[0]}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_calls_exists(path: Path) -> None:
    lines = [step["run"] for step in steps(path) if "run" in step]
    assert lines
    for line in lines:
        for target in re.findall(r"\bmake ([a-z-]+)", line):
            assert target in TARGETS, line
        for file in re.findall(r"\b(?:requirements|tools)[\\/][\w.-]+", line):
            assert (ROOT / file.replace("\\", "/")).is_file(), line
        for tool in re.findall(r"\.venv\\Scripts\\(\w+)", line):
            assert Path(sys.executable).with_name(tool).exists(), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_do_no_more_than_its_jobs_say(path: Path) -> None:
    document = yaml.safe_load(path.read_text("utf-8"))
    assert document["permissions"] == {"contents": "read"}
    for job in document["jobs"].values():
        assert job["timeout-minutes"] <= 90
    for step in steps(path):
        assert "run" in step or re.fullmatch(r"[\w-]+/[\w-]+@\w[\w./]*", step["uses"])
        assert "${{ github." not in step.get("run", ""), (
            "a name from outside would be run by the shell"
        )


def test_a_release_is_published_after_its_checks_with_its_provenance() -> None:
    jobs = workflow(ROOT / ".github" / "workflows" / "release.yml")
    assert set(jobs["publish"]["needs"]) == {"build", "bundle"}
    assert jobs["publish"]["permissions"]["id-token"] == "write"
    for name, command in {"build": "make dist", "bundle": "make bundle"}.items():
        used = [step.get("uses", step.get("run", "")) for step in jobs[name]["steps"]]
        made, attested, kept = (
            next(place for place, step in enumerate(used) if step.startswith(start))
            for start in (command, "actions/attest", "actions/upload-artifact")
        )
        assert made < attested < kept


def test_the_hooks_run_what_is_in_the_environment_and_fetch_nothing() -> None:
    config = ROOT / ".pre-commit-config.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", config], check=True)
    (repo,) = yaml.safe_load(config.read_text("utf-8"))["repos"]
    assert repo["repo"] == "local"
    for hook in repo["hooks"]:
        assert hook["language"] == "system"
        folder, _, command = hook["entry"].split()[0].rpartition("/")
        assert folder == ".venv/bin"
        assert Path(sys.executable).with_name(command).exists()


def test_no_statement_numbers_its_placeholders() -> None:
    """Python 3.12.0 to 3.12.3 take `?1` for a named placeholder, and warn."""
    for path in (ROOT / "twittervotes").rglob("*.py"):
        assert not re.search(r"[(=, ]\?\d", path.read_text("utf-8")), path
