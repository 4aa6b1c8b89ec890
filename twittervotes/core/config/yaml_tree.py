"""Parse a YAML file into a small tree that knows where each value is and what is wrong with it.

Every scalar is kept as the text that was written, so `no` stays no, `1.10` stays 1.10 and an ID of
20 digits stays exact; callers convert it to a number if they need one. The text is hostile until
checked: its size and depth are bounded, aliases and tags are refused. Knows no settings. No message
here quotes a value, because it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

import yaml

from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 256 * 1024
DEEPEST = 12
_STR_TAG = "tag:yaml.org,2002:str"
# The same line after the value, or alone on the next, indented; "# words" is a plain comment.
_REMARK = re.compile(r"[ \t]*(#[^\s#]\S*)|[ \t]*\n[ \t]+(#\w+)[ \t]*(?:\n|$)")
_QUOTED = r""""[^"\n]*"|'[^'\n]*'"""
_TAG = r"(?<=[\s\[,])(#[^\s#,\]]+)"
_TAG_IN_LIST = re.compile(rf"(?:{_QUOTED})|{_TAG}")
_TAG_IN_OPEN_LIST = re.compile(
    rf"""^(?:[^#\n"'\[]|{_QUOTED})*\[(?:[^#\n"'\]]|{_QUOTED})*{_TAG}""", re.MULTILINE
)


class Location(NamedTuple):
    """Where a value was given: line and column of a file, or a name such as a variable's."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


class Problem(NamedTuple):
    """Something wrong, and what to do about it."""

    place: Location
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as written.

    `kind` is the type that YAML itself would infer. `remark` is text that begins with '#' right
    after the value, which YAML takes for a comment.
    """

    place: Location
    text: str = field(repr=False)
    kind: str = "str"
    remark: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `remark` is text with '#' inside its brackets, which YAML takes for a comment."""

    place: Location
    items: tuple[Tree, ...] = ()
    remark: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Block:
    """Keys with their values, each key with its place."""

    place: Location
    entries: Mapping[str, tuple[Location, Tree]] = field(default_factory=dict)

    def put(self, path: tuple[str, ...], place: Location, value: Tree) -> Block:
        """Return a copy with `value` at `path`; create the blocks in between.

        Anything else in the way is kept, because it is an error that must be reported.
        """
        key, *rest = path
        if rest:
            inner = self.entries[key][1] if key in self.entries else Scalar(place, "", "null")
            if not isinstance(inner, Block):
                if not isinstance(inner, Scalar) or inner.kind != "null":
                    return self
                inner = Block(place)
            value = inner.put(tuple(rest), place, value)
        return Block(self.place, {**self.entries, key: (place, value)})


Tree = Scalar | Items | Block


def read(path: Path) -> tuple[Block, list[Problem]]:
    """Return the tree of a file and the problems found; raise ConfigError if it can't be parsed."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder; name a file.") from None
    except FileNotFoundError:
        raise ConfigError(f"There is no file {path}.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{path} is too large for a configuration (over {MOST_BYTES} bytes).")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: This isn't UTF-8; save the file as UTF-8.") from None
    return parsed(text, str(path))


def parsed(text: str, source: str) -> tuple[Block, list[Problem]]:
    """Return the tree of a text and the problems found; raise ConfigError if it can't be parsed."""
    loader = None
    try:
        # Its errors are reported without their cause: YAML's own messages quote the line, maybe a
        # secret.
        loader = _Loader(text, source)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise ConfigError(str(_explained(error, text, source))) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{source}:{line}: There is a control character here; remove it."
        ) from None
    finally:
        if loader:
            loader.dispose()
    if root is None:
        return Block(Location(source)), []
    problems: list[Problem] = []
    tree = _tree(root, text, source, problems)
    if not isinstance(tree, Block):
        raise ConfigError(
            f"{tree.place}: This isn't a setting; write each one as 'name: value', with a space"
            " after the colon."
        )
    return tree, problems


class _Loader(yaml.SafeLoader):
    """A loader that rejects aliases, tags and excessive nesting while parsing.

    Looking for them in a separate pass doubled the time.
    """

    def __init__(self, text: str, source: str) -> None:
        super().__init__(text)
        self._source = source
        self._depth = 0

    def get_event(self) -> yaml.Event:
        event: yaml.Event = super().get_event()  # type: ignore[no-untyped-call] # PyYAML has none
        place = _place(event.start_mark, self._source)
        self._depth += isinstance(event, yaml.CollectionStartEvent)
        self._depth -= isinstance(event, yaml.CollectionEndEvent)
        if self._depth > DEEPEST:
            raise ConfigError(f"{place}: The settings are nested too deeply here.")
        sign = "&" if getattr(event, "anchor", None) else ""
        sign = "*" if isinstance(event, yaml.AliasEvent) else sign
        sign = "!" if getattr(event, "tag", None) not in (None, "!", _STR_TAG) else sign
        if sign:
            raise ConfigError(
                f"{place}: A value that begins with {sign!r} must be quoted if it is a text;"
                " in YAML the sign has a meaning that is not used here."
            )
        return event


def _tree(node: yaml.Node, text: str, source: str, problems: list[Problem]) -> Tree:
    place = _place(node.start_mark, source)
    if isinstance(node, yaml.SequenceNode):
        items = tuple(_tree(item, text, source, problems) for item in node.value)
        return Items(place, items, _commented(node, text) if node.flow_style else "")
    if isinstance(node, yaml.ScalarNode):
        remark = None if node.style else _REMARK.match(text, node.end_mark.index)
        found = (remark[1] or (remark[2] if not node.value else "") or "") if remark else ""
        return Scalar(place, node.value, node.tag.rpartition(":")[2], found)
    entries: dict[str, tuple[Location, Tree]] = {}
    for key, value in node.value:
        key_place = _place(key.start_mark, source)
        if not isinstance(key, yaml.ScalarNode):
            problems.append(Problem(key_place, "A name must be a plain word."))
        elif key.value in entries:
            first = entries[key.value][0].line
            problems.append(
                Problem(key_place, f"{shown(key.value)} is here and in line {first}; keep one.")
            )
        else:
            entries[key.value] = (key_place, _tree(value, text, source, problems))
    return Block(place, entries)


def _commented(node: yaml.Node, text: str) -> str:
    found = _TAG_IN_LIST.finditer(text, node.start_mark.index, node.end_mark.index)
    return next((match[1] for match in found if match[1]), "")


def shown(key: str) -> str:
    """Return a key as it may be shown: without a value that stuck to it ('token:abc')."""
    return repr(re.split(r"[^\w-]", key, maxsplit=1)[0][:40] or "…")


class _Mark(Protocol):
    line: int
    column: int


def _place(mark: _Mark | None, source: str) -> Location:
    return Location(source, mark.line + 1, mark.column + 1) if mark else Location(source)


_EXPLAINED = (
    ("found character '\\t'", "The line is indented with a tab; YAML requires spaces."),
    ("cannot start any token", "A value that begins with this sign must be quoted."),
    (
        "mapping values are not allowed",
        "A text with ': ' in it must be quoted; or the line above lacks the space after ':'.",
    ),
    ("could not find expected ':'", "Each line is 'name: value'; here the ': ' is missing."),
    ("unknown escape character", "In double quotes '\\' is special; use single quotes."),
    ("expected a single document", "'---' starts a second document; keep only one."),
    ("expected <block end>", "The indentation doesn't match the lines above."),
)


def _explained(error: yaml.MarkedYAMLError, text: str, source: str) -> Problem:
    told = f"{error.context} {error.problem}"
    mark = error.problem_mark or error.context_mark
    if re.search("flow|simple key", told):
        tags = [*_TAG_IN_OPEN_LIST.finditer(text, 0, mark.index if mark else len(text))]
        if tags:
            return _unquoted(tags[-1][1], tags[-1].start(1), text, source)
    if error.context_mark and re.search("flow|quoted scalar", told):
        what = "quote" if "quoted" in told else "bracket"
        place = _place(error.context_mark, source)
        return Problem(place, f"The {what} opened here isn't closed properly.")
    for part, sentence in _EXPLAINED:
        if part in told:
            return Problem(_place(mark, source), sentence)
    return Problem(
        _place(mark, source), "This isn't valid YAML; compare it with the default config.yaml."
    )


def _unquoted(tag: str, index: int, text: str, source: str) -> Problem:
    line_start = text.rfind("\n", 0, index) + 1
    return Problem(
        Location(source, text.count("\n", 0, index) + 1, index - line_start + 1),
        f"YAML takes {tag} and what follows for a comment;"
        f' write the hashtag in quotes: "{tag}", or without its sign: {tag.lstrip("#")}.',
    )
