"""Law 4, end to end: the real program is killed 50 times while counting; the tally is correct."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from patience import until

from twittervotes.auth import oauth1_token
from twittervotes.core.contest.acts import Act, ActKind, second_after
from twittervotes.core.contest.clock import Clock
from twittervotes.core.counting.running import tally
from twittervotes.core.ledger.file import is_new
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger
from twittervotes.rehearsal.launcher import RunningRehearsal, start
from twittervotes.rehearsal.settings import RehearsalSettings

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[1]
TAGS = ("debian", "ubuntu", "arch")
KILLS = 50
SETTINGS = RehearsalSettings(
    audience=300, rate=60, seed=11, late=0.2, late_s=3, before_s=2, limit=10_000, window_s=60
)


def written_down(stage: RunningRehearsal, folder: Path) -> None:
    """Write the original program's two files: its flat configuration and its token."""
    keys = stage.credentials
    lines = (
        f"consumer_key: {keys.consumer_key}",
        f"consumer_secret: {keys.consumer_secret}",
        "api_version: '1.1'",
        f"search_endpoint: {stage.url}",
    )
    config = folder / "config.yaml"
    config.write_text("\n".join(lines))
    config.chmod(0o600)
    token = oauth1_token.Token(keys.oauth_token, keys.oauth_token_secret)
    oauth1_token.write(folder / ".twitterauth", token)


def command(ledger: Path) -> list[str]:
    words = [sys.executable, str(ROOT / "app.py"), "--view", "none", "--every", "0.1s"]
    words += ["--settle", "5s", "--ledger", str(ledger)]
    return [*words, "--hashtags", *TAGS] if is_new(ledger) else words


def posts_in(ledger: Path) -> int:
    if is_new(ledger):
        return 0
    with Reader(ledger) as reader:
        return reader.posts


def close(path: Path) -> None:
    with Ledger.reopen(path) as ledger:
        ledger.act(Act(ActKind.CLOSED, second_after(Clock().today())))


def milliseconds(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp() * 1000)


def test_the_program_survives_50_random_kills(tmp_path: Path) -> None:
    """Every other kill happens after something was written, however slow the machine is."""
    ledger, random = tmp_path / "vote.votes", Random(4)
    posts = []
    with start(SETTINGS, TAGS) as stage:
        written_down(stage, tmp_path)
        for number in range(KILLS):
            before = posts_in(ledger)
            with subprocess.Popen(
                command(ledger), cwd=tmp_path, env=os.environ, stderr=subprocess.DEVNULL
            ) as program:
                if number % 2:
                    until(lambda before=before: posts_in(ledger) > before)
                time.sleep(random.uniform(0, 0.3 if number % 2 else 0.9))
                program.kill()
            if not is_new(ledger):
                assert verify(ledger).finding is None
                with Ledger.reopen(ledger) as reopened:
                    posts.append(tally(reopened.posts(), reopened.contest).posts)
        close(ledger)
        whole = subprocess.run(
            command(ledger), cwd=tmp_path, env=os.environ, capture_output=True, check=False
        )
        result = json.loads(whole.stdout)
        period = result["contest"]["opens"], result["contest"]["closes"]
        truth = stage.truth(*map(milliseconds, period))
    assert posts == sorted(posts), "what was written stays written"
    assert len(set(posts)) > KILLS // 3
    assert (whole.returncode, result["state"]) == (0, "provisional")
    assert {each["choice"]: each["votes"] for each in result["tally"]} == dict(truth.votes)
    assert result["total"] > 100
