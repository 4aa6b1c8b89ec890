"""A board beside a count: what it costs, how late viewers see a vote, what the count loses.

The counter writes its file for the board once a second, as in a vote; the board is the program
itself. Viewers, in a process of their own, hold one stream each. The count alone, with an idle
board, and with a board and all viewers take turns; the best turn of each counts, because other
programs on the machine only slow it. In the same run: Flask on waitress for the state, and a hub
with one queue per viewer for streams.

    python -m benchmarks.board [--viewers 5000] [--seconds 20] [--turns 3]
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from benchmarks import audience, ledgers, telling
from benchmarks.audience import PAGE
from benchmarks.board_viewers import Late
from benchmarks.live import ENDLESS, LONGEST_END_S, Screen, counting, sources
from benchmarks.memory import MB
from benchmarks.network import network
from twittervotes.app.runtime import without_pauses
from twittervotes.board import curtain
from twittervotes.client import Board, BoardError
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.core.ledger.writer import Ledger
from twittervotes.text.graphics import Graphics

SLUG = "vote"
FILES_SPARE = 500  # files and connections besides those of viewers
ASKING = 8  # connections that request the state


@dataclass(frozen=True, slots=True)
class Turn:
    """One count: its speed, and the use of the server and its viewers in the meantime."""

    rate: float
    exact: bool
    cpu: float = 0.0  # of a core, by the server
    megabytes: float = 0.0
    late: Late | None = None
    watching_cpu: float = 0.0  # of a core, by the viewers' process


class Written(Screen):
    """A view that also writes the counter's files."""

    def __init__(self, files: Graphics) -> None:
        super().__init__()
        self._files = files

    def show(self, snapshot: Snapshot) -> None:
        self._files.show(snapshot)
        super().show(snapshot)


@contextmanager
def board(ledger: Path, viewers: int) -> Iterator[tuple[str, psutil.Process]]:
    """Serve a ledger with the program itself."""
    words = ("-m", "twittervotes", "board", str(ledger), "--port", "0")
    with _server(*words, "--max-viewers", str(viewers + 10)) as (line, process):
        url = line.split()[4].rstrip("/")
        with Board(url) as client:
            for _ in range(300):
                with contextlib.suppress(BoardError):
                    if client.state(SLUG).digest:
                        break
                time.sleep(0.1)
        yield url, process


@contextmanager
def rival(which: str, file: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Serve the counter's file as others would."""
    with _server("-m", "benchmarks.board_rivals", which, str(file)) as (line, process):
        yield f"http://127.0.0.1:{line.strip()}", process


@contextmanager
def _server(*words: str) -> Iterator[tuple[str, psutil.Process]]:
    with subprocess.Popen((sys.executable, *words), stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own words
        try:
            yield server.stdout.readline() if server.stdout else "", psutil.Process(server.pid)
        finally:
            server.kill()


@contextmanager
def viewers(url: str, number: int) -> Iterator[subprocess.Popen[str]]:
    """Hold so many streams open."""
    words = (sys.executable, "-m", "benchmarks.board_viewers", url, str(number))
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - our own words
        try:
            if process.stdout:
                process.stdout.readline()
            yield process
        finally:
            process.kill()


@contextmanager
def writing(folder: Path) -> Iterator[Graphics]:
    """Write the counter's files as the program does, in a thread."""
    graphics = Graphics(folder, more=curtain.files)
    writer = threading.Thread(target=graphics.run, daemon=True)
    writer.start()
    try:
        yield graphics
    finally:
        graphics.stop()
        writer.join()


def turn(folder: Path, seconds: float, number: int, which: str = "board") -> Turn:
    """Count for so long: without a board (-1 viewers), with an idle one (0), or with viewers."""
    path = folder / f"{SLUG}.votes"
    graphics = folder / f"{SLUG}-graphics"
    with contextlib.ExitStack() as running:
        net = running.enter_context(network(2))
        files = running.enter_context(writing(graphics))
        screen, _ = running.enter_context(counting(path, sources(net, 2), Written(files)))
        screen.wait_for(2 * PAGE, LONGEST_END_S)
        while not (graphics / curtain.FILE).exists():
            time.sleep(0.05)
        server, watching = None, None
        if number >= 0 and which == "board":
            url, server = running.enter_context(board(path, number))
            url += f"/v1/contests/{SLUG}/stream"
        elif number >= 0:
            url, server = running.enter_context(rival(which, graphics / curtain.FILE))
        if number > 0:
            watching = running.enter_context(viewers(url, number))
        before, began = screen.posts, time.perf_counter()
        viewing = psutil.Process(watching.pid) if watching else None
        worked, viewed = _worked(server), _worked(viewing)
        _say(watching)
        screen.wait_for(ENDLESS, seconds)
        posts, took = screen.posts - before, time.perf_counter() - began
        cpu, watching_cpu = (_worked(server) - worked) / took, (_worked(viewing) - viewed) / took
        _say(watching)
        late = None
        if watching and watching.stdout:
            late = msgspec.json.decode(watching.stdout.readline(), type=Late)
        memory = server.memory_info().rss / MB if server else 0.0
        pages = net.freeze()
        exact = screen.wait_for(sum(pages) * PAGE, LONGEST_END_S) == sum(pages) * PAGE
        votes = screen.last.tally.votes if screen.last else ()
    truth = tuple(map(sum, zip(*map(audience.truth, pages), strict=True)))
    for each in (path, *path.parent.glob(f"{path.name}-*")):
        each.unlink(missing_ok=True)
    return Turn(posts / took, exact and votes == truth, cpu, memory, late, watching_cpu)


def _worked(server: psutil.Process | None) -> float:
    if server is None:
        return 0.0
    times = server.cpu_times()
    return float(times.user + times.system)


def _say(process: subprocess.Popen[str] | None) -> None:
    if process and process.stdin:
        process.stdin.write("\n")
        process.stdin.flush()


def asking(url: str, path: str, seconds: float, server: psutil.Process) -> tuple[float, float]:
    """Request the state over several connections.

    Returns the responses per second of the server's processor time, and the 99th percentile of the
    response time in milliseconds.
    """
    took: list[float] = []
    ends, worked = time.monotonic() + seconds, _worked(server)

    def ask() -> None:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
        while time.monotonic() < ends:
            began = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{url}{path} answered with {answer.status}")
            took.append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(ASKING)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    late = sorted(took)[len(took) * 99 // 100] if took else 0.0
    return len(took) / max(0.01, _worked(server) - worked), 1000 * late


def answers(folder: Path, seconds: float) -> list[tuple[str, str, str]]:
    """Return rows about `GET state`: of the board, and of Flask on waitress."""
    path = folder / f"{SLUG}.votes"
    rows = []
    with Ledger.create(path, ledgers.contest(), Clock().today()):
        pass
    with contextlib.ExitStack() as running:
        file = folder / f"{SLUG}-graphics" / curtain.FILE
        url, server = running.enter_context(board(path, 10))
        rate, late = asking(url, f"/v1/contests/{SLUG}/state", seconds, server)
        rows.append(("the board", telling.short(rate), f"{late:.1f} ms"))
        if importlib.util.find_spec("waitress") is None:
            telling.progress("going on without waitress, which isn't installed")
            return rows
        url, server = running.enter_context(rival("flask", file))
        rate, late = asking(url, "/state", seconds, server)
        rows.append(("Flask on waitress", telling.short(rate), f"{late:.1f} ms"))
    return rows


def main() -> int:
    parser = telling.parser(__doc__)
    parser.add_argument("--viewers", type=int, help="how many streams are open")
    parser.add_argument("--seconds", type=float, help="how long each turn counts")
    parser.add_argument("--turns", type=int, help="how often each is measured")
    options = parser.parse_args()
    without_pauses()
    number = options.viewers or telling.sized(options, 5_000, 1_000, 20)
    seconds = options.seconds or telling.sized(options, 20.0, 8.0, 3.0)
    turns = options.turns or telling.sized(options, 3, 2, 1)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < number + FILES_SPARE:
        number = hard - FILES_SPARE
        telling.progress(f"only {number:,} viewers: the machine allows {hard:,} files a process")
    found: dict[int, list[Turn]] = {-1: [], 0: [], number: []}
    with telling.scratch(options) as folder:
        for _ in range(turns):
            for watching, kept in found.items():
                telling.progress(f"counting beside {_beside(watching)}")
                kept.append(turn(folder, seconds, watching))
        telling.progress(f"counting beside {number:,} viewers with a queue each")
        queued = turn(folder, seconds, number, "queues")
        telling.progress("asking for the state")
        rows = answers(folder, seconds / 2)
    return _tell(found, number, queued, rows)


def _beside(number: int) -> str:
    return {-1: "nothing", 0: "an idle board"}.get(number, f"a board with {number:,} viewers")


def _tell(
    found: dict[int, list[Turn]], number: int, queued: Turn, rows: list[tuple[str, str, str]]
) -> int:
    best = {each: max(turn.rate for turn in kept) for each, kept in found.items()}
    watched = [turn for turn in found[number] if turn.late]
    print(f"{number:,} viewers of a count that reads as fast as it can", end="")
    print(" and writes one file per second.\n")
    if watched:
        least = min(watched, key=lambda turn: turn.late.median_ms if turn.late else 0)
        late = least.late or Late(0, 0, 0, 0)
        telling.table(
            telling.AIMED,
            [
                telling.bounded("server CPU, of a core", least.cpu, 0.5),
                telling.bounded("server memory", least.megabytes, 300, " MB"),
                telling.bounded("commit to viewer, median", late.median_ms / 1000, 1.0, " s"),
                telling.bounded("commit to viewer, 99 %", late.most_ms / 1000, 2.5, " s"),
                telling.bounded("the count loses, idle board", 100 * _lost(best, 0), 2, " %"),
                telling.bounded("the count loses, viewers", 100 * _lost(best, number), 10, " %"),
            ],
        )
    turns = [
        (_beside(each), telling.short(best[each]), *_of(kept[-1])) for each, kept in found.items()
    ]
    turns.append(("one queue per viewer", telling.short(queued.rate), *_of(queued)))
    telling.table(
        (
            *("the count beside", "posts per second", "server CPU", "viewers' CPU"),
            *("memory", "median", "99 %", "frames"),
        ),
        turns,
    )
    telling.table(("GET state", "responses per second of server CPU", "99 % within"), rows)
    everything = [*(turn for kept in found.values() for turn in kept), queued]
    return telling.ended(exact=all(turn.exact for turn in everything))


def _lost(best: dict[int, float], number: int) -> float:
    return max(0.0, 1 - best[number] / best[-1])


def _of(turn: Turn) -> tuple[str, ...]:
    if turn.megabytes == 0:
        return ("–",) * 6
    late = turn.late
    seen = (
        (f"{late.median_ms} ms", f"{late.most_ms} ms", f"{late.frames:,}") if late else ("–",) * 3
    )
    return f"{turn.cpu:.2f}", f"{turn.watching_cpu:.2f}", f"{turn.megabytes:.0f} MB", *seen


if __name__ == "__main__":
    raise SystemExit(main())
