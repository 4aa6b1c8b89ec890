"""The list of sources: what is installed, whether it is ready, what it needs; never a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from counted import Run

from twittervotes.sources.plugin import plugins

SECRET = "hunter2hunter2"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(f"twitter: {{consumer_key: {SECRET}, consumer_secret: {SECRET}}}\n", "utf-8")
    path.chmod(0o600)
    return path


def test_every_installed_source_is_listed_and_the_rehearsal(run: Run) -> None:
    told = run("sources")
    assert (told.code, told.err) == (0, "")
    names = {line.split()[0] for line in told.out.splitlines() if not line.startswith(" ")}
    assert names == {*plugins(), "rehearsal"}


def test_missing_settings_are_listed_below_a_source(run: Run, config: Path) -> None:
    told = run("sources", "--config", config)
    (place,) = [
        number
        for number, line in enumerate(told.out.splitlines())
        if line.split()[:3] == ["twitter", "not", "ready"]
    ]
    assert "needs: .twitterauth is missing." in told.out.splitlines()[place + 1]


def test_as_json_it_is_complete(run: Run, config: Path) -> None:
    told = run("sources", "--json", "--config", config)
    found = {each["name"]: each for each in json.loads(told.out)}
    assert set(found) == {*plugins(), "rehearsal"}
    twitter = found["twitter"]
    assert (twitter["ready"], twitter["chosen"], twitter["imports"]) == (False, True, True)
    assert len(twitter["needs"]) == 1
    assert found["rehearsal"]["ready"]
    assert not found["rehearsal"]["chosen"]


def test_no_secret_is_listed(run: Run, config: Path) -> None:
    for option in ((), ("--json",)):
        told = run("sources", "--config", config, *option)
        assert SECRET not in told.out + told.err


def test_a_configuration_that_cannot_be_used_is_reported(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("twiter: {}\n", "utf-8")
    told = run("sources", "--config", path)
    assert (told.code, told.out) == (2, "")
    assert "did you mean 'twitter'?" in told.err
