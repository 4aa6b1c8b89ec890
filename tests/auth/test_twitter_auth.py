"""The command as a user starts it: a process with its output, its exit code and its file."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import yaml
from oauth_provider import Provider
from patience import PATIENCE_S, until
from searched import found, leaks, log_everything, seen_of

from twittervotes.auth import oauth1_token
from twittervotes.auth.oauth1_flow import Flow
from twittervotes.auth.server import serve
from twittervotes.auth.settings import SignIn
from twittervotes.core.errors import SignInError

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "error", str(ROOT / "twitter_auth.py")]


@pytest.fixture
def folder(tmp_path: Path, sign_in: SignIn) -> Path:
    """A folder with the original program's flat configuration."""
    names = ("consumer_key", "consumer_secret", "request_token_url", "authorize_url")
    flat = {name: getattr(sign_in, name) for name in (*names, "access_token_url")}
    flat |= {"api_version": "1.1", "search_endpoint": "https://api.x.com/1.1/search/tweets.json"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(flat))
    (tmp_path / "config.yaml").chmod(0o600)
    return tmp_path


@contextmanager
def started(
    folder: Path, *arguments: str, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def told(process: subprocess.Popen[str]) -> str:
    """Wait for the line with the address."""
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("Sign in at http://127.0.0.1:"), process.communicate()
    return line


def press(sign_in: SignIn) -> str:
    """Press the button; return the URL it leads to."""
    found = re.search(
        r'name="csrf" value="([^"]+)"', requests.get(sign_in.page_url, timeout=PATIENCE_S).text
    )
    assert found
    response = requests.post(
        sign_in.page_url,
        data={"csrf": found[1]},
        headers={"Origin": sign_in.page_url.rstrip("/")},
        allow_redirects=False,
        timeout=PATIENCE_S,
    )
    return response.headers["Location"]


def test_the_command_ends_with_the_token_saved_privately(
    provider: Provider, sign_in: SignIn, folder: Path
) -> None:
    with started(folder, "--no-browser", "--port", str(sign_in.port)) as process:
        assert told(process) == f"Sign in at {sign_in.page_url} (Ctrl-C cancels)\n"
        there = press(sign_in)
        token = there.partition("oauth_token=")[2]
        answer = {"oauth_token": token, "answer": "yes"}
        page = requests.post(provider.url + "/oauth/authorize", data=answer, timeout=PATIENCE_S)
        assert "All set" in page.text
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "Signed in as @ada" in out
    assert err == ""
    path = folder / ".twitterauth"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert oauth1_token.read(path).screen_name == "ada"
    secrets = {*provider.secrets(), token, f"verifier-of-{token}"}
    assert not any(secret in out + err for secret in secrets)


def test_no_log_level_shows_a_secret(
    provider: Provider, sign_in: SignIn, folder: Path, home: Path
) -> None:
    log_everything(home)
    with started(folder, "--no-browser", "--port", str(sign_in.port)) as process:
        told(process)
        tokens_asked = [press(sign_in).partition("oauth_token=")[2] for _ in range(2)]
        for token in tokens_asked:  # the first is worth nothing any more
            answer = {"oauth_token": token, "answer": "yes"}
            requests.post(provider.url + "/oauth/authorize", data=answer, timeout=PATIENCE_S)
        seen = seen_of(process.pid)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "DEBUG urllib3" in err
    assert "not the current one" in err
    secrets = {*provider.secrets(), *tokens_asked, *(f"verifier-of-{t}" for t in tokens_asked)}
    kept = [folder / "config.yaml", folder / ".twitterauth"]
    assert found(secrets, f"{out}{err}{seen}".encode()) == []
    assert leaks(secrets, folder, kept) == {}
    assert leaks(secrets, home, kept) == {}
    assert found(secrets, kept[1].read_bytes()), "what is looked for can be found"


def test_the_environment_sets_the_file(provider: Provider, sign_in: SignIn, folder: Path) -> None:
    there = folder / "kept"
    there.mkdir()
    env = {"TWITTERVOTES_AUTH": str(there / "auth")}
    with started(folder, "--no-browser", "--port", str(sign_in.port), env=env) as process:
        told(process)
        answer = {"oauth_token": press(sign_in).partition("oauth_token=")[2], "answer": "yes"}
        requests.post(provider.url + "/oauth/authorize", data=answer, timeout=PATIENCE_S)
        assert process.wait(PATIENCE_S) == 0
    assert oauth1_token.read(there / "auth").user_id == "123"
    assert not (folder / ".twitterauth").exists()


def test_ctrl_c_ends_with_one_line(sign_in: SignIn, folder: Path) -> None:
    with started(folder, "--no-browser", "--port", str(sign_in.port)) as process:
        told(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert out == ""
    assert err == "twitter_auth.py: Sign-in cancelled; nothing was saved.\n"


def test_a_port_in_use_is_reported_in_one_line(sign_in: SignIn, folder: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", sign_in.port)),
        started(folder, "--no-browser", "--port", str(sign_in.port)) as process,
    ):
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "--port" in err


def test_the_browser_is_opened_at_the_page(sign_in: SignIn, folder: Path) -> None:
    seen = folder / "seen"
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}.part && mv {seen}.part {seen}\n')
    browser.chmod(0o700)
    env = {"BROWSER": f"{browser} %s"}
    with started(folder, "--port", str(sign_in.port), env=env) as process:
        told(process)
        until(seen.exists)
    assert seen.read_text() == f"{sign_in.page_url}\n"


def test_an_unwritable_folder_is_reported_before_the_sign_in(sign_in: SignIn, folder: Path) -> None:
    env = {"TWITTERVOTES_AUTH": str(folder / "none" / "auth")}
    with started(folder, "--no-browser", env=env) as process:
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "Nothing can be written" in err
    assert err.count("\n") == 1


def test_an_address_others_could_open_is_refused(sign_in: SignIn, folder: Path) -> None:
    with started(folder, "--no-browser", "--address", "192.168.1.5") as process:
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "Use 127.0.0.1" in err


def test_the_sign_in_section_and_the_environment_are_heard(sign_in: SignIn, folder: Path) -> None:
    file = folder / "structured.yaml"
    file.write_text(
        "twitter:\n  consumer_key: key\n"
        f"  request_token_url: {sign_in.request_token_url}\n"
        f"sign_in:\n  address: localhost\n  port: {sign_in.port}\n  timeout: 5s\n"
    )
    env = {"TWITTERVOTES_TWITTER_CONSUMER_SECRET": "secret"}
    with started(folder, "--no-browser", "--config", str(file), env=env) as process:
        assert process.stdout
        line = process.stdout.readline()
    assert line == f"Sign in at http://localhost:{sign_in.port}/ (Ctrl-C cancels)\n"


def test_keys_that_are_missing_are_reported_in_one_line(folder: Path) -> None:
    (folder / "config.yaml").write_text("twitter:\n  consumer_key: key\n")
    with started(folder, "--no-browser") as process:
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert err.startswith("twitter_auth.py: consumer_secret is missing")
    assert err.count("\n") == 1


def test_help_has_examples_and_imports_neither_requests_nor_flask(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", str(ROOT / "twitter_auth.py"), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert "python twitter_auth.py --no-browser" in run.stdout
    assert not re.search(r"\| +(requests|flask|oauthlib|werkzeug)$", run.stderr, re.MULTILINE)


def test_nobody_at_the_page_ends_the_wait(flow: Flow) -> None:
    opened: list[str] = []
    with pytest.raises(SignInError, match="Nobody signed in"):
        serve(flow, opened.append, wait_s=0.0)
    assert opened == [flow.sign_in.page_url]
    with socket.create_server(("127.0.0.1", flow.sign_in.port)):
        pass  # the port is free again
