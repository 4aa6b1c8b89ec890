"""One round of the soak: a vote, everything broken in an order of chance, and the judgement."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from simulators.bluesky_host import Manners
from simulators.everywhere import Script
from simulators.everywhere_launcher import start
from simulators.mastodon_world import FediverseSettings
from soak.board import Beside
from soak.disk import disk
from soak.faults import FAULTS, PATIENT, Scene
from soak.judge import Outage, Verdict, judge
from soak.jumping import VARIABLE, Jumps
from soak.program import Ended, Program, end_all
from twittervotes.core.contest.acts import second_before
from twittervotes.rehearsal.settings import Faults, RehearsalSettings
from twittervotes.rehearsal.x_settings import SimulatedXSettings

JUMPING = Path(__file__).with_name("jumping.py")
TAGS = ("debian", "Café", "arch")
S = 1000
SETTLES_S = 8
WITHIN_S = (
    400  # from the end of the vote to the result: a wait without a time told grows to four minutes
)
SETTINGS = RehearsalSettings(
    audience=500,
    rate=10,
    late=0.2,
    late_s=2.0,
    short=0.2,
    limit=60,
    window_s=5.0,
    faults=Faults(unavailable=0.01, cut=0.01, reset=0.01, bad_post=0.02, slow=0.01, slow_s=1.0),
)
CHANGING = FediverseSettings(edited=0.1, untagged=0.05, deleted=0.05, unseen=0.2)


@dataclass
class Report:
    """What came of a round."""

    seed: int
    broken: Counter[str]
    complaints: list[str]
    verdict: Verdict | None = None
    took_s: float = 0.0
    said: str = field(default="", repr=False)


def a_round(
    seed: int,
    folder: Path,
    *,
    kinds: int | None = None,
    patient: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Hold a vote, and break this many kinds of things during it (None: all)."""
    random = Random(seed)
    began = time.monotonic()
    possible = FAULTS | PATIENT if patient else FAULTS
    chosen = random.sample(list(possible), kinds or len(possible))
    now_ms = second_before(time.time_ns() // 1_000_000)
    blind = (now_ms - 80 * S, now_ms - 40 * S) if random.random() < 0.3 else None
    manners = Manners(blind_us=(blind[0] * S, blind[1] * S)) if blind else Manners()
    lasts_s = 15 + 2 * len(chosen)  # what is broken last is broken in the final sweep
    settings = replace(SETTINGS, seed=seed, before_s=90.0 if blind else 10.0, lasts_s=lasts_s + 2.0)
    script = Script(
        settings, TAGS, SimulatedXSettings(partial=0.1, empty=0.1), CHANGING, (manners, Manners())
    )
    report = Report(seed, Counter(), [])
    with ExitStack() as stack:
        stage = stack.enter_context(start(script))
        room = stack.enter_context(disk(folder / "disk"))
        opens_ms = now_ms - (85 if blind else 5) * S
        closes_ms = second_before(time.time_ns() // 1_000_000) + lasts_s * S
        program = Program(
            folder,
            TAGS,
            opens_ms,
            closes_ms,
            settle=f"{SETTLES_S}s",
            ledger=room.folder / "vote.votes",
            app=JUMPING,
            variables={VARIABLE: str(folder / "clock")},
        )
        stack.callback(end_all, [program])
        program.prepare(stage)
        board = Beside(program.ledger, folder)
        stack.callback(board.kill)
        jumps = Jumps(folder / "clock")
        scene = Scene(stage, program, jumps, room, random, board, report.complaints)
        program.start()
        time.sleep(random.uniform(1, 4))
        for kind in chosen:
            if not _goes_on(program, report.complaints):
                break
            tell(kind)
            possible[kind](scene)
            report.broken[kind] += 1
            scene.a_while(0.2, 2)
        ended = _brought_to_its_end(program, report.complaints)
        if ended is not None and ended.result is not None:
            name = f"bluesky:{stage.at['bluesky-1']}"
            outages = [Outage(name, *blind)] if blind else []
            report.verdict = judge(ended.result, program.ledger, stage, outages)
            report.complaints += report.verdict.complaints
            if differs := board.differs(ended.result):
                report.complaints.append(differs)
        report.said = program.said()
        if "Traceback" in report.said:
            report.complaints.append("a traceback was printed")
    report.took_s = time.monotonic() - began
    return report


def _goes_on(program: Program, complaints: list[str]) -> bool:
    """Tell whether the vote still runs; nothing that is broken may end it by itself."""
    if program.is_over():
        code = program.running.returncode
        if code not in (0, 3):
            complaints.append(f"the program ended by itself with {code}")
        return False
    return True


def _brought_to_its_end(program: Program, complaints: list[str]) -> Ended | None:
    """Wait for the result."""
    now_ms = time.time_ns() // 1_000_000
    try:
        ended = program.ended(max(0, program.closes_ms - now_ms) / S + WITHIN_S)
    except subprocess.TimeoutExpired:
        complaints.append(f"no result came within {WITHIN_S} s after the end of the vote")
        return None
    if ended.result is None:
        complaints.append(f"the program ended with {ended.code} and without a result")
    return ended
