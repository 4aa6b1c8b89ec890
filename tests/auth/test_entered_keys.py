"""Keys that are entered in the window: kept for their owner alone, and used like variables."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from twittervotes.app import registry
from twittervotes.app.start_form import enter, networks, words
from twittervotes.auth import entered_keys
from twittervotes.cli.vote_options import Options, parse
from twittervotes.core.errors import ConfigError
from twittervotes.network.address import EVERYWHERE
from twittervotes.sources.web.settings import WebSettings
from twittervotes.sources.youtube.source import YouTubeSettings

VIDEO, KEY = "TWITTERVOTES_YOUTUBE_VIDEO", "TWITTERVOTES_YOUTUBE_KEY"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TWITTERVOTES_AUTH", raising=False)
    return tmp_path


def youtube() -> YouTubeSettings:
    return registry.configured(Options()).section(YouTubeSettings)


def test_entered_keys_are_added_to_earlier_ones() -> None:
    entered_keys.write(registry.key_names(), {VIDEO: " https://youtu.be/abcdefghijk "})
    entered_keys.write(registry.key_names(), {KEY: "s3cret"})
    assert (youtube().video, youtube().key) == ("https://youtu.be/abcdefghijk", "s3cret")


def test_the_environment_goes_before_what_was_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    entered_keys.write(registry.key_names(), {KEY: "s3cret"})
    monkeypatch.setenv(KEY, "other")
    assert youtube().key == "other"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_the_owner_can_read_the_file(folder: Path) -> None:
    entered_keys.write(registry.key_names(), {KEY: "s3cret"})
    assert stat.S_IMODE((folder / ".twitterauth-keys").stat().st_mode) == 0o600


def test_a_damaged_file_is_an_error_that_shows_no_secret(folder: Path) -> None:
    (folder / ".twitterauth-keys").write_text("{ s3cret: [")
    with pytest.raises(ConfigError) as told:
        registry.configured(Options())
    assert "s3cret" not in str(told.value)


def test_a_network_says_plainly_what_it_needs_without_names_of_settings() -> None:
    before = {each.name: each for each in networks(registry.configured(Options()))}
    assert before["youtube"].needs == ("Needs the address of the stream and API key.",)
    assert before["twitter"].needs == ("Needs the app key and app secret.",)
    told = " ".join(sentence for each in before.values() for sentence in each.needs)
    for technical in ("_", "--", "configuration", "config.yaml", ".py"):
        assert technical not in told
    entered_keys.write(registry.key_names(), {VIDEO: "https://youtu.be/abcdefghijk", KEY: "k"})
    after = {each.name: each for each in networks(registry.configured(Options()))}
    assert (after["youtube"].needs, after["youtube"].keys) == ((), ())
    ready = {name for name, each in after.items() if each.is_usual and not each.needs}
    assert {"mastodon", "bluesky"} <= ready
    assert not ready & {"x", "youtube", "web"}, "those that cost something or open a page"


def test_an_invalid_key_is_refused() -> None:
    enter(Options(), {KEY: "s3cret"})
    with pytest.raises(ConfigError, match="Video must be"):
        enter(Options(), {VIDEO: "nonsense", KEY: "other"})
    assert (youtube().video, youtube().key) == ("", "s3cret")


def test_the_form_says_who_can_open_the_ballot_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def said(**more: str) -> str:
        wanted = Options(hashtags=("a", "b"), sources=("web",), **more)
        return words(wanted, registry.configured(Options()))

    assert "Only this machine can open it; tick “Open to phones" in said()
    assert "It is open to your network, without encryption" in said(host=EVERYWHERE[0])
    opens = {each.name: each.opens for each in networks(registry.configured(Options()))}
    assert opens.pop("web") == "Open to phones in this network"
    assert set(opens.values()) == {""}
    for name, value in (("HOST", EVERYWHERE[0]), ("NAME", "votes.example.org")):
        monkeypatch.setenv(f"TWITTERVOTES_WEB_{name}", value)
        (web,) = (each for each in networks(registry.configured(Options())) if each.name == "web")
        assert web.opens == ""
        monkeypatch.delenv(f"TWITTERVOTES_WEB_{name}")


def test_the_command_line_says_where_the_ballot_page_listens() -> None:
    options = parse(["-ht", "a", "b", "--source", "web", "--host", EVERYWHERE[0]])
    assert registry.configured(options).section(WebSettings).host == EVERYWHERE[0]


def test_the_form_says_how_long_youtubes_quota_lasts() -> None:
    entered_keys.write(registry.key_names(), {VIDEO: "https://youtu.be/abcdefghijk", KEY: "k"})
    said = words(Options(hashtags=("a", "b"), sources=("youtube",)), registry.configured(Options()))
    assert "2,000 requests with 10,000 units a day: 43 minutes of a busy chat" in said
