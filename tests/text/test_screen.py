"""The text view in a real terminal (a pty) and in a pipe: keys, log lines, every way to end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from patience import PATIENCE_S, until

from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.snapshot import Snapshot, SourceState, SourceStatus, State
from twittervotes.text.picture import drawn, line

if sys.platform == "win32":
    pytest.skip("there are no ptys on Windows", allow_module_level=True)

import pty
import termios

# A vote that runs by itself: it prints what is asked for, and pauses when that is asked.
PROGRAM = """
import logging, sys, threading, time
from dataclasses import replace
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Tally, Verdict
from twittervotes.core.contest.snapshot import Intents, Snapshot, State
from twittervotes.text.screen import Screen
logging.basicConfig(stream=sys.stderr, format="LOGGED %(message)s")
def snapshot(state, votes):
    contest = Contest("Which one?", (Choice("debian"), Choice("arch")), closes_ms=600_000)
    tally = Tally((votes, 1), ((Verdict.COUNTED, votes + 1),))
    return Snapshot(contest, state, 1000 * votes, tally, (), "9f" * 32)
state = State.OPEN
def turn(to):
    global state
    state = to
def update():
    logging.warning("updated")
    if "fail" in sys.argv: raise RuntimeError("made up")
intents = Intents(update=update, pause=lambda: turn(State.PAUSED), resume=lambda: turn(State.OPEN),
                  close=lambda: turn(State.CLOSING), act=lambda act: logging.warning(str(act)))
screen = Screen(intents)
def count():
    for votes in range(3, 10_000):
        screen.show(snapshot(state, votes))
        time.sleep(0.05)
    screen.stop()
threading.Thread(target=count, daemon=True).start()
screen.run()
print("ENDED WELL")
"""
# Makes the pty the terminal that controls the new session, as a shell's is.
CONTROL = "import fcntl, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
# As much of a shell as Ctrl-Z needs: the program is a job in the fore, and is called back to it.
SHELL = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = subprocess.Popen([sys.executable, "-c", PROGRAM], process_group=0)
os.tcsetpgrp(0, job.pid)
os.waitpid(job.pid, os.WUNTRACED)
os.tcsetpgrp(0, os.getpgrp())
print("STOPPED", flush=True)
sys.stdin.readline()
os.tcsetpgrp(0, job.pid)
os.kill(job.pid, signal.SIGCONT)
code = job.wait()
os.tcsetpgrp(0, os.getpgrp())
sys.exit(code)
"""


@dataclass
class Terminal:
    """A program in a terminal of its own."""

    process: subprocess.Popen[bytes]
    master: int
    slave: int
    before: list[object]
    seen: str = ""
    read: bytes = field(default=b"")

    def until(self, holds: Callable[[], object]) -> None:
        until(holds, meanwhile=self.look, told=lambda: f"seen: {self.seen[-2000:]!r}")

    def look(self) -> None:
        while True:
            try:
                part = os.read(self.master, 65536)
            except BlockingIOError:
                return
            self.read += part
            self.seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.read.decode(errors="ignore"))

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def forget(self) -> None:
        self.look()
        self.read, self.seen = b"", ""

    @property
    def is_as_before(self) -> bool:
        return termios.tcgetattr(self.slave) == self.before

    @property
    def shows_cursor(self) -> bool:
        return self.read.rfind(b"\x1b[?25h") > self.read.rfind(b"\x1b[?25l")


@pytest.fixture
def terminal(home: Path) -> Iterator[Callable[..., Terminal]]:
    started: list[Terminal] = []

    def start(*arguments: str, program: str = PROGRAM) -> Terminal:
        master, slave = pty.openpty()
        os.set_blocking(master, False)
        termios.tcsetwinsize(slave, (30, 100))
        before = termios.tcgetattr(slave)
        process = subprocess.Popen(
            [sys.executable, "-c", CONTROL + program, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        started.append(Terminal(process, master, slave, before))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait(PATIENCE_S)
        os.close(each.master)
        os.close(each.slave)


def test_it_shows_the_vote_and_p_pauses_and_resumes_it(terminal: Callable[..., Terminal]) -> None:
    shown = terminal()
    shown.until(lambda: "LIVE" in shown.seen and "debian" in shown.seen)
    assert "09:" in shown.seen, "the time left"
    assert "q quit · p pause · u update · + 1 minute · c close" in shown.seen
    shown.type("p")
    shown.until(lambda: "Press p again to pause" in shown.seen)
    shown.type("p")
    shown.until(lambda: "PAUSED" in shown.seen and "p resume" in shown.seen)
    shown.forget()
    shown.type("p")
    shown.until(lambda: "LIVE" in shown.seen)


def test_plus_extends_and_a_double_c_closes(
    terminal: Callable[..., Terminal],
) -> None:
    shown = terminal()
    shown.until(lambda: "LIVE" in shown.seen)
    shown.type("+")
    shown.until(lambda: "until_ms=660000" in shown.seen)
    shown.forget()
    shown.type("c")
    shown.until(lambda: "Press c again to close voting." in shown.seen)
    assert "CLOSING" not in shown.seen
    shown.type("c")
    shown.until(lambda: "CLOSING" in shown.seen)


def test_another_key_cancels_a_question(terminal: Callable[..., Terminal]) -> None:
    shown = terminal()
    shown.until(lambda: "LIVE" in shown.seen)
    shown.type("c")
    shown.until(lambda: "Press c again" in shown.seen)
    shown.type("q")
    shown.until(lambda: "Press q again" in shown.seen)
    shown.forget()
    shown.type("c")
    shown.until(lambda: "Press c again" in shown.seen)
    assert shown.process.poll() is None
    assert "CLOSING" not in shown.seen


def test_in_another_size_the_picture_is_redrawn(terminal: Callable[..., Terminal]) -> None:
    shown = terminal()
    shown.until(lambda: "LIVE" in shown.seen)
    shown.forget()
    termios.tcsetwinsize(shown.slave, (24, 60))
    os.kill(shown.process.pid, signal.SIGWINCH)
    shown.until(lambda: b"\x1b[2J" in shown.read)
    cleared = shown.read.rfind(b"\x1b[2J")
    shown.until(lambda: shown.read.find(b"LIVE", cleared) > 0)
    # What was read may end within a sequence or a character.
    plain = re.sub(rb"\x1b(\[[0-9;?]*([A-Za-z]|\Z)|\Z)", b"", shown.read[cleared:])
    text = plain.decode(errors="ignore")
    assert max(map(len, text.splitlines())) <= 60


def test_q_asks_once_while_the_vote_is_open_and_then_ends(
    terminal: Callable[..., Terminal],
) -> None:
    shown = terminal()
    shown.until(lambda: "LIVE" in shown.seen)
    assert not shown.is_as_before
    shown.type("q")
    shown.until(lambda: "Press q again to quit" in shown.seen)
    shown.type("q")
    shown.until(lambda: shown.process.poll() is not None)
    shown.look()
    assert shown.process.returncode == 0
    assert "ENDED WELL" in shown.seen
    assert shown.is_as_before
    assert shown.shows_cursor


def test_log_lines_are_printed_above_the_picture(
    terminal: Callable[..., Terminal],
) -> None:
    shown = terminal()
    shown.until(lambda: "LIVE" in shown.seen)
    shown.type("u")
    shown.until(lambda: "LOGGED updated" in shown.seen)
    # The picture is wiped out, then comes the line, then a picture below it.
    assert re.search(rb"\x1b\[2K(\x1b\[[0-9;]*m)*LOGGED updated *(\x1b\[0m)?\r?\n", shown.read)


def test_an_exception_gives_the_terminal_back(terminal: Callable[..., Terminal]) -> None:
    shown = terminal("fail")
    shown.until(lambda: "LIVE" in shown.seen)
    shown.type("u")
    shown.until(lambda: shown.process.poll() is not None)
    shown.until(lambda: "made up" in shown.seen)
    assert shown.process.returncode == 1
    assert shown.is_as_before
    assert shown.shows_cursor


def test_ctrl_c_gives_the_terminal_back(terminal: Callable[..., Terminal]) -> None:
    shown = terminal()
    shown.until(lambda: "LIVE" in shown.seen)
    shown.type("\x03")
    shown.until(lambda: shown.process.poll() is not None)
    shown.look()
    assert shown.is_as_before
    assert shown.shows_cursor


def test_ctrl_z_puts_the_picture_away_and_fg_takes_it_up(
    terminal: Callable[..., Terminal],
) -> None:
    # A shell of our own starts it once the terminal is its own: else Ctrl-Z is for nobody.
    shown = terminal(program=f"PROGRAM = {PROGRAM!r}\n{SHELL}")
    shown.until(lambda: "LIVE" in shown.seen)
    shown.type("\x1a")
    shown.until(lambda: "STOPPED" in shown.seen)
    assert shown.is_as_before
    assert shown.shows_cursor
    shown.forget()
    shown.type("\n")
    shown.until(lambda: "LIVE" in shown.seen)
    assert not shown.is_as_before
    shown.type("qq")
    shown.until(lambda: shown.process.poll() is not None)
    assert shown.is_as_before


def test_sigterm_is_no_way_to_lose_the_terminal(terminal: Callable[..., Terminal]) -> None:
    program = PROGRAM.replace(
        "screen.run()",
        "import signal\nsignal.signal(signal.SIGTERM, lambda *_: screen.stop())\nscreen.run()",
    )
    shown = terminal(program=program)
    shown.until(lambda: "LIVE" in shown.seen)
    shown.process.send_signal(signal.SIGTERM)
    shown.until(lambda: shown.process.poll() is not None)
    assert shown.process.returncode == 0
    assert shown.is_as_before


def test_arrow_keys_do_nothing(terminal: Callable[..., Terminal]) -> None:
    shown = terminal()
    shown.until(lambda: "LIVE" in shown.seen)
    shown.type("\x1b[A")
    shown.forget()
    shown.until(lambda: shown.seen.count("LIVE") > 2)
    assert "PAUSED" not in shown.seen
    assert "still open" not in shown.seen


def test_in_a_pipe_there_is_a_line_when_something_changes() -> None:
    # Each number twice, the second time when the line with it was written.
    program = PROGRAM.replace("range(3, 10_000)", "(3, 3, 5, 5)").replace(
        "sleep(0.05)", "sleep(.3)\n        while f'#debian {votes} ' not in screen._line: pass"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert [line.split(" ", 1)[1] for line in lines[:-1]] == [
        "open · #debian 3 (75.0 %), #arch 1 (25.0 %)",
        "open · #debian 5 (83.3 %), #arch 1 (16.7 %)",
    ]
    assert "\x1b" not in done.stdout


def picture(
    count: int,
    height: int,
    title: str = "Which one?",
    lagging: str = "",
    recounting: int | None = None,
    sources: tuple[SourceStatus, ...] = (),
    now_ms: int = 0,
) -> str:
    from rich.console import Console

    contest = Contest(title, tuple(Choice(f"tag{i}") for i in range(count)), closes_ms=600_000)
    tally = Tally(tuple(range(count, 0, -1)), ((Verdict.COUNTED, 9),))
    source = SourceStatus("x", SourceState.WAITING, "waits for its quota")
    shown = Snapshot(
        contest,
        State.OPEN,
        now_ms,
        tally,
        sources or (source,),
        "9f" * 32,
        lagging=lagging,
        recounting=recounting,
    )
    assert lagging in line(shown)
    console = Console(width=100, height=height)
    with console.capture() as captured:
        console.print(drawn(shown, height))
    return captured.get()


def test_fifty_choices_fit_into_a_small_terminal() -> None:
    text = picture(50, 24)
    assert len(text.splitlines()) <= 24
    assert "tag0" in text
    assert "waits for its quota" in text
    assert "more" in text


def test_a_long_question_leaves_room_for_sources() -> None:
    title = "".join(f"#tag{i}, " for i in range(49)) + "or #tag49?"
    lines = picture(50, 24, title).splitlines()
    assert len(lines) <= 24
    assert lines[1].rstrip().endswith("…")
    assert "q quit" in "".join(lines)


def test_few_choices_are_all_shown() -> None:
    assert "more" not in picture(5, 24)


def test_lagging_graphics_files_are_shown_in_the_terminal() -> None:
    lagging = "Files for graphics are out of date: " + ", ".join(["result.csv"] * 12)
    text = picture(50, 24, lagging=lagging)
    assert text.count("result.csv") == 12
    assert len(text.splitlines()) <= 24


def test_a_title_cannot_steer_the_terminal() -> None:
    assert "\x1b]0;" not in picture(2, 24, title="\x1b]0;owned\x07")


def test_a_recount_is_reported_above_the_vote_and_in_a_line() -> None:
    assert "Recounting… 40 %" in picture(3, 40, recounting=40)
    assert "Recounting" not in picture(3, 40)
    shown = Snapshot(Contest("?", ()), State.OPEN, 0, Tally((), ()), (), "", recounting=40)
    assert "recounting…" in line(shown)
    assert "recounting" not in line(replace(shown, recounting=None))


def test_a_source_without_data_raises_an_alarm_above_the_vote() -> None:
    away = SourceStatus("mastodon", SourceState.TROUBLE, "no answer", last_ms=1_000)
    assert "No data from Mastodon for 0:14" in picture(3, 24, sources=(away,), now_ms=15_000)
