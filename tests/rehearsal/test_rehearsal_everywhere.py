"""All networks at once: what it tells of itself, and that a copy by the bridge is no new post."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from patience import PATIENCE_S, until

from simulators.everywhere import Script
from simulators.everywhere_launcher import RunningEverywhere, start
from simulators.faulty_proxy import ProxyFault
from twittervotes.app import registry
from twittervotes.core.config.loader import load
from twittervotes.rehearsal.settings import Fault, RehearsalSettings
from twittervotes.sources.mastodon.source import MastodonSettings as Mastodon

TAGS = ("debian", "Café", "arch")
STILL = RehearsalSettings(before_s=30.0, lasts_s=0.0, rate=40, late=0.0)


@pytest.fixture(scope="module")
def stage() -> Iterator[RunningEverywhere]:
    with start(Script(STILL, TAGS, bridged=0.5)) as stage:
        yield stage


def listed(stage: RunningEverywhere, where: str) -> list[dict[str, object]]:
    with closing(http.client.HTTPConnection(stage.at[where], timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/api/v1/timelines/tag/debian?limit=40")
        found: list[dict[str, object]] = json.loads(connection.getresponse().read())
    return found


def test_bridged_copies_are_not_fediverse_posts(
    stage: RunningEverywhere,
) -> None:
    until(stage.copies)
    bluesky = {post.key for post in stage.posts()["bluesky"]}
    copies = [
        str(status["uri"]).removeprefix("https://bsky.brid.gy/convert/ap/")
        for status in listed(stage, "mastodon-1")
        if "brid.gy" in str(status["uri"])
    ]
    assert copies
    assert bluesky.issuperset(copies)
    assert not any(post.key.startswith("at://") for post in stage.posts()["mastodon"])


def test_a_networks_truth_counts_only_its_own_posts(stage: RunningEverywhere) -> None:
    truth = stage.truth(0, 2**50)
    assert set(truth) == {"x", "mastodon", "bluesky"}
    for network, told in truth.items():
        voters = {post.voter for post in stage.posts()[network]}
        assert 50 < sum(votes for _, votes in told.votes) <= len(voters)


def test_each_requested_fault_hits_the_next_request(stage: RunningEverywhere) -> None:
    stage.fail_next("mastodon-1", Fault.UNAVAILABLE)
    with pytest.raises(json.JSONDecodeError):
        listed(stage, "mastodon-1")
    stage.spoil("mastodon-2", ProxyFault.GARBAGE)
    with pytest.raises(http.client.HTTPException):
        listed(stage, "mastodon-2")
    stage.pull("mastodon-2")
    with pytest.raises(OSError, match="refused"):
        listed(stage, "mastodon-2")
    stage.plug("mastodon-2")
    assert listed(stage, "mastodon-2")


@pytest.mark.parametrize("word", ["a-b", "--faults", "12"])
def test_by_hand_a_wrong_word_is_reported_without_a_traceback(word: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simulators.everywhere_launcher", word],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_started_by_hand_it_writes_a_configuration(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "simulators.everywhere_launcher", *TAGS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("# Ctrl-C"):
                break
        process.send_signal(signal.SIGINT)
        told = process.stdout.read()
    path = tmp_path / "config.yaml"
    path.write_text("".join(lines))
    path.chmod(0o600)
    config = load(path, registry.sections())
    assert config.sources == ("x", "mastodon", "bluesky")
    assert len(config.section(Mastodon).bases()) == 2
    assert [line.split(":")[0] for line in told.splitlines()] == ["# x", "# mastodon", "# bluesky"]
    assert "#Café" in told
