"""A vote on all networks with full logging and provoked failures: secrets stay in their files."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from patience import until
from searched import found, leaks, log_everything, seen_of
from soak.program import APP, Program
from test_everywhere import SETTINGS, TAGS, S, counted, posts_in, this_second

from simulators.bluesky_service import PASSWORD
from simulators.everywhere import Script
from simulators.everywhere_launcher import RunningEverywhere
from twittervotes.auth import oauth2_token
from twittervotes.auth.oauth2_token import Grant
from twittervotes.core.ledger.reader import Reader
from twittervotes.export import KINDS, export
from twittervotes.rehearsal.settings import Fault, Faults

FAULTS = {"x": Fault.NOT_JSON, "mastodon-1": Fault.CUT, "bluesky-search": Fault.UNAVAILABLE}
OLD = "an-access-token-that-has-expired"


def prepared(program: Program, stage: RunningEverywhere) -> list[str]:
    """Sign in to X with a token that must be refreshed; return all secrets known so far."""
    config, keys = program.folder / "config.yaml", stage.credentials
    oauth2 = f"auth: oauth2\n  client_id: {keys.client_id}"
    config.write_text(config.read_text().replace(f"bearer_token: {keys.bearer}", oauth2))
    oauth2_token.write(program.folder / ".twitterauth2", Grant(OLD, keys.refresh_token, 1))
    log_everything(program.folder)
    secrets = [keys.consumer_key, keys.consumer_secret, keys.oauth_token, keys.oauth_token_secret]
    return [*secrets, keys.client_id, keys.refresh_token, OLD, stage.token, PASSWORD]


def learnt(program: Program) -> list[str]:
    """Return the secrets that the networks issued during the vote."""
    held = oauth2_token.read(program.folder / ".twitterauth2")
    (session,) = sessions(program)
    tokens = msgspec.json.decode(session.read_bytes(), type=dict[str, str])
    return [held.access_token, held.refresh_token, *tokens.values()]


def sessions(program: Program) -> list[Path]:
    return list(program.folder.rglob("bluesky-*.json"))


def homes(program: Program) -> list[Path]:
    """Return the files in which secrets are saved."""
    names = ("config.yaml", ".twitterauth", ".twitterauth2")
    return [*(program.folder / name for name in names), *sessions(program)]


def ran(program: Program, *words: object) -> str:
    done = subprocess.run(
        [sys.executable, str(APP), *map(str, words)],
        cwd=program.folder,
        env=program.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout + done.stderr


@pytest.mark.long
def test_no_secret_leaves_the_program(
    tmp_path: Path,
) -> None:
    script = Script(replace(SETTINGS, before_s=5.0, faults=Faults()), TAGS)
    with counted(tmp_path, script, this_second() - 3 * S, 6, settle="3s") as (stage, program):
        secrets, seen = prepared(program, stage), []
        for where, fault in FAULTS.items():
            stage.fail_next(where, fault)
        program.start()
        until(lambda: posts_in(program.ledger) > 20, meanwhile=lambda: look(program, seen))
        program.workers()[0].send_signal(9)
        until(program.is_over, meanwhile=lambda: look(program, seen))
        ended = program.ended(1)
        secrets += learnt(program)
        exported(program)
        words = ("recount", program.ledger), ("sources", "--json"), ("doctor",)
        told = [ran(program, *each) for each in words]
    assert ended.result is not None, ended.said
    assert "DEBUG urllib3" in ended.said
    assert "WARNING twittervotes" in ended.said, "something failed"
    assert {"vote.votes", "said", "told"} <= {path.name for path in tmp_path.iterdir()}
    assert {path.name for path in (tmp_path / "given-True").iterdir()} == {*KINDS}
    assert list(tmp_path.rglob("*-graphics/*"))
    assert leaks(secrets, tmp_path, homes(program)) == {}
    assert found(secrets, "\n".join(told).encode()) == []
    assert "spawn_main" in "\n".join(seen)
    assert found(secrets, "\n".join(seen).encode()) == []
    for home in homes(program):
        assert stat.S_IMODE(home.stat().st_mode) == 0o600
        assert found(secrets, home.read_bytes()), "what is looked for can be found"


def exported(program: Program) -> None:
    """Export everything that can be published, with and without accounts."""
    for accounts in (False, True):
        folder = program.folder / f"given-{accounts}"
        folder.mkdir()
        with Reader(program.ledger) as reader:
            for name in KINDS:
                export(reader, folder / name, with_accounts=accounts)


def look(program: Program, seen: list[str]) -> None:
    """Record what others see of the program now, if it is new."""
    time.sleep(0.1)  # it costs the time that the vote needs
    line = seen_of(program.running.pid)
    if line not in seen:
        seen.append(line)


@pytest.mark.long
def test_no_secret_that_a_network_refuses_is_shown(tmp_path: Path) -> None:
    script = Script(replace(SETTINGS, before_s=5.0, faults=Faults()), TAGS)
    with counted(tmp_path, script, this_second() - 3 * S, 3, settle="1s") as (stage, program):
        config = program.folder / "config.yaml"
        keys, text = stage.credentials, config.read_text()
        wrong = {keys.consumer_secret: "a-wrong-consumer-secret", keys.bearer: "a-wrong-bearer"}
        wrong |= {stage.token: "a-wrong-token", PASSWORD: "a-wrong-password"}
        for right, other in wrong.items():
            text = text.replace(right, other)
        config.write_text(text)
        log_everything(program.folder)
        program.start()
        until(program.is_over)
        ended = program.ended(1)
        doctor = ran(program, "doctor")
    secrets = [*wrong, *wrong.values(), keys.oauth_token, keys.oauth_token_secret]
    assert ended.said.count("answered 40") > 1
    assert leaks(secrets, tmp_path, homes(program)) == {}
    assert found(secrets, doctor.encode()) == []
