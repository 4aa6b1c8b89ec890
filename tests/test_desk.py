"""The real program with a real window and a real rehearsal: from the form to the result."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from patience import PATIENCE_S, until
from PIL import Image

from twittervotes.app import vote
from twittervotes.app.desktop import DesktopApp
from twittervotes.app.recent import recent
from twittervotes.cli.vote_options import Options, parse
from twittervotes.core.config.display import View
from twittervotes.core.contest.acts import Act, ActKind, State
from twittervotes.core.contest.clock import Clock
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.core.file_name import data_folder
from twittervotes.core.ledger.writer import Ledger
from twittervotes.core.polling import requests
from twittervotes.core.polling.requests import ActRequest
from twittervotes.desktop.start_page.controller import Start
from twittervotes.desktop.start_page.sidebar import RecentRow
from twittervotes.desktop.vote.frame import Air
from twittervotes.desktop.window import Window

ROOT = Path(__file__).resolve().parent.parent
NO_NETWORK = ("requests", "urllib3", "oauthlib", "requests_oauthlib", "flask", "websockets")


class Operator:
    """Operates the window: does one thing after another, each as soon as possible."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[tuple[Callable[[], object], Callable[[], object]]] = []
        self.windows: list[Window] = []
        self.desks: list[DesktopApp] = []
        self._stopped = False
        self.deadline = time.monotonic() + PATIENCE_S
        window, desk = vote._window, DesktopApp.run

        def watched(*args: object) -> Window | None:
            made = window(*args)  # type: ignore[arg-type]
            assert made, "the tests have a display"
            self.windows.append(made)
            self._stopped = False
            made.root.after(1, self._look)
            return made

        def run(desk_: DesktopApp, *args: object) -> int:
            self.desks.append(desk_)
            return desk(desk_, *args)  # type: ignore[arg-type]

        monkeypatch.setattr(vote, "_window", watched)
        monkeypatch.setattr(DesktopApp, "run", run)

    def when(self, holds: Callable[[], object], do: Callable[[], object]) -> None:
        self.steps.append((holds, do))

    @property
    def window(self) -> Window:
        return self.windows[-1]

    @property
    def form(self) -> Start:
        form = self.desks[-1]._form
        assert form
        return form

    @property
    def shows_form(self) -> bool:
        return bool(self.desks and self.desks[-1]._form and self.form.page)

    def is_in(self, state: State) -> Callable[[], bool]:
        return lambda: bool(self.window.drawn and self.window.drawn.state is state)

    def _look(self) -> None:
        if self.steps and self.steps[0][0]():
            self.steps.pop(0)[1]()
        if time.monotonic() > self.deadline:
            self.stop()
        if not self._stopped:
            self.window.root.after(20, self._look)

    def stop(self) -> None:
        self._stopped = True
        self.window.stop()


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Operator]:
    monkeypatch.chdir(tmp_path)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    operator = Operator(monkeypatch)
    yield operator
    for number, handler in before.items():
        signal.signal(number, handler)
    for window in operator.windows:
        window.stop()
        window.run()
    operator.windows.clear()
    operator.desks.clear()
    gc.collect()
    assert not operator.steps, "not all was done"


def rows(operator: Operator) -> list[RecentRow]:
    page = operator.form.page if operator.shows_form else None
    return page.recent.rows if page else []


def fill(operator: Operator, hashtags: str, *, title: str = "Cats or dogs?") -> None:
    page = operator.form.page
    assert page
    page.question.entry.write(title)
    page.hashtags.paste(hashtags)
    page.period.chooser.choose("for")
    page.period.entries["for"].write("3s")


def test_graphics_files_obey_the_reveal(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "studio"
    (folder / "total.txt" / "in the way").mkdir(parents=True)
    monkeypatch.setenv("TWITTERVOTES_FILES", str(folder))
    share = folder / "choice-01-cats.txt"

    def rehearse() -> None:
        fill(operator, "cats dogs")
        operator.form.rehearse()

    def hide() -> None:
        operator.window.control.show_voting.do()

    def reveal() -> None:
        operator.window.control.reveal.do()

    def text(path: Path) -> str | None:
        return path.read_text() if path.is_file() else None

    def lags() -> bool:
        drawn = operator.window.drawn
        return bool(drawn and "total.txt" in drawn.lagging)

    def clear() -> None:
        (folder / "total.txt" / "in the way").rmdir()
        (folder / "total.txt").rmdir()

    operator.when(lambda: operator.shows_form, rehearse)
    operator.when(lambda: "%" in (text(share) or ""), hide)
    operator.when(lambda: text(share) == "" and lags(), clear)
    operator.when(operator.is_in(State.PROVISIONAL), lambda: None)
    operator.when(lambda: text(folder / "total.txt") and not lags(), lambda: None)
    operator.when(lambda: text(share) == "", reveal)
    operator.when(lambda: "%" in (text(share) or ""), hide)
    operator.when(lambda: text(share) == "", operator.stop)
    assert vote.run(Options(settle_ms=1000, every_ms=300)) == 0
    assert text(share) == "", "also what is written last"
    assert "%" not in "".join(text(path) or "" for path in folder.glob("choice-*"))


def test_from_the_form_to_a_certified_result_and_back_read_only(operator: Operator) -> None:
    Image.new("RGB", (40, 40), "#c81020").save("cat.png")

    def rehearse() -> None:
        fill(operator, "cats dogs")
        cats, *others = operator.form.draft.choices
        operator.form.draft.choices = [replace(cats, picture="cat.png"), *others]
        operator.form.rehearse()

    certify = Act(ActKind.CERTIFIED)
    operator.when(lambda: operator.shows_form, rehearse)
    operator.when(
        operator.is_in(State.PROVISIONAL),
        lambda: operator.desks[-1]._relay.to.act(certify),
    )
    operator.when(operator.is_in(State.CERTIFIED), operator.stop)
    assert vote.run(Options(settle_ms=1000, every_ms=300)) == 0
    (held,) = recent(data_folder())
    assert (held.title, held.state, held.rehearsal) == ("Cats or dogs?", State.CERTIFIED, True)
    digest = operator.window.drawn.digest if operator.window.drawn else ""
    assert list(operator.window._look.images.pictures) == ["cats"]

    def open_again() -> None:
        rows(operator)[0].event_generate("<ButtonRelease-1>")

    operator.when(
        lambda: any(row.winfo_viewable() for row in rows(operator)),
        open_again,
    )
    operator.when(operator.is_in(State.CERTIFIED), operator.stop)
    before = held.path.read_bytes()
    assert vote.run(Options()) == 0
    assert operator.window.drawn
    assert operator.window.drawn.digest == digest
    assert list(operator.window._look.images.pictures) == ["cats"], "it is kept beside the vote"
    assert f"{operator.window.drawn.tally.total:,} vote" in held.total
    assert held.path.read_bytes() == before, "a certified vote is only read"


def test_a_vote_that_is_open_is_resumed_by_its_file(operator: Operator) -> None:
    operator.when(
        lambda: operator.window.drawn and operator.window.drawn.tally.total > 3, operator.stop
    )
    options = Options(hashtags=("cats", "dogs"), sources=("rehearsal",), every_ms=200)
    vote.run(options)
    (held,) = recent(data_folder())
    votes = operator.window.drawn.tally.total if operator.window.drawn else 0
    operator.when(
        lambda: operator.window.drawn and operator.window.drawn.tally.total > votes,
        operator.stop,
    )
    vote.run(parse([str(held.path)]))
    assert operator.window.drawn
    assert operator.window.drawn.contest.rehearsal
    assert operator.window.drawn.ledger == str(held.path)


def test_results_that_were_hidden_stay_hidden_until_they_are_revealed(operator: Operator) -> None:
    files: list[Path] = []

    def file() -> Path:
        return next(Path(files[0]).parent.glob(f"{files[0].stem}-*/result.json"))

    def hide() -> None:
        files.append(Path(operator.window.drawn.ledger if operator.window.drawn else ""))
        operator.window.showing.hidden = True

    counted = lambda: operator.window.drawn and operator.window.drawn.tally.total > 3  # noqa: E731
    is_hidden = lambda: '"hidden": true' in file().read_text()  # noqa: E731
    operator.when(counted, hide)
    operator.when(is_hidden, operator.stop)
    options = Options(hashtags=("cats", "dogs"), sources=("rehearsal",), every_ms=200)
    vote.run(options)
    assert is_hidden()
    before = file().stat().st_mtime_ns

    found: list[bool] = []

    def reveal() -> None:
        found.append(is_hidden())
        operator.window.showing.hidden = False

    operator.when(lambda: counted() and file().stat().st_mtime_ns > before, reveal)
    operator.when(lambda: not is_hidden(), operator.stop)
    vote.run(parse([str(files[0])]))
    assert found == [True]


def test_the_window_does_what_a_desk_requests(operator: Operator) -> None:
    """It goes on air there, and stays so after a restart."""

    def ask(kind: requests.Kind) -> Callable[[], None]:
        def put() -> None:
            assert operator.window.drawn
            path = Path(operator.window.drawn.ledger)
            files.append(path)
            requests.put(path, ActRequest(kind, "Ada", Clock().today() + 60_000))

        return put

    files: list[Path] = []
    operator.when(operator.is_in(State.OPEN), ask("hide"))
    operator.when(lambda: operator.window.showing.air is Air.VOTING, ask("paused"))
    operator.when(operator.is_in(State.PAUSED), operator.stop)
    vote.run(Options(hashtags=("cats", "dogs"), sources=("rehearsal",), every_ms=200))
    found: list[bool] = []

    def reveal() -> None:
        found.append(operator.window.showing.hidden)
        ask("show")()

    operator.when(operator.is_in(State.PAUSED), reveal)
    operator.when(lambda: operator.window.showing.air is Air.RESULTS, operator.stop)
    vote.run(parse([str(files[0])]))
    assert found == [True]
    assert not operator.steps, "not all was done"


def test_the_form_refuses_a_file_that_isnt_a_ledger(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a ledger")
    said: list[str] = []

    def look() -> None:
        said.append(operator.form.trouble)
        operator.stop()

    operator.when(lambda: operator.shows_form, look)
    assert vote.run(parse([str(path)])) == 0
    assert said == [f"{path} is not a ledger. No changes were made."]
    assert path.read_text() == "not a ledger"


def test_an_error_while_opening_restores_the_form(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("TWITTERVOTES_REHEARSAL_PORT", str(taken.getsockname()[1]))
    said: list[str] = []

    def rehearse() -> None:
        fill(operator, "cats dogs")
        operator.form.rehearse()

    def look() -> None:
        page = operator.form.page
        assert page
        said.extend((operator.form.trouble, operator.form.draft.hashtags))
        operator.stop()

    operator.when(lambda: operator.shows_form, rehearse)
    operator.when(lambda: operator.form.trouble and operator.shows_form, look)
    with taken:
        assert vote.run(Options()) == 0
    assert "network did not start" in said[0]
    assert said[1] == "#cats #dogs"
    assert list(recent(data_folder())) == []


def test_a_ledger_in_use_is_reported_on_the_terminal(
    operator: Operator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "busy.votes"
    contest = Contest("?", (Choice("a"),), opens_ms=1_000_000, rehearsal=True)
    with Ledger.create(path, contest, Clock().today()):
        assert vote.run(Options(ledger=path)) == 2
    assert "Another program is counting into" in capsys.readouterr().err


def test_opening_a_busy_file_is_reported(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "busy.votes"
    contest = Contest("?", (Choice("a"),), opens_ms=1_000_000, rehearsal=True)
    said: list[str] = []

    def look() -> None:
        said.append(operator.form.trouble)
        operator.stop()

    operator.when(lambda: operator.shows_form, look)
    with Ledger.create(path, contest, Clock().today()):
        assert vote.run(parse([str(path)])) == 0
    assert "Another program is counting into" in said[0]


def test_a_broken_configuration_is_reported_in_the_form(operator: Operator, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("sorces: [twitter]\n")
    said: list[str] = []

    def look() -> None:
        said.append(operator.form.trouble)
        operator.stop()

    operator.when(lambda: operator.shows_form, look)
    assert vote.run(Options(config=config)) == 0
    assert "did you mean 'sources'?" in said[0]


def test_without_a_token_the_form_says_what_to_do(operator: Operator) -> None:
    said: list[str] = []

    def start() -> None:
        fill(operator, "cats dogs")
        operator.form.draft.sources = ("twitter",)
        operator.form.start()

    def look() -> None:
        said.append(operator.form.trouble)
        operator.stop()

    operator.when(lambda: operator.shows_form, start)
    operator.when(lambda: operator.form.trouble and operator.shows_form, look)
    assert vote.run(Options()) == 0
    assert "consumer_key" in said[0]


@pytest.mark.parametrize("view", [View.TEXT, View.NONE])
def test_without_hashtags_and_window_it_is_wrong_use(
    view: View, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vote.run(Options(view=view)) == 2
    assert capsys.readouterr().err.startswith("twittervotes: A vote needs at least one hashtag")


def test_the_windows_process_loads_no_network(tmp_path: Path) -> None:
    """The form, a complete rehearsal and the result, in a separate process."""
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        "def tell():\n"
        "    with open('loaded.txt', 'w') as file: file.write('\\n'.join(sys.modules))\n"
        "if any('app.py' in word for word in sys.orig_argv): atexit.register(tell)\n"
    )
    vote = ["--hashtags", "cats", "dogs", "--source", "rehearsal", "--time", "2s"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), *vote, "--settle", "0", "--every", "0.2s"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: is_over(data_folder()))
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    loaded = (tmp_path / "loaded.txt").read_text().split("\n")
    assert process.returncode == 0, told
    assert "twittervotes.desktop.window" in loaded
    assert "twittervotes.core.polling.pipeline" in loaded
    wrong = [name for name in loaded if name.split(".")[0] in NO_NETWORK]
    assert wrong == []
    assert "twittervotes.network.http" not in loaded
    assert "Traceback" not in told


def is_over(folder: Path) -> bool:
    return any(held.state is State.PROVISIONAL for held in recent(folder))


def until_full(operator: Operator, period: str, then: Callable[[Snapshot], object]) -> None:
    """Rehearse a vote until its disk is full, and do `then` with what the window shows."""

    def rehearse() -> None:
        fill(operator, "cats dogs")
        page = operator.form.page
        assert page
        page.period.entries["for"].write(period)
        operator.form.rehearse()

    def fill_disk() -> None:
        live = operator.desks[-1]._live
        assert live
        assert live._session
        db = live._session._ledger._db
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")

    def drawn() -> Snapshot | None:
        return operator.window.drawn

    operator.when(lambda: operator.shows_form, rehearse)
    operator.when(lambda: (shown := drawn()) and shown.tally.total > 3, fill_disk)
    operator.when(
        lambda: (shown := drawn()) and "disk is full" in shown.trouble,
        lambda: (shown := drawn()) and then(shown),
    )


@pytest.mark.logs_errors
def test_a_vote_continues_after_a_full_disk(
    operator: Operator,
) -> None:
    before: list[Snapshot] = []

    def hide_and_try_again(shown: Snapshot) -> None:
        before.append(shown)
        operator.window.control.hide.do()
        operator.window.foot.next_button.press()

    def continues() -> bool:
        shown = operator.window.drawn
        return bool(shown and not shown.trouble and shown.tally.posts > before[0].tally.posts)

    def look_and_stop() -> None:
        assert operator.window.showing.air is Air.NOTHING, "nothing went on air by itself"
        operator.stop()

    until_full(operator, "8s", hide_and_try_again)
    operator.when(continues, lambda: None)
    operator.when(operator.is_in(State.PROVISIONAL), look_and_stop)
    assert vote.run(Options(settle_ms=500, every_ms=300)) == 0
    (saved,) = recent(data_folder())
    assert saved.state is State.PROVISIONAL
    assert saved.path == Path(before[0].ledger)


@pytest.mark.logs_errors
def test_a_stopped_vote_says_why_it_cannot_be_reopened(
    operator: Operator,
) -> None:
    def take_away_and_try_again(shown: Snapshot) -> None:
        Path(shown.ledger).rename("elsewhere.votes")
        operator.window.foot.next_button.press()

    def says_why() -> bool:
        shown = operator.window.drawn
        return bool(
            shown and shown.trouble.startswith("There is no ledger") and shown.tally.total > 3
        )

    until_full(operator, "5m", take_away_and_try_again)
    operator.when(says_why, operator.stop)
    assert vote.run(Options(settle_ms=500, every_ms=300)) == 3
