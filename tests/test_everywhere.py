"""Votes on all networks at once, by the real program, with every fault: the tally is correct."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE_S, until
from soak.judge import Outage, judge
from soak.program import Program, end_all

from simulators.bluesky_host import Manners
from simulators.everywhere import Script
from simulators.everywhere_launcher import RunningEverywhere, start
from simulators.mastodon_world import FediverseSettings
from twittervotes.core.contest.acts import second_before
from twittervotes.core.ledger.file import is_new
from twittervotes.core.ledger.reader import Reader
from twittervotes.rehearsal.settings import Faults, RehearsalSettings
from twittervotes.rehearsal.x_settings import SimulatedXSettings

pytestmark = pytest.mark.long

TAGS = ("debian", "Café", "arch")
S = 1000
# A 420 or 429 without a time to wait costs a minute: the soak covers it.
FAULTS = Faults(
    unavailable=0.03,
    internal=0.02,
    too_many=0.01,
    cut=0.03,
    not_json=0.02,
    other_shape=0.02,
    bad_post=0.03,
    slow=0.02,
    reset=0.03,
    slow_s=1.0,
)
SETTINGS = RehearsalSettings(
    audience=500,
    rate=12,
    seed=5,
    late=0.2,
    late_s=2.0,
    before_s=100.0,
    short=0.2,
    limit=60,
    window_s=5.0,
    faults=FAULTS,
)
CHANGING = FediverseSettings(edited=0.1, untagged=0.05, deleted=0.05, unseen=0.2)


def this_second() -> int:
    return second_before(time.time_ns() // 1_000_000)


@contextmanager
def counted(
    folder: Path, script: Script, opens_ms: int, lasts_s: int, **ways: Any
) -> Iterator[tuple[RunningEverywhere, Program]]:
    """Simulate all networks, and prepare the program that counts them for so long from now on.

    The audiences are silent after that: what happens to a post after the final sweep is not read.
    """
    settings = replace(script.settings, lasts_s=lasts_s + 2.0)
    with start(replace(script, settings=settings)) as stage:
        program = Program(folder, script.tags, opens_ms, this_second() + lasts_s * S, **ways)
        program.prepare(stage)
        try:
            yield stage, program
        finally:
            end_all([program])


def posts_in(ledger: Path) -> int:
    if is_new(ledger):
        return 0
    with Reader(ledger) as reader:
        return int(reader.posts)


def test_all_networks_with_every_fault_give_the_true_result(
    tmp_path: Path,
) -> None:
    now_ms = this_second()
    from_ms, to_ms = now_ms - 80 * S, now_ms - 40 * S
    blind = Manners(blind_us=(from_ms * S, to_ms * S))
    script = Script(
        SETTINGS, TAGS, SimulatedXSettings(partial=0.1, empty=0.1), CHANGING, (blind, Manners())
    )
    with counted(tmp_path, script, now_ms - 90 * S, 14) as (stage, program):
        program.start()
        until(lambda: posts_in(program.ledger) > 50)
        stage.pull("mastodon-2")
        time.sleep(2)
        program.kill()
        program.start()
        time.sleep(3)
        stage.plug("mastodon-2")
        ended = program.ended(3 * PATIENCE_S)
        assert ended.result is not None, ended.said
        outage = Outage(f"bluesky:{stage.at['bluesky-1']}", from_ms, to_ms)
        verdict = judge(ended.result, program.ledger, stage, [outage])
        copies = stage.copies()
    assert verdict.complaints == (), ended.said
    assert verdict.missing == 0, "what the blind host did not hand out, the other had"
    assert ended.code == 3, "a gap is told, though nothing is missing in the end"
    assert verdict.votes > 300
    assert copies > 20


def test_posts_are_missing_only_in_reported_gaps(tmp_path: Path) -> None:
    now_ms = this_second()
    from_ms, to_ms = now_ms - 80 * S, now_ms - 40 * S
    blind = Manners(blind_us=(from_ms * S, to_ms * S))
    settings = replace(SETTINGS, faults=Faults())
    script = Script(settings, TAGS, manners=(blind, blind), bridged=0.0)
    with counted(tmp_path, script, now_ms - 90 * S, 4, settle="3s", sources=("bluesky",)) as (
        stage,
        program,
    ):
        config = tmp_path / "config.yaml"  # without the account, whose search would find all
        config.write_text(
            "".join(
                line
                for line in config.read_text().splitlines(keepends=True)
                if not line.startswith(("  identifier", "  app_password"))
            )
        )
        program.start()
        ended = program.ended(3 * PATIENCE_S)
        assert ended.result is not None, ended.said
        names = [f"bluesky:{stage.at[host]}" for host in ("bluesky-1", "bluesky-2")]
        outages = [Outage(name, from_ms, to_ms) for name in names]
        verdict = judge(ended.result, program.ledger, stage, outages, ("bluesky",))
    assert verdict.complaints == (), ended.said
    assert verdict.missing > 100
    assert (ended.code, verdict.gaps) == (3, 2)


def test_an_interrupted_vote_resumes_to_the_true_result(
    tmp_path: Path,
) -> None:
    script = Script(replace(SETTINGS, before_s=5.0), TAGS, play=CHANGING)
    with counted(tmp_path, script, this_second() - 3 * S, 11) as (stage, program):
        program.start()
        until(lambda: posts_in(program.ledger) > 50)
        interrupted = program.interrupt()
        time.sleep(2)
        before = posts_in(program.ledger)
        program.start()
        until(lambda: posts_in(program.ledger) > before)
        asleep = [program.running.pid, *(each.pid for each in program.workers())]
        for pid in asleep:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(5)
        for pid in asleep:
            os.kill(pid, signal.SIGCONT)
        ended = program.ended(3 * PATIENCE_S)
        assert ended.result is not None, ended.said
        verdict = judge(ended.result, program.ledger, stage)
    assert interrupted.code in (0, 3), "3 where a fault was under way"
    assert interrupted.result is not None
    assert interrupted.result["state"] in ("open", "closing")
    assert len(asleep) > 5
    assert verdict.complaints == (), ended.said
    assert (ended.code, verdict.missing, verdict.gaps) == (0, 0, 0)
