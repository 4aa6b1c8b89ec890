"""Load the configuration from a file and the environment.

The file is the first that exists of: --config, TWITTERVOTES_CONFIG, config.yaml in the current
folder, the one in the user's configuration folder, the one shipped with the program. The original
program's flat file also works. All problems are reported at once, each with its place. Knows
nothing of sources and pages: callers pass the class of each section's settings.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import platformdirs
from msgspec import Meta

from twittervotes.core.config import display, yaml_tree
from twittervotes.core.config import rules as rulebook
from twittervotes.core.config.binding import Fitting, Reader, is_secret, meant, single_values, slots
from twittervotes.core.config.display import DisplaySettings, View
from twittervotes.core.config.duration import interval, moment, period, seconds
from twittervotes.core.config.yaml_tree import Block, Items, Location, Problem, Scalar, Tree, shown
from twittervotes.core.contest.contest import Choice, Rules
from twittervotes.core.contest.hashtag import named
from twittervotes.core.contest.words import Chat
from twittervotes.core.errors import ConfigError
from twittervotes.core.logs import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

log = logging.getLogger(__name__)
T = TypeVar("T")

PREFIX = "TWITTERVOTES_"
NAME = "config.yaml"
OTHER_VARIABLES = ("TWITTERVOTES_CONFIG", "TWITTERVOTES_AUTH")
# The top-level keys of the original program's file, and the section each belongs to now.
FLAT = {
    **dict.fromkeys(
        (
            "consumer_key",
            "consumer_secret",
            "request_token_url",
            "authorize_url",
            "access_token_url",
            "api_version",
            "search_endpoint",
        ),
        "twitter",
    ),
    "max_hashtags": "contest",
}


@dataclass(frozen=True, slots=True)
class ContestSettings:
    """The question put to the audience: `hashtags` as plain names, or `choices` in full.

    `time_ms` is None if only the operator closes the vote; `max_hashtags` None means no limit.
    `link` is where the audience votes, `proof` where anyone can check the result.
    """

    title: str = ""
    hashtags: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    opens_ms: int | None = None
    closes_ms: int | None = None
    time_ms: int | None = None
    settle_ms: int = 30_000
    max_hashtags: Annotated[int, Meta(ge=1)] | None = None
    link: str = ""
    proof: str = ""
    rules: Rules = field(default_factory=Rules)
    chat: Chat = field(default_factory=Chat)

    def __post_init__(self) -> None:
        if self.hashtags and self.choices:
            raise ValueError("List the hashtags only once: under 'hashtags:' or under 'choices:'.")
        if self.closes_ms is not None and self.time_ms is not None:
            raise ValueError("Set the end of the vote only once: with 'closes:' or with 'time:'.")


@dataclass(frozen=True, slots=True)
class General:
    """Settings that apply to every source."""

    contest: ContestSettings = field(default_factory=ContestSettings)
    sources: tuple[str, ...] = ("twitter",)
    every_ms: int = 2000
    view: View = View.WINDOW
    theme: Literal["dark", "light"] | None = None
    display: DisplaySettings = field(default_factory=DisplaySettings)
    files: str = "true"

    def __post_init__(self) -> None:
        if not self.sources:
            raise ValueError("sources must name at least one, such as twitter.")


@dataclass(frozen=True, slots=True)
class Config(General):
    """All settings, and their file. The sections may contain secrets: never show them."""

    path: Path = Path()
    sections: tuple[object, ...] = field(default=(), repr=False)

    def section(self, kind: type[T]) -> T:
        """Return the settings of one section, given their class."""
        for each in self.sections:
            if isinstance(each, kind):
                return each
        raise LookupError(f"no section was announced with {kind.__name__}")


READERS: dict[tuple[type[object], str], Reader] = {
    **rulebook.READERS,
    (ContestSettings, "hashtags"): named,
    (ContestSettings, "opens"): moment,
    (ContestSettings, "closes"): moment,
    (ContestSettings, "time"): period,
    (ContestSettings, "settle"): seconds,
    (ContestSettings, "link"): display.web_address,
    (ContestSettings, "proof"): display.web_address,
    (DisplaySettings, "background"): display.background,
    (DisplaySettings, "panel"): display.colour,
    (DisplaySettings, "ink"): display.colour,
    (General, "every"): interval,
}


def load(
    path: Path | None,
    sections: Mapping[str, type[object]],
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Return the settings of the file at `path`, or else of the one that `find` returns.

    `sections` maps each section's name to the class of its settings. Raises ConfigError with every
    problem found, one per line.
    """
    path = find(path, environ)
    root, problems = yaml_tree.read(path)
    root = _sorted_in(root, sections, problems)
    homes = {
        slot.key: name
        for name, kind in {**sections, "contest": ContestSettings}.items()
        for slot in slots(kind, READERS)
    }
    fitting = Fitting(READERS, homes, problems)
    _warn_of_open_secrets(path, root)
    root = _with_environment(root, sections, environ)
    fitted = {
        name: fitting.fit(_block(root, name, problems), kind) for name, kind in sections.items()
    }
    rest = {key: entry for key, entry in root.entries.items() if key not in sections}
    general = fitting.fit(Block(root.place, rest), General, beside=sections)
    if problems or general is None:
        raise ConfigError("\n".join(map(str, sorted(set(problems)))))
    for doubt in fitting.doubts:
        log.warning("%s", doubt)
    return Config(
        general.contest,
        general.sources,
        general.every_ms,
        general.view,
        general.theme,
        general.display,
        general.files,
        path,
        tuple(fitted.values()),
    )


def find(path: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration file to use: the first that exists, in the order given above."""
    if path is not None:
        return path
    told = environ.get("TWITTERVOTES_CONFIG")
    if told:
        if not os.path.exists(told):  # noqa: PTH110 - Path.exists raises in a locked folder
            raise ConfigError(f"There is no file {told}; TWITTERVOTES_CONFIG names it.")
        return Path(told)
    for candidate in (Path(NAME), platformdirs.user_config_path("twittervotes", False) / NAME):
        if os.path.exists(candidate):  # noqa: PTH110 - Path.exists raises in a locked folder
            return candidate
    return shipped(NAME)


def _sorted_in(root: Block, sections: Mapping[str, type[object]], problems: list[Problem]) -> Block:
    """Move the top-level keys of the original program's file to where they belong now."""
    entries = dict(root.entries)
    moved = [key for key in entries if FLAT.get(key) in (*sections, "contest")]
    taken = {key: entries.pop(key) for key in moved}
    root = Block(root.place, entries)
    for key, (place, value) in taken.items():
        home = FLAT[key]
        inner = entries[home][1] if home in entries else None
        if isinstance(inner, Block) and key in inner.entries:
            second = inner.entries[key][0].line
            problems.append(Problem(place, f"{shown(key)} is here and in line {second}; keep one."))
        else:
            root = root.put((home, key), place, value)
    return root


def _block(root: Block, name: str, problems: list[Problem]) -> Block:
    if name not in root.entries:
        return Block(root.place)
    _, tree = root.entries[name]
    if isinstance(tree, Block):
        return tree
    if not (isinstance(tree, Scalar) and tree.kind == "null"):
        problems.append(
            Problem(tree.place, f"{name} must be lines 'name: value', indented below it.")
        )
    return Block(tree.place)


def _with_environment(
    root: Block, sections: Mapping[str, type[object]], environ: Mapping[str, str]
) -> Block:
    """Override the file's settings by environment variables; empty variables are ignored."""
    paths = [*single_values(General, READERS)]
    for name, kind in sections.items():
        paths += ((name, *rest) for rest in single_values(kind, READERS))
    known = {PREFIX + "_".join(path).upper(): path for path in paths}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in OTHER_VARIABLES or not text:
            continue
        if variable in known:
            place = Location(variable)
            root = root.put(known[variable], place, Scalar(place, text))
        else:
            log.warning("The variable %s is ignored%s", variable, _suggestion(variable, known))
    return root


def _suggestion(variable: str, known: Iterable[str]) -> str:
    """Return a hint at the intended variable, compared without the common prefix."""
    shorts = [name.removeprefix(PREFIX).lower() for name in (*known, *OTHER_VARIABLES)]
    hint = meant(variable.removeprefix(PREFIX), shorts)
    return re.sub("'(.+)'", lambda match: PREFIX + match[1].upper(), hint) or "."


def _warn_of_open_secrets(path: Path, root: Block) -> None:
    if os.name != "posix" or not _holds_secret(root):
        return
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        log.warning("%s holds secrets and others can read it; run: chmod 600 %s", path, path)


def _holds_secret(tree: Tree) -> bool:
    if isinstance(tree, Items):
        return any(map(_holds_secret, tree.items))
    if isinstance(tree, Scalar):
        return False
    return any(
        (is_secret(key) and not key.endswith("_url") and isinstance(value, Scalar) and value.text)
        or _holds_secret(value)
        for key, (_, value) in tree.entries.items()
    )
