"""Posts deleted or edited while the program isn't running: the final sweep finds them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from patience import PATIENCE_S, until
from soak.judge import judge
from test_everywhere import FAULTS, SETTINGS, S, counted, posts_in, this_second

from simulators.everywhere import Script
from simulators.mastodon_world import FediverseSettings

pytestmark = pytest.mark.long

TAGS = ("debian", "Café", "arch")
KILLS = 3


def test_deletions_survive_three_kills(
    tmp_path: Path,
) -> None:
    play = FediverseSettings(edited=0.1, untagged=0.1, deleted=0.1, changes_s=6.0)
    faults = replace(FAULTS, too_many=0.0)
    settings = replace(SETTINGS, before_s=5.0, rate=25, audience=800, faults=faults, limit=300)
    script = Script(settings, TAGS, play=play, bridged=0.0)
    opens_ms = this_second() - 3 * S
    ways = {"sources": ("mastodon",), "settle": "9s"}
    with counted(tmp_path, script, opens_ms, 15, **ways) as (stage, program):
        program.start()
        for kill in range(KILLS):
            before = posts_in(program.ledger)
            until(lambda before=before: posts_in(program.ledger) > before + 30)
            program.interrupt() if kill == 1 else program.kill()
            time.sleep(0.5)
            program.start()
        ended = program.ended(3 * PATIENCE_S)
        assert ended.result is not None, ended.said
        verdict = judge(ended.result, program.ledger, stage, (), ("mastodon",))
    assert verdict.complaints == (), ended.said
    assert (ended.code, verdict.missing, verdict.gaps) == (0, 0, 0)
    assert verdict.votes > 100
