"""What is broken during a vote, each kind by its name: a function that does it to a scene.

Each returns when its fault is over, or when the program is on its own with it. What the program
must do at once (end with a sentence, harm nothing) is checked here, and complained of.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from simulators.everywhere import FIRST, HOSTS, SEARCH, X_
from simulators.everywhere_launcher import RunningEverywhere
from simulators.faulty_proxy import ProxyFault
from soak.board import Beside
from soak.disk import Disk
from soak.jumping import Jumps
from soak.program import Program
from twittervotes.rehearsal.settings import Fault

HOUR_S = 3600.0
FULL_S = 8.0  # so long at most a program is given to notice that the disk is full
STARTS_S = 30.0  # in which a program that was started has workers
COUNTED = (X_, FIRST, *HOSTS, SEARCH)  # where single faults can be asked for


@dataclass
class Scene:
    """A vote under way, and what breaks it."""

    stage: RunningEverywhere
    program: Program
    jumps: Jumps
    disk: Disk
    random: Random
    board: Beside
    complaints: list[str] = field(default_factory=list)

    def a_while(self, least_s: float = 0.5, most_s: float = 3.0) -> None:
        time.sleep(self.random.uniform(least_s, most_s))

    def expect(self, is_so: bool, words: str) -> None:
        if not is_so:
            self.complaints.append(words)


def worker_killed(scene: Scene) -> None:
    workers = scene.program.workers()
    if workers:
        with suppress(ProcessLookupError):
            os.kill(scene.random.choice(workers).pid, signal.SIGKILL)


def program_killed(scene: Scene) -> None:
    scene.program.kill()
    scene.a_while(0.0, 2.0)
    scene.program.start()


def ended_by_ctrl_c(scene: Scene) -> None:
    _wait_for_workers(scene)  # a Python that is importing has nothing to answer Ctrl-C with
    ended = scene.program.interrupt()
    scene.expect(ended.code in (0, 3, 130), f"Ctrl-C ended it with {ended.code}")
    scene.a_while(0.0, 2.0)
    scene.program.start()


def asleep(scene: Scene) -> None:
    """Stop all its processes for a while, as a laptop that is closed."""
    program = scene.program
    stopped = [program.running.pid, *(each.pid for each in program.workers())]
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if number == signal.SIGSTOP:
            scene.a_while(2, 5)


def disk_full(scene: Scene) -> None:
    program, disk = scene.program, scene.disk
    disk.fill(program.running.pid, program.ledger)
    until = time.monotonic() + FULL_S
    while not program.is_over() and time.monotonic() < until:
        time.sleep(0.1)
    disk.free(program.running.pid)
    if program.is_over():
        result = program.ended(FULL_S).result
        if result and result["state"] == "provisional" and "trouble" not in result:
            return  # it was just done, in the room there was
        said = program.said()
        scene.expect(program.running.returncode in (2, 3), "a full disk is no result")
        scene.expect("disk" in said or "could not be" in said, "a full disk was not told")
        program.start()


def clock_ahead(scene: Scene) -> None:
    _jump(scene, HOUR_S)


def clock_back(scene: Scene) -> None:
    _jump(scene, -HOUR_S)


def _jump(scene: Scene, ahead_s: float) -> None:
    """Let the clock be an hour wrong for a while; now and then the program is started in that."""
    scene.jumps.ahead_s = ahead_s
    scene.a_while(2, 6)
    if scene.random.random() < 0.5:
        program_killed(scene)
        scene.a_while(3, 12)
    scene.jumps.ahead_s = 0.0


def network_lost(scene: Scene) -> None:
    scene.stage.pull(*scene.stage.at)
    scene.a_while(2, 6)
    scene.stage.plug(*scene.stage.at)


def server_lost(scene: Scene) -> None:
    where = scene.random.choice(list(scene.stage.at))
    scene.stage.pull(where)
    scene.a_while(2, 6)
    scene.stage.plug(where)


def second_copy(scene: Scene) -> None:
    """Start the program on the ledger into which the first one is counting."""
    _wait_for_workers(scene)  # else the second may be the first
    if scene.program.is_over() or not scene.program.ledger.exists():
        return
    ended = scene.program.again()
    sentences = [line for line in ended.said.splitlines() if " INFO " not in line]
    if not scene.program.is_over():
        scene.expect(ended.code == 2, f"a second copy ended with {ended.code}: {ended.said}")
        scene.expect(len(sentences) == 1, f"a second copy said: {ended.said}")


def board_killed(scene: Scene) -> None:
    scene.board.start()
    scene.a_while()
    scene.board.kill()
    scene.board.start()


def board_stopped(scene: Scene) -> None:
    scene.board.start()
    scene.board.send(signal.SIGSTOP)
    scene.a_while(2, 5)
    scene.board.send(signal.SIGCONT)


def board_flooded(scene: Scene) -> None:
    scene.board.start()
    scene.board.flood()


def _wait_for_workers(scene: Scene) -> None:
    """Wait until the program counts, or is over."""
    until = time.monotonic() + STARTS_S
    while not (scene.program.workers() or scene.program.is_over()) and time.monotonic() < until:
        time.sleep(0.1)


def _answers(
    fault: Fault, asked: Sequence[str] = COUNTED, most: int = 2
) -> Callable[[Scene], None]:
    def ask(scene: Scene) -> None:
        for where in scene.random.sample(asked, 2):
            scene.stage.fail_next(where, fault, scene.random.randint(1, most))

    return ask


def _spoils(bad: ProxyFault) -> Callable[[Scene], None]:
    def spoil(scene: Scene) -> None:
        scene.stage.spoil(scene.random.choice(list(scene.stage.at)), bad)

    return spoil


FAULTS: dict[str, Callable[[Scene], None]] = {
    "a worker is killed": worker_killed,
    "the program is killed": program_killed,
    "Ctrl-C, then resumed": ended_by_ctrl_c,
    "asleep (all processes stopped)": asleep,
    "the disk is full": disk_full,
    "the clock jumps an hour ahead": clock_ahead,
    "the clock jumps an hour back": clock_back,
    "the network becomes unreachable": network_lost,
    "a server becomes unreachable": server_lost,
    "two copies, one ledger": second_copy,
    "the board is killed": board_killed,
    "the board is stopped": board_stopped,
    "the board is flooded": board_flooded,
    "429 too many requests": _answers(Fault.TOO_MANY),
    "500 internal error": _answers(Fault.INTERNAL),
    "503 over capacity": _answers(Fault.UNAVAILABLE),
    "the response is cut off": _answers(Fault.CUT),
    "the connection is reset": _answers(Fault.RESET),
    "the response is slow": _answers(Fault.SLOW),
    "HTML instead of JSON": _answers(Fault.NOT_JSON),
    "JSON of an unexpected shape": _answers(Fault.OTHER_SHAPE),
    "an unreadable post": _answers(Fault.BAD_POST),
    "garbage instead of HTTP": _spoils(ProxyFault.GARBAGE),
    "an endless response, fast": _spoils(ProxyFault.FLOOD),
    "an endless response, in drips": _spoils(ProxyFault.DRIP),
    "no response at all": _spoils(ProxyFault.MUTE),
}
PATIENT = {"420, without a time to wait": _answers(Fault.CALM, (X_, FIRST), 1)}  # costs minutes
