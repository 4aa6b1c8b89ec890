"""Board and counter are killed at random; every act asked for is applied once or refused."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from random import Random

import pytest
import requests
from desks import Desk, User, person
from patience import PATIENCE_S, until
from test_killed import SETTINGS, TAGS, command, written_down

from twittervotes.core.contest.acts import ActKind
from twittervotes.core.counting.outcome import outcome
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.verify import verify
from twittervotes.core.polling.requests import REQUEST, answer, inbox_of
from twittervotes.desk.roles import Role
from twittervotes.rehearsal.launcher import start

KILLS = 50
WISHES: tuple[dict[str, object], ...] = (
    {"kind": "adjusted", "tag": "debian", "votes": 1, "reason": "jury", "password": ""},
    {"kind": "excluded", "voter": "twitter:0", "reason": "never posted"},
    {"kind": "hide"},
    {"kind": "show"},
    {"kind": "resumed"},  # never allowed here
)


class Show:
    """A counter and a board, started anew whenever they are killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "show.votes"
        self.counter = self._count()
        until(self.ledger.with_name("show-graphics").joinpath("board.json").exists)
        self.desk = Desk(folder)
        person(self.desk.file, "Ada", Role.ADMINISTRATOR)
        self.desk.knows("show")
        self.user = User(self.desk, "Ada")

    def _count(self) -> subprocess.Popen[bytes]:
        words = [*command(self.ledger), "--stay"]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(words, cwd=self.folder, stdout=quiet, stderr=quiet)

    def kill_counter(self) -> None:
        self.counter.kill()
        self.counter.wait(PATIENCE_S)
        self.counter = self._count()

    def kill_board(self) -> None:
        self.desk.process.kill()
        self.desk.close()
        self.desk = Desk(self.folder)
        self.desk.knows("show")
        self.user.url = self.desk.url

    def close(self) -> None:
        self.counter.terminate()
        self.counter.wait(PATIENCE_S)
        self.desk.close()


@pytest.mark.long
def test_killed_50_times_board_and_counter_apply_each_act_once_or_refuse_it(tmp_path: Path) -> None:
    random, asked = Random(7), dict[str, str]()
    with start(SETTINGS, TAGS) as stage, contextlib.ExitStack() as running:
        written_down(stage, tmp_path)
        show = Show(tmp_path)
        running.callback(show.close)
        for number in range(KILLS):
            for wish in random.sample(WISHES, 2):
                if wish["kind"] == "adjusted":
                    wish = {**wish, "password": "correct horse battery"}  # noqa: PLW2901
                with contextlib.suppress(requests.ConnectionError):
                    said = show.user.ask("POST", "/v1/contests/show/acts", **wish)
                    if said.status_code == 202:
                        asked[said.json()["id"]] = str(wish["kind"])
                    else:
                        assert said.status_code in (429, 503), said.text
            (show.kill_board if number % 5 == 4 else show.kill_counter)()
            if number % 3 == 0:  # otherwise the next kill comes before it can start
                until(lambda: not waiting(show.ledger))
        until(lambda: not waiting(show.ledger))
        assert len(asked) > KILLS
        answers = {name: answer(show.ledger, name) for name in asked}
        closing = show.user.ask("POST", "/v1/contests/show/acts", kind="closed").json()["id"]
        until(lambda: (said := answer(show.ledger, closing)) and said.applied)
        url = f"{show.desk.url}/v1/contests/show/state"
        until(lambda: requests.get(url, timeout=9).json()["state"] == "provisional")
        with Reader(show.ledger) as reader:
            counted, contest = outcome(reader), reader.contest
        assert contest.closes_ms is not None
        truth = stage.truth(contest.opens_ms, contest.closes_ms)
    votes = dict(zip(TAGS, counted.tally.votes, strict=True))
    votes["debian"] -= contest.by_hand[0]
    assert votes == dict(truth.votes)
    with Reader(tmp_path / "show.votes") as reader:
        found = [act.request for act in reader.acts if act.request]
        by_hand = sum(act.votes for act in reader.acts if act.does is ActKind.ADJUSTED)
        drawn = [row.body for row in reader.chain() if row.kind == "curtain"]
    assert len(found) == len(set(found))
    for name, kind in asked.items():
        said = answers[name]
        assert said is not None, kind
        times = found.count(name) + sum(f'"{name}"' in body for body in drawn)
        assert times == said.applied
        assert said.applied or said.words
    adjusted = [name for name, kind in asked.items() if kind == "adjusted" and name in found]
    assert by_hand == contest.by_hand[0] >= len(adjusted) > 0
    assert verify(tmp_path / "show.votes").finding is None


def waiting(ledger: Path) -> list[str]:
    """Return the requests that nobody has handled."""
    return [path.name for path in inbox_of(ledger).iterdir() if REQUEST.fullmatch(path.name)]
