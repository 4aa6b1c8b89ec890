"""The token file: writing, reading, and refusing invalid ones."""

from __future__ import annotations

import os
import stat
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from twittervotes.auth import oauth1_token
from twittervotes.auth.oauth1_token import Token
from twittervotes.core.errors import ConfigError

TOKEN = Token("123-abc", "s3cret", "123", "ada", "0")


def kept(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / ".twitterauth"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(0o600)
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    oauth1_token.write(tmp_path / "auth", TOKEN)
    assert oauth1_token.read(tmp_path / "auth") == TOKEN


@pytest.mark.parametrize("value", ["no", "0123", "1_000", "12:30", "1e5", "é日", "a: b", "'", "#a"])
def test_yaml_reinterprets_no_value(tmp_path: Path, value: str) -> None:
    token = Token(value, value, value, value, value)
    oauth1_token.write(tmp_path / "auth", token)
    assert oauth1_token.read(tmp_path / "auth") == token
    assert set(yaml.safe_load((tmp_path / "auth").read_text("utf-8")).values()) == {value}


def test_the_file_is_plain_yaml_with_the_five_keys(tmp_path: Path) -> None:
    oauth1_token.write(tmp_path / "auth", TOKEN)
    assert yaml.safe_load((tmp_path / "auth").read_text()) == {
        "oauth_token": "123-abc",
        "oauth_token_secret": "s3cret",
        "user_id": "123",
        "screen_name": "ada",
        "x_auth_expires": "0",
    }


def test_the_file_is_closed_to_others(tmp_path: Path) -> None:
    path = kept(tmp_path, "old")
    path.chmod(0o666)
    before = os.umask(0)
    try:
        oauth1_token.write(path, TOKEN)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kept(tmp_path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        oauth1_token.write(path, TOKEN)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    target = kept(tmp_path, "of another program")
    link = tmp_path / "link"
    link.symlink_to(target)
    oauth1_token.write(link, TOKEN)
    assert target.read_text() == "of another program"
    assert oauth1_token.read(link) == TOKEN


def test_the_file_of_the_original_program_keeps_working(tmp_path: Path) -> None:
    path = kept(
        tmp_path,
        "oauth_token: 123-abc\noauth_token_secret: s3cret\nscreen_name: ada\n"
        "user_id: '123'\nx_auth_expires: null\nother: [1, 2]\n",
    )
    assert oauth1_token.read(path) == TOKEN


def test_a_token_shows_no_secret() -> None:
    assert "s3cret" not in repr(TOKEN)
    assert "123-abc" not in f"{TOKEN}"


def test_a_missing_file_says_how_to_sign_in(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Run python twitter_auth\.py first"):
        oauth1_token.read(tmp_path / "none")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o660, 0o610])
def test_a_file_others_may_open_is_read_and_closed_to_them(
    tmp_path: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    oauth1_token.write(tmp_path / "auth", TOKEN)
    (tmp_path / "auth").chmod(mode)
    assert oauth1_token.read(tmp_path / "auth") == TOKEN
    assert (tmp_path / "auth").stat().st_mode & 0o777 == 0o600
    assert "now only you can" in caplog.text


def test_a_file_open_to_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    oauth1_token.write(tmp_path / "auth", TOKEN)
    (tmp_path / "auth").chmod(0o644)
    monkeypatch.setattr(os, "fchmod", refused)
    with pytest.raises(ConfigError, match=r"Run: chmod 600 .*auth"):
        oauth1_token.read(tmp_path / "auth")


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigError, match="not a file"):
        oauth1_token.read(tmp_path / "pipe")


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_the_mode_of_a_links_target_is_unchanged(
    tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    target = tmp_path / "of another program"
    oauth1_token.write(target, TOKEN)
    target.chmod(0o644)
    link(target, tmp_path / "auth")
    with pytest.raises(ConfigError, match=r"is a link|has a second name"):
        oauth1_token.read(tmp_path / "auth")
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a file"):
        oauth1_token.read(tmp_path)
    with pytest.raises(ConfigError, match="is a folder"):
        oauth1_token.check_writable(tmp_path)


def test_a_missing_folder_is_reported_before_the_sign_in(tmp_path: Path) -> None:
    oauth1_token.check_writable(tmp_path / "auth")
    with pytest.raises(ConfigError, match="Nothing can be written"):
        oauth1_token.check_writable(tmp_path / "none" / "auth")


LAUGHS = [(after, f"*{before}, ") for before, after in pairwise("abcdefghi")]
GOOD = "oauth_token: s3cret\noauth_token_secret: s3cret\n"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "s3cret",
        "- s3cret\n",
        "oauth_token: s3cret\n",
        "oauth_token: s3cret\noauth_token_secret:\n",
        "oauth_token: s3cret\noauth_token_secret: ''\n",
        "oauth_token: [s3cret]\noauth_token_secret: s3cret\n",
        "oauth_token: 's3cret\n",
        "s3cret: {\n",
        GOOD + "oauth_token: s3cret2\n",
        GOOD + "? [a]\n: b\n",
        GOOD + "---\nmore: s3cret\n",
        GOOD + 'user_id: "1\\n2"\n',
        GOOD + "user_id: !!python/object/apply:os.getcwd []\n",
        GOOD + "user_id: !!python/name:os.getcwd s3cret\n",
        GOOD + "user_id: !mine s3cret\n",
        GOOD + "user_id: " + "9" * 1001 + "\n",
        GOOD + "#" * 20_000,
        "a: &a [s3cret]\n"
        + "".join(f"{n}: &{n} [{m * 9}]\n" for n, m in LAUGHS)
        + "oauth_token: *i\n",
        "[" * 10_000,
        b"\xff\xfe\x00",
        b"oauth_token: \x00",
    ],
    ids=range(22),
)
def test_an_invalid_token_file_is_refused_without_quoting_it(
    tmp_path: Path, content: str | bytes
) -> None:
    path = kept(tmp_path, content)
    with pytest.raises(ConfigError) as refused:
        oauth1_token.read(path)
    assert str(path) in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in "".join(traceback.format_exception(refused.value))


def test_the_token_file_is_in_the_current_folder_by_default(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    assert oauth1_token.place() == Path(".twitterauth")
    monkeypatch.setenv("TWITTERVOTES_AUTH", "")
    assert oauth1_token.place() == Path(".twitterauth")
    monkeypatch.setenv("TWITTERVOTES_AUTH", "~/auth")
    assert oauth1_token.place() == home / "auth"
