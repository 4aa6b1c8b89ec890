"""The tokens of an OAuth 2.0 sign-in: what is saved, what is accepted, and who refreshes them."""

from __future__ import annotations

import json
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from twittervotes.auth import oauth2_token
from twittervotes.auth.oauth2_token import Grant
from twittervotes.core.errors import ConfigError

VECTORS = Path(__file__).parents[1] / "vectors"
GRANT = Grant("access-s3cret", "refresh-s3cret", 1_800_000_000_000, "tweet.read offline.access")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / ".twitterauth2"
    oauth2_token.write(path, GRANT)
    return path


def test_what_is_written_is_read_again_by_its_owner_alone(path: Path) -> None:
    assert oauth2_token.read(path) == GRANT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_grant_shows_no_token() -> None:
    assert "s3cret" not in f"{GRANT!r} {GRANT}"


def test_the_place_is_beside_the_file_of_the_other_sign_in(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    assert oauth2_token.place() == Path(".twitterauth2")
    monkeypatch.setenv("TWITTERVOTES_AUTH", "~/auth")
    assert oauth2_token.place() == home / "auth2"


@pytest.mark.parametrize("content", ["", "access_token:\n", "- a\n", "access_token: [a]\n"])
def test_an_invalid_file_says_how_to_sign_in(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"Run python twitter_auth\.py --oauth2 to sign in again"):
        oauth2_token.read(path)
    path.unlink()
    with pytest.raises(ConfigError, match=r"Run python twitter_auth\.py --oauth2 first"):
        oauth2_token.read(path)


def test_an_invalid_time_means_that_it_has_expired(path: Path) -> None:
    path.write_text("access_token: a\nexpires_ms: soon\n")
    assert oauth2_token.read(path) == Grant("a")


def answer(**values: Any) -> bytes:
    usual = {
        "token_type": "bearer",
        "expires_in": 7200,
        "access_token": "a",
        "refresh_token": "r",
        "scope": "tweet.read",
    }
    return json.dumps({k: v for k, v in (usual | values).items() if v is not ...}).encode()


def test_the_answer_of_a_token_endpoint_is_a_grant() -> None:
    assert oauth2_token.granted(answer(), 1000) == Grant("a", "r", 7_201_000, "tweet.read")
    assert oauth2_token.granted(answer(token_type="Bearer", expires_in=1.5), 0).expires_ms == 1500


def test_an_unchanged_refresh_token_stays_valid() -> None:
    assert oauth2_token.granted(answer(refresh_token=...), 0, "old").refresh_token == "old"
    assert oauth2_token.granted(answer(refresh_token=None), 0).refresh_token == ""


@pytest.mark.parametrize("life", [..., None, 0, -5])
def test_a_missing_lifetime_is_the_usual_one(life: Any) -> None:
    assert oauth2_token.granted(answer(expires_in=life), 0).expires_ms == 7_200_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        answer(access_token=...),
        answer(access_token=""),
        answer(access_token=7),
        answer(access_token="a\r\nX: y"),
        answer(access_token="é"),
        answer(access_token="a" * 5000),
        answer(refresh_token="a" * 5000),
        answer(scope="a\nb"),
        answer(token_type=...),
        answer(token_type="mac"),
        answer(expires_in="soon"),
        b'{"error":"invalid_request","error_description":"Value passed was invalid."}',
    ],
    ids=range(18),
)
def test_an_answer_without_a_token_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^the answer contains "):
        oauth2_token.granted(body, 0)


def test_the_new_token_is_on_the_disk_before_anybody_has_it(path: Path) -> None:
    new = Grant("new", "next")
    assert oauth2_token.renewed(path, GRANT, lambda old: new if old == GRANT else GRANT) == new
    assert oauth2_token.read(path) == new


def test_a_renewal_keeps_the_name_of_the_account(path: Path) -> None:
    named = replace(GRANT, screen_name="ada")
    oauth2_token.write(path, named)
    assert oauth2_token.read(path) == named
    assert oauth2_token.renewed(path, named, lambda _: Grant("new")) == Grant(
        "new", screen_name="ada"
    )
    assert oauth2_token.read(path).screen_name == "ada"


def test_a_renewal_that_fails_leaves_the_file_and_the_lock(path: Path) -> None:
    def fail(_: Grant) -> Grant:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            oauth2_token.renewed(path, GRANT, fail)
    assert oauth2_token.read(path) == GRANT


def test_a_token_that_cannot_be_stored_is_not_used(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        oauth2_token.renewed(path, GRANT, lambda _: Grant("new"))
    assert oauth2_token.read(path) == GRANT


def test_of_many_at_once_one_renews_and_all_have_the_same(path: Path) -> None:
    renewals: list[Grant] = []
    found: list[Grant] = []

    def renew(old: Grant) -> Grant:
        renewals.append(old)
        return Grant(f"new {len(renewals)}", "next")

    def one() -> None:
        found.append(oauth2_token.renewed(path, GRANT, renew))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert renewals == [GRANT]
    assert set(found) == {Grant("new 1", "next")}


def test_who_holds_the_lock_too_long_is_not_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr(oauth2_token, "LOCKED_S", 0.05)
    with FileLock(f"{path}.lock"), pytest.raises(TimeoutError):
        oauth2_token.renewed(path, GRANT, lambda _: Grant("new"))


def test_the_published_challenge_is_made_again() -> None:
    vector = json.loads((VECTORS / "pkce_s256.json").read_text("utf-8"))
    assert oauth2_token.challenge(vector["code_verifier"]) == vector["code_challenge"]


def test_the_published_header_of_an_app_is_made_again() -> None:
    vector = json.loads((VECTORS / "app_only_basic.json").read_text("utf-8"))
    told = oauth2_token.basic(vector["consumer_key"], vector["consumer_secret"])
    assert told == vector["authorization"]
    assert oauth2_token.basic("a:b", "c/d") == oauth2_token.basic("a:b", "c/d")
    assert oauth2_token.basic("a:b", "c") != oauth2_token.basic("a", "b:c")
