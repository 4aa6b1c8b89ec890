"""The sign-in by OAuth 2.0 as a person does it: in Chromium, by the command."""

from __future__ import annotations

import stat
from pathlib import Path

import yaml
from oauth2_provider import AUTHORIZE, CLIENT_ID, Provider2
from patience import PATIENCE_S
from selenium import webdriver
from test_browser import chromium, complaints, heading, press
from test_twitter_auth import started, told

from twittervotes.auth import oauth2_token
from twittervotes.auth.settings import CodeSignIn

__all__ = ["chromium"]  # a fixture


def written(folder: Path, provider2: Provider2) -> None:
    settings = {
        "client_id": CLIENT_ID,
        "api_url": provider2.url,
        "authorize_url": provider2.url + AUTHORIZE,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump({"x": settings}))
    (folder / "config.yaml").chmod(0o600)


def test_a_person_signs_in_and_the_program_ends_by_itself(
    chromium: webdriver.Chrome, provider2: Provider2, code_sign_in: CodeSignIn, tmp_path: Path
) -> None:
    written(tmp_path, provider2)
    path = tmp_path / ".twitterauth2"
    arguments = ("--oauth2", "--no-browser", "--port", str(code_sign_in.port))
    with started(tmp_path, *arguments) as process:
        told(process)
        chromium.get(code_sign_in.page_url)
        press(chromium, "Sign in with")
        assert chromium.current_url.startswith(provider2.url + AUTHORIZE)

        press(chromium, "Cancel")
        assert heading(chromium) == "Sign-in declined"
        assert not path.exists()

        press(chromium, "Sign in with")
        press(chromium, "Allow")
        assert heading(chromium) == "All set"
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (given,) = provider2.tokens
    kept = oauth2_token.read(path)
    assert (kept.access_token, kept.refresh_token) == (
        given["access_token"],
        given["refresh_token"],
    )
    assert f"Signed in as @ada; saved to {path.name}" in out
    seen = chromium.page_source + out + err
    assert not any(secret in seen for secret in provider2.secrets())
    assert complaints(chromium) == []


def test_a_client_id_that_is_missing_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("x: {}\n")
    with started(tmp_path, "--oauth2", "--no-browser") as process:
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert err.startswith("twitter_auth.py: client_id is missing")
    assert err.count("\n") == 1
