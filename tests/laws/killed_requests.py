"""Kill a counter, and the desk that sends it requests, before each line that they run.

Run as a program: `killed_requests.py FOLDER every PART PARTS` kills before every line once (of its
part), `killed_requests.py FOLDER random SEED ROUNDS` up to four times in a row at random lines.
After each, it starts the counter again, lets it finish, and checks what became of every request. It
prints how often it killed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from twittervotes.core import atomic_file
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.ledger import writer
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import inbox, requests, session
from twittervotes.core.polling.requests import ActRequest

OPENS_MS = 1_700_000_000_000
CONTEST = Contest("?", (Choice("debian"), Choice("arch")), opens_ms=OPENS_MS)
FILES = {str(module.__file__) for module in (atomic_file, inbox, requests, session, writer)}
PURE = {"<genexpr>", "<listcomp>", "<dictcomp>", "act", "new_id", "snapshot", "_sweeps_ms"}
LINES = 700  # that one run of `work` has, about
LATER_MS = OPENS_MS + 1_000_000
WANTED = (  # each twice would be seen in the tally, the pauses or the answers
    ActRequest("adjusted", "Ada", LATER_MS, tag="debian", votes=3, reason="jury"),
    ActRequest("hide", "Ada", LATER_MS),
    ActRequest("certified", "Eve", LATER_MS),
    ActRequest("paused", "Bob", LATER_MS),
)
APPLIED = (True, True, False, True)


@dataclass
class Shown:
    hidden: bool = False


def work(folder: Path) -> None:
    """Request what is not requested yet, as a desk, and apply it, as a counter."""
    path, asked = folder / "show.votes", folder / "asked"
    done = asked.read_text().split() if asked.exists() else []
    for wanted in WANTED[len(done) :]:
        name = requests.put(path, wanted)
        with asked.open("a") as file:
            file.write(f"{name}\n")
    count(path)


def count(path: Path) -> None:
    clock = Clock(today=lambda: OPENS_MS + 5000, now=lambda: 0)
    with Ledger.reopen(path) as ledger:
        counted = session.Session(ledger, (), clock, every_ms=1000, settle_ms=0)
        counted.begin()
        inbox.Inbox(ledger, counted, Shown(), clock).look()


def check(folder: Path) -> None:
    """Check that every request was applied once or refused."""
    path = folder / "show.votes"
    names = (folder / "asked").read_text().split()
    assert len(names) == len(WANTED)
    box = requests.inbox_of(path)
    assert not [each for each in box.iterdir() if requests.REQUEST.fullmatch(each.name)]
    with Reader(path) as reader:
        found = [act.request for act in reader.acts if act.request]
        assert len(found) == len(set(found)), "an act was applied twice"
    with Ledger.reopen(path) as ledger:
        curtains = [str(body["request"]) for body in ledger.curtains()]
        assert len(curtains) == len(set(curtains)), "the curtain was drawn twice"
    for name, wanted, is_applied in zip(names, WANTED, APPLIED, strict=True):
        answer = requests.answer(path, name)
        assert answer is not None, wanted
        # Another request of the same, whose name the killed desk never learnt, may be the first.
        unknown = {*found, *curtains} - set(names)
        assert answer.applied is is_applied or unknown, (wanted, answer)
        assert answer.applied is (name in (*found, *curtains)), (wanted, answer)
        assert answer.applied or answer.words
    assert verify(path).finding is None


def child(do: Callable[[], None], before_line: int = 0) -> bool:
    """Run `do` in a process that is killed before one of its lines; return whether it was."""
    number = os.fork()
    if number == 0:
        try:
            if before_line:
                sys.settrace(_killer(before_line))
            do()
            sys.settrace(None)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(number, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, f"failed before line {before_line}"
    return False


def _killer(before_line: int) -> Callable[[FrameType, str, object], object]:
    left = before_line

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal left
        if frame.f_code.co_filename not in FILES or frame.f_code.co_name in PURE:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def prepared(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    with Ledger.create(folder / "show.votes", CONTEST, OPENS_MS) as ledger:
        session.Session(
            ledger, (), Clock(lambda: OPENS_MS, lambda: 0), every_ms=1000, settle_ms=0
        ).begin()
    return folder


def every_line(place: Path, part: int, parts: int) -> int:
    killed, line = 0, part + 1
    while True:
        folder = prepared(place / f"line-{line}")
        if not child(lambda: work(folder), line):  # noqa: B023 - it runs at once
            return killed
        killed, line = killed + 1, line + parts
        child(lambda: work(folder))  # noqa: B023
        check(folder)


def at_random(place: Path, seed: int, rounds: int) -> int:
    killed, chance = 0, random.Random(seed)
    for number in range(rounds):
        folder = prepared(place / f"random-{seed}-{number}")
        for _ in range(chance.randrange(1, 5)):
            killed += child(lambda: work(folder), chance.randrange(1, LINES))  # noqa: B023
        child(lambda: work(folder))  # noqa: B023
        check(folder)
    return killed


if __name__ == "__main__":
    place, way, *numbers = sys.argv[1:]
    run = {"every": every_line, "random": at_random}[way]
    sys.stdout.write(f"{run(Path(place), *map(int, numbers))}\n")
