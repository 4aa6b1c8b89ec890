"""No command lets a stranger's ledger, or a name in a file or a folder, steer the terminal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from counted import Run
from samples import CLOSES, contest, page, post

from twittervotes.app import sign_in as twitter_auth
from twittervotes.auth.oauth1_token import Token
from twittervotes.commands import progress
from twittervotes.core.contest.acts import Act, ActKind
from twittervotes.core.contest.contest import Choice
from twittervotes.core.errors import SignInError
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.logs import Formatter
from twittervotes.core.terminal_text import JOINERS

EVIL = "\x1b[2J\x9b2J\u202e\u2066evil\x07\x7f"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    path = tmp_path / f"{EVIL}.votes"
    choices = (Choice("ok", f"{EVIL}\nlabel"), Choice("other", EVIL))
    with Ledger.create(path, replace(contest(), title=f"{EVIL}\ntitle", choices=choices), 1) as one:
        one.append([page([post("1", "ok"), post("2", "other")])], CLOSES - 1)
        for does in (ActKind.OPENED, ActKind.CLOSED, ActKind.SETTLED):
            one.act(Act(does, CLOSES, EVIL))
        one.act(Act(ActKind.ADJUSTED, CLOSES, EVIL, tag="ok", votes=3, reason=EVIL))
    return path


def steers(text: str) -> set[str]:
    return {sign for sign in text if not sign.isprintable() and sign not in JOINERS + "\n"}


@pytest.mark.parametrize(
    "words",
    [
        "result FILE",
        "recount FILE",
        "recount FILE --json",
        "recount FILE --rule per_account=last",
        "recount FILE --exclude EVIL",
        "explain FILE 1",
        "explain FILE EVIL",
        "verify FILE",
        "verify FILE --digest EVIL",
        "export FILE --to FOLDER/pack.zip",
        "export FILE --to FOLDER/EVIL",
        "export FILE --to FOLDER/EVIL/pack.zip",
        "merge FOLDER/EVIL-2.votes FILE FILE",
        "merge FILE FILE",
        "adjust FILE ok +1 --reason R --by A",
        "adjust FILE EVIL +1 --reason EVIL --by EVIL",
        "draw FILE --by A",
        "certify FILE --by A",
        "import FOLDER/EVIL.json --ledger FILE",
        "import FILE --hashtags ok other --ledger FOLDER/EVIL-2.votes",
        "compare FILE",
        "sources --config FOLDER/EVIL.yaml",
        "doctor --config FOLDER/EVIL.yaml",
        "EVIL FILE",
        "result FOLDER/EVIL",
        "--hashtags EVIL --view none",
        "--view none --hashtags ok --title EVIL --ledger FOLDER/EVIL/x --rehearsal EVIL",
    ],
)
def test_no_command_sends_what_would_steer_a_terminal(
    hostile: Path, run: Run, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LONG", 1)
    given = [
        word.replace("FILE", str(hostile)).replace("FOLDER", str(hostile.parent))
        for word in words.replace("EVIL", "<").split()
    ]
    told = run(*(word.replace("<", EVIL) for word in given))
    assert told.out + told.err
    assert steers(told.out + told.err) == set()


def test_the_lines_of_a_title_are_no_lines_of_the_output(hostile: Path, run: Run) -> None:
    for line in run("recount", hostile).out.splitlines():
        assert not line.startswith(("title", "label"))


@pytest.mark.parametrize("fails", [False, True])
def test_the_sign_in_names_nobody_raw(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fails: bool,
) -> None:
    class Course:
        path = tmp_path / EVIL
        sign_in = SimpleNamespace(network=f"X {EVIL}")

    def serve(_: object, opened: Callable[[str], None]) -> Token:
        opened(f"http://127.0.0.1/{EVIL}")
        if fails:
            raise SignInError(f"{EVIL} could not sign in.")
        return Token("a", "b", "1", EVIL)

    monkeypatch.setattr(twitter_auth, "_flow", lambda _: Course())
    monkeypatch.setattr("twittervotes.auth.server.serve", serve)
    assert twitter_auth.main(["--no-browser"]) == (1 if fails else 0)
    told = capsys.readouterr()
    assert "evil" in told.out
    assert steers(told.out + told.err) == set()


def test_nothing_that_is_logged_steers_a_terminal() -> None:
    try:
        raise ValueError(EVIL)
    except ValueError as error:
        record = logging.makeLogRecord({"msg": "%s said\tit", "args": (EVIL,), "exc_info": None})
        record.exc_info = (type(error), error, error.__traceback__)
    logged = Formatter("%(levelname)s %(message)s").format(record)
    assert steers(logged) == {"\t"}
    assert "ValueError" in logged
