"""The configuration: what is valid, how errors are reported, and which file is used."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hatchling.builders.wheel import WheelBuilder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta

from twittervotes.core.config import loader, yaml_tree
from twittervotes.core.config.display import DisplaySettings, Layout, View
from twittervotes.core.config.loader import Config, ContestSettings, find, load
from twittervotes.core.contest.contest import Choice, PerAccount, Rules, Several
from twittervotes.core.contest.words import Chat
from twittervotes.core.errors import ConfigError
from twittervotes.core.logs import shipped

ROOT = Path(__file__).parents[3]
SECRET = "hunter2hunter2"
FLAT = """\
consumer_key: 'abc'
consumer_secret: 'def'
request_token_url: 'https://api.twitter.com/oauth/request_token'
authorize_url: 'https://api.twitter.com/oauth/authorize'
access_token_url: 'https://api.twitter.com/oauth/access_token'
api_version: '1.1'
search_endpoint: 'https://api.twitter.com/1.1/search/tweets.json'
"""


@dataclass(frozen=True, slots=True)
class Network:
    consumer_key: str = ""
    consumer_secret: str = field(default="", repr=False)
    request_token_url: str = ""
    authorize_url: str = ""
    access_token_url: str = ""
    api_version: str = "1.1"
    search_endpoint: str = ""
    overlap_s: int = 120


@dataclass(frozen=True, slots=True)
class Addressed(Network):
    def __post_init__(self) -> None:
        if "://" not in self.search_endpoint:
            raise ValueError("search_endpoint must be an address.")


@dataclass(frozen=True, slots=True)
class Faults:
    cut: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.cut <= 1:
            raise ValueError("A fault is a chance from 0 to 1.")


@dataclass(frozen=True, slots=True)
class Page:
    address: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 3000
    secret_mode: Literal["soft", "hard"] = "soft"
    is_open: bool = False
    late_s: float = 0.0
    lasts_s: float | None = None
    faults: Faults = field(default_factory=Faults)


SECTIONS = {"twitter": Network, "page": Page}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder; return the path of the configuration there."""
    monkeypatch.chdir(tmp_path)
    return Path("config.yaml")


def loaded(path: Path, text: str | bytes, **environ: str) -> Config:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return load(path, SECTIONS, {f"TWITTERVOTES_{name}": value for name, value in environ.items()})


def told(path: Path, text: str | bytes, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(path, text, **environ)
    error: BaseException | None = caught.value
    while error is not None:  # a traceback shows the causes too
        assert SECRET not in str(error)
        error = None if error.__suppress_context__ else error.__cause__ or error.__context__
    return str(caught.value).splitlines()


def test_an_invalid_setting_is_reported_with_its_place(written: Path) -> None:
    text = "consumer_key: k\nsearch_endpoint: nowhere\n"
    written.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(written, {"twitter": Addressed}, {})
    assert str(caught.value) == "config.yaml:2:18: search_endpoint must be an address."


def test_a_whole_file_is_read(written: Path) -> None:
    text = """
contest:
  title: Cats or dogs?
  choices:
    - {tag: cats, label: The cats, colour: "#D70A53", aliases: [cat, "#kitten"],
       words: [1, "CATS", arch  linux]}
    - tag: dogs
  chat: {prefix: ["!VOTE"], match: anywhere, shared: all, replies: ignore, bare: yes}
  time: 1h30m
  settle: 0
  max_hashtags: 4
  link: https://votes.example.org/c/pets
  rules: {per_account: last, several: each, required: live, min_account_age: 30d, grace: 90}
sources: [twitter, rehearsal]
every: 0.5s
view: text
theme: light
display: {layout: lower, background: "#00B140", logo: logo.png}
files: false
twitter: {consumer_key: 0123, overlap: 5m}
page: {port: 8080, is_open: yes, late_s: 2m, lasts_s: -1.5, faults: {cut: 0.25}}
"""
    found = loaded(written, text)
    assert found == Config(
        ContestSettings(
            title="Cats or dogs?",
            choices=(
                Choice(
                    "cats", "The cats", "#d70a53", ("cat", "kitten"), ("1", "cats", "arch linux")
                ),
                Choice("dogs"),
            ),
            time_ms=5_400_000,
            settle_ms=0,
            max_hashtags=4,
            link="https://votes.example.org/c/pets",
            rules=Rules(
                PerAccount.LAST,
                Several.EACH,
                required=("live",),
                min_account_age_s=30 * 86_400,
                grace_s=90,
            ),
            chat=Chat(("!vote",), True, "anywhere", "all", "ignore"),
        ),
        ("twitter", "rehearsal"),
        500,
        View.TEXT,
        "light",
        DisplaySettings(Layout.LOWER, "#00b140", logo="logo.png"),
        "false",
        written,
        (
            Network("0123", overlap_s=300),
            Page(port=8080, is_open=True, late_s=120, lasts_s=-1.5, faults=Faults(0.25)),
        ),
    )
    assert found.section(Network).consumer_key == "0123"
    assert found.section(Page).port == 8080


def test_a_section_nobody_announced_is_a_mistake_of_the_program(written: Path) -> None:
    with pytest.raises(LookupError, match="Faults"):
        loaded(written, "").section(Faults)


@pytest.mark.parametrize(
    "text", ["", "# only words\n", "contest:\ntwitter:\n", "\ufeffevery: 2s\n"]
)
def test_a_file_that_sets_nothing_gives_the_defaults(text: str, written: Path) -> None:
    assert loaded(written, text) == Config(path=written, sections=(Network(), Page()))


def test_the_originals_flat_file_is_the_twitter_section(written: Path) -> None:
    found = loaded(written, FLAT)
    assert found.section(Network) == Network(
        "abc",
        "def",
        "https://api.twitter.com/oauth/request_token",
        "https://api.twitter.com/oauth/authorize",
        "https://api.twitter.com/oauth/access_token",
        "1.1",
        "https://api.twitter.com/1.1/search/tweets.json",
    )


def test_the_flat_file_may_have_new_sections(written: Path) -> None:
    text = FLAT.replace("'1.1'", "1.10") + "max_hashtags: 4\nevery: 1s\ntwitter: {overlap: 1m}\n"
    found = loaded(written, text)
    assert found.contest.max_hashtags == 4
    assert found.every_ms == 1000
    assert found.section(Network).api_version == "1.10"
    assert found.section(Network).overlap_s == 60


def test_a_key_both_flat_and_in_its_section_is_refused(written: Path) -> None:
    assert told(written, FLAT + "twitter:\n  consumer_key: other\n") == [
        "config.yaml:1:1: 'consumer_key' is here and in line 9; keep one."
    ]


def test_all_problems_are_reported_together_each_with_its_place(written: Path) -> None:
    text = """\
contest:
  hashtags: ["a b", arch]
  time: 12:30
  max_hashtags: 0
  rules: {per_acount: last, several: eech}
evry: 2
view: windw
port: 80
twiter: {}
page:
  port: 0123
  is_open: perhaps
  late_s: soon
  address: [1]
"""
    assert told(written, text) == [
        "config.yaml:2:14: #a b isn't a valid hashtag because of ' '. Use only letters, "
        "digits and '_'.",
        "config.yaml:3:9: time is written with units: 12m30s for minutes and seconds, 12h30m for"
        " hours and minutes.",
        "config.yaml:4:17: max_hashtags must be a whole number >= 1.",
        "config.yaml:5:11: Unknown setting 'per_acount'; did you mean 'per_account'?",
        "config.yaml:5:38: several must be spoilt, each or first; did you mean 'each'?",
        "config.yaml:6:1: Unknown setting 'evry'; did you mean 'every'?",
        "config.yaml:7:7: view must be window, text or none; did you mean 'window'?",
        "config.yaml:8:1: Unknown setting 'port'; it belongs under 'page:'.",
        "config.yaml:9:1: Unknown setting 'twiter'; did you mean 'twitter'?",
        "config.yaml:11:9: port must not begin with 0, which makes it an octal number in YAML.",
        "config.yaml:12:12: is_open must be true or false.",
        "config.yaml:13:11: late_s must be a duration, e.g. 90s, 3m, 1h30m.",
        "config.yaml:14:12: address must be one value.",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sources: []", "1:10: sources must name at least one, such as twitter."),
        ("contest: {hashtags: [a], choices: [{tag: b}]}",
         "1:10: List the hashtags only once: under 'hashtags:' or under 'choices:'."),
        ("contest: {choices: [{label: A}]}", "1:21: tag is missing."),
        ("contest: {choices: [a]}",
         "1:21: an item of choices must be lines 'name: value', indented below it."),
        ("contest: {choices: {tag: a}}", "1:20: choices must be a list, each item after '- '."),
        ("contest: {choices: [{tag: a, colour: reddish}]}",
         '1:38: colour must be a colour such as "#d70a53", in quotes.'),
        ("contest: {hashtags: [a, ~]}", "1:25: an item of hashtags is empty."),
        ("contest: [a]", "1:10: contest must be lines 'name: value', indented below it."),
        ("twitter: 5\nconsumer_key: a",
         "1:10: twitter must be lines 'name: value', indented below it."),
        ("page: {faults: {cut: 2}}", "1:16: A fault is a chance from 0 to 1."),
        ("page: {port: 65536}", "1:14: port must be a whole number <= 65535."),
        ("page: {port: .nan}", "1:14: port must be a whole number."),
        ("something: 1",
         "1:1: Unknown setting 'something'; the settings here are contest, sources, every, view,"
         " theme, display, files, twitter, page."),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_reported(text: str, sentence: str, written: Path) -> None:
    assert told(written, text) == [f"config.yaml:{sentence}"]


COMMENT = (
    'YAML takes {0} for a comment, so {1} is without it; write it in quotes: "{0}",'
    " or put a space after the '#' of a comment."
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("contest:\n  title: #vote\n", "2:9: " + COMMENT.format("#vote", "title")),
        ("contest:\n  hashtags:\n    - #a\n    - b\n",
         "3:6: " + COMMENT.format("#a", "an item of hashtags")),
        ("contest:\n  hashtags: #a #b\n", "2:12: " + COMMENT.format("#a", "hashtags")),
        ("contest:\n  hashtags:\n    #a\n    #b\n", "2:12: " + COMMENT.format("#a", "hashtags")),
        ("contest:\n  hashtags: [a,\n    #b,\n    c]\n",
         "2:13: " + COMMENT.format("#b", "an item of hashtags")),
        ("contest:\n  choices: [{tag: a, colour: \n    #d70a53\n  }]",
         "2:29: " + COMMENT.format("#d70a53", "colour")),
        ("contest:\n  hashtags: [#a, #b]\n  title: x\n",
         "2:14: YAML takes #a and what follows for a comment; write the hashtag in quotes: \"#a\","
         " or without its sign: a."),
        ("contest: {hashtags: ['#a', \"b\", #c]}",
         "1:33: YAML takes #c and what follows for a comment; write the hashtag in quotes:"
         ' "#c", or without its sign: c.'),
        ("contest:\n  title: a\n  title: b\n", "3:3: 'title' is here and in line 2; keep one."),
        ("contest:\n\ttitle: a\n", "2:1: The line is indented with a tab; YAML requires spaces."),
        ("contest:\n  title: a\n bar: b\n",
         "3:2: The indentation doesn't match the lines above."),
        ("contest:\n  title: vote: a or b\n",
         "2:14: A text with ': ' in it must be quoted; or the line above lacks the space"
         " after ':'."),
        ("contest:\n  title: @all\n",
         "2:10: A value that begins with this sign must be quoted."),
        ("contest: {title: 'a}\nevery: 2s\n",
         "1:18: The quote opened here isn't closed properly."),
        ("sources: [a, b\nevery: 2s\n",
         "1:10: The bracket opened here isn't closed properly."),
        ("every: 2s\n---\nview: text\n", "2:1: '---' starts a second document; keep only one."),
        ("? [a]\n: b\n", "1:3: A name must be a plain word."),
        ("- a\n",
         "1:1: This isn't a setting; write each one as 'name: value', with a space"
         " after the colon."),
        ("every:2s\n",
         "1:1: This isn't a setting; write each one as 'name: value', with a space"
         " after the colon."),
    ],
)  # fmt: skip
def test_a_trap_of_yaml_is_reported_with_its_fix(text: str, sentence: str, written: Path) -> None:
    assert told(written, text) == [f"config.yaml:{sentence}"]


def test_values_are_read_as_written(written: Path) -> None:
    text = "contest: {hashtags: [yes, no, on, null_, 1e3, 0x1F], title: 2026-11-21}\nview: none\n"
    found = loaded(written, text)
    assert found.contest.hashtags == ("yes", "no", "on", "null_", "1e3", "0x1F")
    assert found.contest.title == "2026-11-21"
    assert found.view is View.NONE


def test_hashtags_may_be_on_one_line(written: Path) -> None:
    assert loaded(written, "contest: {hashtags: yes no}").contest.hashtags == ("yes", "no")
    quoted = 'contest:\n  hashtags: "#yes, #no"  # the two\n'
    assert loaded(written, quoted).contest.hashtags == ("yes", "no")


def test_a_text_cut_by_a_comment_is_doubted(
    written: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = loaded(written, "contest:\n  title: Vote for #debian\n")
    assert found.contest.title == "Vote for"
    assert caplog.messages == [
        "config.yaml:2:10: YAML takes #debian for a comment; if it belongs to title,"
        " put the whole text in quotes."
    ]


def test_a_comment_with_a_space_is_a_comment(
    written: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = (
        "contest:\n  title:  # none\n#  time: 3m\n  hashtags: [a, # one\n    b]\nevery: 1s #fast\n"
    )
    assert loaded(written, text).contest == ContestSettings(hashtags=("a", "b"))
    assert caplog.messages == []


@pytest.mark.parametrize(
    "text",
    [
        f"consumer_secret: [{SECRET}]",
        f"consumer_secret: *{SECRET}",
        f"consumer_secret: &{SECRET} x",
        f"consumer_secret: !{SECRET} x",
        f"consumer_secret: #{SECRET}",
        f"consumer_secret: @{SECRET}",
        f"consumer_secret: a: {SECRET}",
        f"consumer_secret: '{SECRET}",
        f"consumer_secret:{SECRET}",
        f"every: 1s\nconsumer_secret:{SECRET}\nview: text",
        f"consumer_secret:{SECRET}: x",
        f'consumer_secret: "\\q{SECRET}"',
        f"consumer_secret: {SECRET}\x07",
        f"consumer_secret: {SECRET}\nconsumer_secret: {SECRET}",
        f"page: {{secret_mode: {SECRET}}}",
    ],
)
def test_no_error_quotes_a_secret(text: str, written: Path) -> None:
    assert len(told(written, text)) == 1


def test_secrets_are_not_in_reprs_or_errors(written: Path) -> None:
    found = loaded(written, f"consumer_secret: {SECRET}\nconsumer_key: {SECRET}")
    assert SECRET not in repr(found)
    assert told(written, "", PAGE_SECRET_MODE=SECRET) == [
        "TWITTERVOTES_PAGE_SECRET_MODE: secret_mode must be soft or hard."
    ]


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
@pytest.mark.parametrize(
    ("text", "mode", "warns"),
    [
        (FLAT, 0o644, True),
        (FLAT, 0o640, True),
        (FLAT, 0o600, False),
        ("twitter: {consumer_secret: a}", 0o604, True),
        ("twitter: {consumer_secret: '', access_token_url: 'https://x.example'}", 0o644, False),
    ],
)
def test_secrets_that_others_can_read_are_warned_of(
    text: str, mode: int, warns: bool, written: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written.write_text(text)
    written.chmod(mode)
    load(written, SECTIONS, {})
    sentence = "config.yaml holds secrets and others can read it; run: chmod 600 config.yaml"
    assert caplog.messages == [sentence] * warns


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"every: 2s\n# caf\xe9\n", "config.yaml:2: This isn't UTF-8; save the file as UTF-8."),
        ("every: 2s\n".encode("utf-16"),
         "config.yaml:1: This isn't UTF-8; save the file as UTF-8."),
        (b"every: 2s\nview: \x00\n",
         "config.yaml:2: There is a control character here; remove it."),
        (b"# " + b"x" * yaml_tree.MOST_BYTES,
         "config.yaml is too large for a configuration (over 262144 bytes)."),
        (b"[" * 200_000, "config.yaml:1:13: The settings are nested too deeply here."),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
         "config.yaml:1:4: A value that begins with '&' must be quoted if it is a text;"
         " in YAML the sign has a meaning that is not used here."),
        (b"view: !!python/object/apply:os.getcwd []\n",
         "config.yaml:1:7: A value that begins with '!' must be quoted if it is a text;"
         " in YAML the sign has a meaning that is not used here."),
    ],
)  # fmt: skip
def test_a_hostile_file_is_refused(content: bytes, sentence: str, written: Path) -> None:
    assert told(written, content) == [sentence]


PIECES = (
    "contest", "title", "hashtags", "page", "port", "consumer_secret", ":", ": ", "\n", "\n  ",
    "- ", "#a", "[", "]", "{", "}", ", ", "'", '"', "&a ", "*a", "!x ", "|", ">", "? ", "<<",
    "12:30", "\t", "---", "~", "0123", "é", "%", "@", "\\", "\u2028",
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from(PIECES),
        max_size=25,
    )
)
def test_any_text_is_a_configuration_or_a_config_error(written: Path, parts: list[str]) -> None:
    try:
        found = loaded(written, "".join(parts))
    except ConfigError:
        return
    assert found.path == written


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^There is no file .*none\.yaml\.$"):
        load(tmp_path / "none.yaml", SECTIONS, {})
    with pytest.raises(ConfigError, match="is a folder; name a file"):
        load(tmp_path, SECTIONS, {})


def test_variables_go_before_the_file(written: Path) -> None:
    text = "every: nonsense\ncontest: {title: A, settle: 5}\n"
    found = loaded(
        written,
        text,
        EVERY="7s",
        CONTEST_TITLE="B: C #d",
        CONTEST_HASHTAGS="yes, no",
        CONTEST_RULES_PER_ACCOUNT="last",
        SOURCES="twitter rehearsal",
        TWITTER_CONSUMER_SECRET=SECRET,
        PAGE_FAULTS_CUT="0.5",
        VIEW="",
    )
    assert found.every_ms == 7000
    assert found.contest.title == "B: C #d"
    assert found.contest.hashtags == ("yes", "no")
    assert found.contest.settle_ms == 5000
    assert found.contest.rules.per_account is PerAccount.LAST
    assert found.sources == ("twitter", "rehearsal")
    assert found.section(Network).consumer_secret == SECRET
    assert found.section(Page).faults.cut == 0.5
    assert found.view is View.WINDOW


def test_an_invalid_variable_is_reported_by_name(written: Path) -> None:
    assert told(written, "evry: 2\n", PAGE_PORT="0", CONTEST_TIME="12:30") == [
        "TWITTERVOTES_CONTEST_TIME: time is written with units: 12m30s for minutes and seconds,"
        " 12h30m for hours and minutes.",
        "TWITTERVOTES_PAGE_PORT: port must be a whole number >= 1.",
        "config.yaml:1:1: Unknown setting 'evry'; did you mean 'every'?",
    ]


def test_an_unknown_variable_causes_a_warning(
    written: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loaded(written, "", CONTEST_TITEL="x", CONSUMER_SECRET=SECRET, QQ="1", AUTH="a", CONFIG="b")
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert caplog.messages == [
        "The variable TWITTERVOTES_CONTEST_TITEL is ignored;"
        " did you mean TWITTERVOTES_CONTEST_TITLE?",
        "The variable TWITTERVOTES_CONSUMER_SECRET is ignored;"
        " did you mean TWITTERVOTES_TWITTER_CONSUMER_SECRET?",
        "The variable TWITTERVOTES_QQ is ignored.",
    ]


def test_files_are_looked_for_in_the_documented_order(
    written: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "settings"))
    own = loader.platformdirs.user_config_path("twittervotes", False) / "config.yaml"
    other = written.with_name("other.yaml")
    environ = {"TWITTERVOTES_CONFIG": str(other)}

    assert find(None, {}) == shipped("config.yaml") == ROOT / "config.yaml"
    own.parent.mkdir(parents=True)
    own.touch()
    assert find(None, {}) == own
    written.touch()
    assert find(None, {}) == written
    with pytest.raises(ConfigError, match="TWITTERVOTES_CONFIG names it"):
        find(None, environ)
    other.touch()
    assert find(None, environ) == other
    assert find(Path("told.yaml"), environ) == Path("told.yaml")


def test_the_configuration_that_is_shipped_says_the_defaults() -> None:
    from twittervotes.app import registry

    path, sections = ROOT / "config.yaml", registry.sections()
    defaults = tuple(kind() for kind in sections.values())
    assert load(path, sections, {}) == Config(path=path, sections=defaults)

    root, _ = yaml_tree.read(path)
    assert missing(root, loader.General) == [], "config.yaml lacks these settings"
    for name, kind in sections.items():
        if not kind.__module__.startswith("twittervotes."):
            continue  # somebody has installed another source
        inner = root.entries[name][1]
        assert isinstance(inner, yaml_tree.Block)
        assert missing(inner, kind) == [], name


def missing(block: yaml_tree.Block, kind: type[object]) -> list[str]:
    """Return the settings that a file does not name."""
    found = []
    for slot in loader.slots(kind, loader.READERS):
        inner = block.entries.get(slot.key, (None, None))[1]
        if inner is None:
            found.append(slot.key)
        elif isinstance(inner, yaml_tree.Block):
            found += missing(inner, slot.hint)
    return found


def test_the_wheel_brings_its_configuration_and_logging(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    code = (
        "from twittervotes.core.config.loader import find, load\n"
        "from twittervotes.core.logs import setup\n"
        "import logging\n"
        "print(find(None)); load(None, sections()); setup()\n"
        "logging.getLogger('twittervotes.x').info('heard')\n"
    )
    imports = "from twittervotes.app.registry import sections\n"
    done = subprocess.run(
        [sys.executable, "-c", imports + code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{installed / 'twittervotes' / 'config.yaml'}\n", done.stderr
    assert done.stderr.endswith(" INFO twittervotes.x: heard\n")
