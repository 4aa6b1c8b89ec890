"""The doctor: what is ready, what needs fixing and how; quickly, without a secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import pytest
from counted import Run, Told
from doubles import WireServer, reply
from patience import PATIENCE_S

from twittervotes.auth import oauth1_token
from twittervotes.auth.oauth1_token import Token
from twittervotes.commands import doctor, probe
from twittervotes.core.config import loader as config_module
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.contest.posts import Ask, Failed, Feed, Page, Source

SECRETS = ("the-consumer-secret", "the-oauth-token", "the-token-secret")


@pytest.fixture
def network() -> Iterator[WireServer]:
    server = WireServer()
    yield server
    server.close()


@pytest.fixture
def config(tmp_path: Path, network: WireServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a configuration in which the only chosen network is on this machine, and signed in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "probe", asking_only_twitter)
    oauth1_token.write(Path(".twitterauth"), Token(*SECRETS[1:]))
    path = tmp_path / "config.yaml"
    path.write_text(
        "view: none\nsources: [twitter]\n"
        f"twitter: {{consumer_key: key, consumer_secret: {SECRETS[0]},"
        f' search_endpoint: "{network.url}/search"}}\n',
        "utf-8",
    )
    path.chmod(0o600)
    return path


def asking_only_twitter(sources: list[Source], contest: Contest) -> list[probe.Probed]:
    """Query only sources on this machine."""
    return [
        probe.probe([source], contest, PATIENCE_S)[0]
        if source.name == "twitter"
        else probe.Probed(source.name, "Not asked.")
        for source in sources
    ]


def found_nothing(ahead_s: float = 0) -> bytes:
    body = json.dumps({"statuses": [], "search_metadata": {}}).encode()
    return reply(body, 200, f"Date: {formatdate(time.time() + ahead_s, usegmt=True)}")


def examined(run: Run, config: Path) -> Told:
    told = run("doctor", "--config", config)
    for secret in SECRETS:
        assert secret not in told.out + told.err
    return told


def advice_behind(told: Told, words: str) -> str:
    lines = told.out.splitlines()
    (place,) = [number for number, line in enumerate(lines) if words in line]
    assert lines[place].startswith("fix ")
    return lines[place + 1].strip()


def test_where_all_is_well_every_check_says_so(run: Run, config: Path, network: WireServer) -> None:
    network.replies = [found_nothing()]
    told = examined(run, config)
    assert told.code == 0, told.out
    assert told.out.splitlines()[-1] == "Everything is ready."
    for words in (
        "ok    Python 3.",
        "ok    The configuration is valid: ",
        "ok    Ledgers can be saved in ",
        "GB free there",
        "ok    twitter: answers.",
        "ok    This computer's clock is correct.",
    ):
        assert words in told.out
    assert "fix" not in told.out


def test_turkish_spellings_that_would_not_count_are_noted(
    run: Run, config: Path, network: WireServer
) -> None:
    network.replies = [found_nothing()]
    with config.open("a", encoding="utf-8") as file:
        file.write("contest: {hashtags: [istanbul, ankara]}\n")
    told = examined(run, config)
    assert told.code == 0
    assert (
        "note  In Turkish #istanbul is also #İstanbul, which does not count for it on X."
        in told.out
    )
    assert "→ Under choices: - {tag: istanbul, aliases: [İstanbul]} counts both." in told.out


def test_each_source_is_queried_once_for_an_unused_hashtag(
    run: Run, config: Path, network: WireServer
) -> None:
    network.replies = [found_nothing()]
    examined(run, config)
    (request,) = network.requests
    assert "q=%23twittervotesdoctor" in request.target


def test_the_doctor_loads_no_networking_code() -> None:
    code = (
        "import sys\n"
        "from twittervotes.app.main import main\n"
        "main(['doctor'])\n"
        "print(sorted({'requests', 'tkinter', 'websockets'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "TWITTERVOTES_BLUESKY_HOSTS": "127.0.0.1:9",
             "TWITTERVOTES_MASTODON_INSTANCES": "http://127.0.0.1:9"},
        check=False,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == "[]"
    assert "Can't connect to 127.0.0.1" in done.stdout


@pytest.mark.parametrize(("ahead_s", "words"), [(120, "behind"), (-120, "ahead of")])
def test_a_wrong_clock_is_found_by_the_servers_time(
    run: Run, config: Path, network: WireServer, ahead_s: int, words: str
) -> None:
    network.replies = [found_nothing(ahead_s)]
    told = examined(run, config)
    assert told.code == 1
    assert "automatic time" in advice_behind(told, words)


def test_keys_that_are_refused_are_reported_with_what_to_do(
    run: Run, config: Path, network: WireServer
) -> None:
    network.replies = [reply(b'{"errors":[{"code":32,"message":"No."}]}', 401)]
    told = examined(run, config)
    assert told.code == 1
    assert "twitter_auth.py" in advice_behind(told, "rejected the keys")
    assert told.out.splitlines()[-1] == "Problems found."


def test_a_quota_that_is_used_up_is_not_a_failure(
    run: Run, config: Path, network: WireServer
) -> None:
    network.replies = [reply(b"{}", 429)]
    assert examined(run, config).code == 0


def test_a_missing_sign_in_is_reported_without_a_request(
    run: Run, config: Path, network: WireServer
) -> None:
    Path(".twitterauth").unlink()
    told = examined(run, config)
    assert told.code == 1
    assert "Run python twitter_auth.py" in advice_behind(told, "selected but not ready")
    assert network.requests == []


def test_an_unreachable_network_is_reported(run: Run, config: Path, network: WireServer) -> None:
    network.close()
    told = examined(run, config)
    assert told.code == 1
    assert "connection" in advice_behind(told, "Can't connect to 127.0.0.1.")


def test_an_unchosen_network_is_not_a_problem(run: Run, config: Path, network: WireServer) -> None:
    config.write_text(config.read_text("utf-8").replace("[twitter]", "[rehearsal]"), "utf-8")
    network.replies = [reply(b"", 503)]
    told = examined(run, config)
    assert told.code == 0
    assert "note  twitter: X is having problems (HTTP 503)" in told.out
    assert "ok    rehearsal" in told.out


def test_all_configuration_errors_are_reported(run: Run, config: Path) -> None:
    config.write_text("evry: 2s\nview: wall\n", "utf-8")
    told = examined(run, config)
    assert told.code == 1
    assert told.out.count("fix   ") >= 2
    assert "did you mean 'every'?" in told.out
    assert "ok    Ledgers can be saved in " in told.out


def test_a_missing_source_is_reported(run: Run, config: Path, network: WireServer) -> None:
    network.replies = [found_nothing()]
    config.write_text(config.read_text("utf-8").replace("[twitter]", "[twitter, myspace]"))
    told = examined(run, config)
    assert told.code == 1
    assert "twittervotes sources" in advice_behind(told, "myspace: selected but not installed")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_for_reading_only_is_reported(
    run: Run, config: Path, network: WireServer, home: Path
) -> None:
    network.replies = [found_nothing()]
    home.chmod(0o500)
    told = examined(run, config)
    home.chmod(0o700)
    assert "--ledger FILE" in advice_behind(told, "No ledger can be kept")


def test_a_full_disk_is_reported(
    run: Run, config: Path, network: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.replies = [found_nothing()]
    monkeypatch.setattr(doctor, "LEAST_FREE", shutil.disk_usage("/").total * 10**6)
    told = examined(run, config)
    assert told.code == 1
    assert "Free some disk space" in advice_behind(told, "MB free there.")


def test_a_python_that_is_too_old_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_PYTHON", (9, 0))
    assert doctor.python().state == doctor.FIX


def test_without_a_display_a_window_needs_fixing_and_text_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    path = tmp_path / "config.yaml"
    path.write_text("view: text\n", "utf-8")
    text = config_module.load(path, {})
    assert [found.state for found in doctor.window(None)] == [doctor.FIX]
    assert [found.state for found in doctor.window(text)] == [doctor.NOTE]


def test_with_a_display_window_and_fonts_are_checked() -> None:
    first, *fonts = doctor.window(None)
    assert first.state == doctor.OK, first
    assert first.words.startswith("Tk 8.6")
    assert all(found.state in (doctor.OK, doctor.NOTE) for found in fonts)
    assert len(fonts) == (2 if shutil.which("fc-list") else 0)


@dataclass(frozen=True, slots=True)
class Odd:
    """Another package's source that misbehaves."""

    how: str
    name: str = "odd"
    network: str = "net"
    complete: bool = False

    def feeds(self, contest: Contest) -> tuple[Feed, ...]:
        return () if self.how == "feeds" else (Feed("all", "all"),)

    def fetch(self, ask: Ask) -> Page | Failed:
        if self.how == "hang":
            time.sleep(600)
        if self.how == "die":
            os._exit(3)
        raise RuntimeError("a stranger's mistake")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("feeds", "It failed to plan a request (IndexError)."),
        ("raise", "Reading the answer of odd failed (RuntimeError)."),
        ("die", "The process that queried it ended unexpectedly."),
        ("hang", "No answer within 1 s."),
    ],
)
def test_a_source_that_misbehaves_is_reported_and_its_process_ended(how: str, words: str) -> None:
    """The one that hangs would respond after ten minutes."""
    began = time.monotonic()
    patience_s = 1 if how == "hang" else PATIENCE_S
    (found,) = probe.probe([Odd(how)], Contest("", (Choice("x"),)), patience_s)
    assert found.trouble == words
    assert time.monotonic() - began < PATIENCE_S
