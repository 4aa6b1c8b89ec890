"""The sources by name, and what is reported if one isn't ready."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from twittervotes.app import registry
from twittervotes.core.config.loader import load
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.errors import ConfigError

CONTEST = Contest("?", (Choice("debian"), Choice("ubuntu")))


def refusal(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    with ExitStack() as running, pytest.raises(ConfigError) as refused:
        registry.sources(("twitter",), load(path, registry.sections()), CONTEST, running)
    return str(refused.value)


def test_an_unready_network_says_why_and_names_ready_ones(tmp_path: Path) -> None:
    told = refusal(tmp_path / "config.yaml", "every: 2s\n")
    assert told.startswith("Set consumer_key and consumer_secret in the configuration")
    assert told.endswith("Available now (--source): bluesky, mastodon, web.")


def test_other_unready_networks_are_not_mentioned(tmp_path: Path) -> None:
    told = refusal(tmp_path / "config.yaml", "bluesky: {identifier: half.example}\n")
    assert told.endswith("Available now (--source): mastodon, web.")
