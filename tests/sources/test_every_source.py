"""What every source that comes with the program must have, and that a stranger's is found too."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from twittervotes.auth import oauth1_token
from twittervotes.auth.oauth1_token import Token
from twittervotes.core.config.binding import slots
from twittervotes.core.contest.contest import Choice, Contest, Rules
from twittervotes.core.contest.posts import Ask, Failed, Source
from twittervotes.core.polling.workers import work
from twittervotes.sources.plugin import GROUP, Read, SourcePlugin, plugins

ROOT = Path(__file__).parents[2]
CONTEST = Contest("?", (Choice("debian"), Choice("ubuntu", aliases=("kubuntu",))))
OWN = {name: name for name in ("mastodon", "bluesky", "twitch", "youtube", "web")}
SIMULATORS = {
    "twitter": "twittervotes.rehearsal.twitter",
    "x": "twittervotes.rehearsal.x",
    "mastodon": "simulators.mastodon",
    "bluesky": "simulators.bluesky",
    "twitch": "twittervotes.rehearsal.twitch_chat",
    "youtube": "twittervotes.rehearsal.youtube_chat",
}
PACKAGES = {"twitter": "x_v1", "x": "x", **OWN}
KEYS = {"twitter": "x", "x": "x", **OWN}  # network of each

# The errors of each network. Its tests name those that they cover: `@pytest.mark.covers`.
ERRORS: dict[str, set[str]] = {
    "twitter": {
        "quota used up",
        "calm down",
        "keys refused",
        "token ended",
        "clock wrong",
        "no credits",
        "suspended",
        "round at its end",
        "no such address",
        "over capacity",
        "no JSON",
        "cut",
        "no answer",
        "page for ever",
        "bad post",
    },
    "x": {
        "quota used up",
        "monthly cap",
        "no credits",
        "spending limit",
        "not enrolled",
        "keys refused",
        "cursor too old",
        "other names",
        "partial errors",
        "empty answer",
        "budget",
        "trouble of its own",
        "page for ever",
        "bad post",
    },
    "mastodon": {
        "quota used up",
        "closed timeline",
        "closed, and silent",
        "token refused",
        "unknown hashtag",
        "maintenance",
        "no Mastodon",
        "late post",
        "deleted post",
        "stream cut",
        "page for ever",
        "bad post",
    },
    "youtube": {
        "removed",
        "first page",
        "token lost",
        "too fast",
        "quota used up",
        "over",
        "restarted stream",
        "refused",
        "no live chat",
        "bad message",
    },
    "twitch": {
        "cut off",
        "reconnect",
        "removed",
        "no such channel",
        "suspended",
        "silent",
        "away",
        "bad message",
    },
    "web": {"box away", "box replaced", "ballots lost", "still open", "no page"},
    "bluesky": {
        "hung up",
        "silent",
        "away",
        "too many connections",
        "refused",
        "no WebSocket",
        "cursor moved",
        "blind host",
        "session ended",
        "search quota",
        "bad frame",
        "deleted post",
    },
}
# Why a file beside the networks' own has no simulator: what it reads lies on the disk.
WITHOUT_SIMULATOR = {
    "archive": "it asks no network; tests write the files",
    "chat_votes": "no network",
    "lenient": "no network",
    "plugin": "no network",
    "usual": "no network",
}


def built_in() -> dict[str, SourcePlugin[Any]]:
    """Return the plugins of this package alone."""
    entries = importlib.metadata.entry_points(group=GROUP)
    ours = {entry.name for entry in entries if entry.value.startswith("twittervotes.")}
    return {name: plugin for name, plugin in plugins().items() if name in ours}


PLUGINS = built_in()
each_source = pytest.mark.parametrize("name", sorted(PLUGINS))


def covered(name: str) -> set[str]:
    """Return the errors of a network that its tests are marked to cover."""
    files = sorted((ROOT / "tests" / "sources").glob(f"test_{name}*.py"))
    assert files, f"{name} has no test file"
    tests = (test for file in files for test in vars(importlib.import_module(file.stem)).values())
    marks = (mark for test in tests for mark in getattr(test, "pytestmark", ()))
    return {error for mark in marks if mark.name == "covers" for error in mark.args}


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return for each source settings that make it ready, at addresses where nobody listens."""
    monkeypatch.setenv("TWITTERVOTES_AUTH", str(tmp_path / "auth"))
    oauth1_token.write(tmp_path / "auth", Token("token", "token-secret"))
    nobody = "http://127.0.0.1:9"
    values = {
        "twitter": {
            "consumer_key": "key",
            "consumer_secret": "secret",
            "search_endpoint": f"{nobody}/search",
        },
        "x": {"bearer_token": "secret", "api_url": nobody},
        "mastodon": {"instances": (nobody,)},
        "bluesky": {"hosts": ("127.0.0.1:9",)},
        "youtube": {"video": "abcdefghijk", "key": "secret", "api_url": nobody},
        "twitch": {"channels": ("somechannel",), "url": "ws://127.0.0.1:9"},
        "web": {"port": 9, "keys": str(tmp_path / "keys")},
    }
    return {name: plugin.settings(**values[name]) for name, plugin in PLUGINS.items()}


def made(name: str, ready: dict[str, Any], contest: Contest = CONTEST) -> tuple[Source, ...]:
    return PLUGINS[name].sources(ready[name], contest)


def test_built_in_networks_are_registered_like_any_other() -> None:
    assert set(PLUGINS) == set(KEYS)


def test_every_file_of_a_source_belongs_to_a_plugin() -> None:
    folder = ROOT / "twittervotes" / "sources"
    found = {path.stem for path in folder.glob("[a-z]*") if path.is_file() or any(path.iterdir())}
    assert found - set(PACKAGES.values()) == set(WITHOUT_SIMULATOR)


@each_source
def test_its_docstring_links_the_networks_documentation(name: str) -> None:
    folder = ROOT / "twittervotes" / "sources" / PACKAGES[name]
    docstrings = [
        ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "" for file in folder.glob("*.py")
    ]
    assert all(docstrings)
    assert any("https://" in words for words in docstrings)
    assert PLUGINS[name].name == name
    summary = PLUGINS[name].summary
    assert 10 < len(summary) < 100
    assert not summary.endswith(".")


@each_source
def test_every_setting_is_documented_in_the_configuration(name: str) -> None:
    kind = PLUGINS[name].settings
    assert is_dataclass(kind)
    text = (ROOT / "config.yaml").read_text("utf-8")
    found = re.search(rf"((?:^#.*\n)+)^{name}:.*\n((?:^ .*\n|^#.*\n|^\n)+?)(?=^\S|\Z)", text, re.M)
    assert found, f"config.yaml has no section {name}, or no words above it"
    lines = {line.split(":")[0].strip(): line for line in found[2].splitlines() if ":" in line}
    for slot in slots(kind, {}):
        assert slot.key in lines, f"config.yaml does not have {name}.{slot.key}"
        assert re.search(r"\s# .{5}", lines[slot.key]), f"no word about {name}.{slot.key}"


@each_source
def test_a_secret_setting_is_never_shown(name: str) -> None:
    for field in fields(PLUGINS[name].settings):
        if re.search("secret|password|token$", field.name):
            assert not field.repr, f"{name}.{field.name}"


@each_source
def test_it_has_a_simulator_that_is_tested(name: str) -> None:
    if name == "web":
        return  # tests start the real box
    simulator = importlib.import_module(SIMULATORS[name])
    assert simulator.__doc__
    tests = "test_launcher" if name == "twitter" else f"test_rehearsal_{name}"
    assert (ROOT / "tests" / "rehearsal" / f"{tests}.py").exists()


@each_source
def test_each_error_of_its_network_has_a_test(name: str) -> None:
    assert name in ERRORS, "name the errors of the network, and mark the tests that cover them"
    assert covered(name) == ERRORS[name]


@each_source
def test_it_says_which_settings_are_missing(
    name: str, ready: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = PLUGINS[name]
    assert plugin.needs(ready[name]) == ()
    monkeypatch.setenv("TWITTERVOTES_AUTH", str(tmp_path / "nobody"))
    for sentence in plugin.needs(plugin.settings()):
        assert sentence[0].isupper() or sentence.startswith(str(tmp_path))
        assert sentence.endswith(".")


@each_source
def test_its_sources_are_named_after_it(name: str, ready: dict[str, Any]) -> None:
    sources = made(name, ready)
    assert sources
    for source in sources:
        assert source.name == name or re.match(rf"{name}[:-]", source.name)
        assert source.network == KEYS[name]
        # No network that can be asked promises every post; our own box does.
        assert source.complete is (name == "web")
    assert len({source.name for source in sources}) == len(sources)


@each_source
def test_its_queries_have_all_hashtags(name: str, ready: dict[str, Any]) -> None:
    for rules in (Rules(), Rules(required=("live",))):
        contest = Contest("?", CONTEST.choices, rules)
        for source in made(name, ready, contest):
            feeds = source.feeds(contest)
            assert len({feed.name for feed in feeds}) == len(feeds) > 0
            asked = " ".join(feed.query for feed in feeds)
            for tag in contest.tags:
                assert re.search(rf"(?<!\w){tag}(?!\w)", asked), (tag, asked)


@each_source
def test_an_unreachable_network_is_retried(name: str, ready: dict[str, Any]) -> None:
    for source in made(name, ready):
        answer = work(source, Ask(source.feeds(CONTEST)[0], opens_ms=1_700_000_000_000))
        assert isinstance(answer, Failed)
        assert answer.remedy == "retry"
        assert answer.source == source.name
        assert answer.message[0].isalnum()
        assert answer.message.endswith(".")
        assert "connect to 127.0.0.1" in answer.message.replace(":9", "")
        assert answer.advice


@each_source
def test_it_can_be_pickled_and_shows_no_secret(name: str, ready: dict[str, Any]) -> None:
    for source in made(name, ready):
        assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes
        assert "secret" not in f"{source!r} {source}"


@each_source
def test_it_recognises_its_own_responses_in_files(name: str) -> None:
    reads = PLUGINS[name].reads
    assert reads is not None
    read = reads(CONTEST)
    for value in (b"{}", b'{"key": 1}', b'{"text": "#debian"}', b"{", b"", b"null", b"\xff"):
        assert read(value) in (None, Read())


# --- a stranger's -----------------------------------------------------------------------------

STRANGER = """
from dataclasses import dataclass
from twittervotes.sources.plugin import SourcePlugin

@dataclass(frozen=True)
class Settings:
    address: str = ""

PLUGIN = SourcePlugin("guestbook", "A guest book", Settings, lambda _: (), lambda *_: ())
NO_PLUGIN = 17
"""


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """Install a package with sources, good and bad, where Python looks for packages."""
    (tmp_path / "guestbook.py").write_text(STRANGER, "utf-8")
    about = tmp_path / "guestbook-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: guestbook\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        f"[{GROUP}]\nguestbook = guestbook:PLUGIN\nnothing = guestbook:NOTHING\n"
        "missing = no_such_package:PLUGIN\nnumber = guestbook:NO_PLUGIN\n"
    )
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    sys.path.remove(str(tmp_path))
    sys.modules.pop("guestbook", None)


def test_an_unusable_plugin_is_reported_and_skipped(
    installed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert set(plugins()) >= {*PLUGINS, "guestbook"}
    assert set(plugins()).isdisjoint(("missing", "nothing", "number"))
    assert plugins()["guestbook"].summary == "A guest book"
    told = [record.getMessage() for record in caplog.records]
    for name in ("missing", "nothing", "number"):
        assert any(words.startswith(f"The source {name} cannot be used: ") for words in told)


def test_an_external_plugin_is_listed_and_configured(installed: Path) -> None:
    config = installed / "config.yaml"
    config.write_text("sources: [guestbook]\nguestbook: {address: there}\n", "utf-8")
    code = (
        f"import sys; sys.path.insert(0, {str(installed)!r})\n"
        "from twittervotes.app.main import main\n"
        f"sys.exit(main(['sources', '--config', {str(config)!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^guestbook +ready +A guest book$", done.stdout, re.M)
