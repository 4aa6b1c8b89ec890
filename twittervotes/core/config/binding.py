"""Bind a parsed tree to settings: frozen dataclasses whose fields say what is allowed.

A field's name is the key, and its type is the type of the value: text, number, boolean, a value of
an enum or a Literal, a list (`tuple[str, ...]`), a block (another dataclass). An integer whose name
ends in `_ms` or `_s` is a duration, and its key lacks the ending: `settle_ms` is `settle: 30s`. Any
other number of seconds keeps its name: `late_s: 0.5`. Problems are collected, not raised, and no
secret is quoted. Knows nothing of YAML, of files and of particular settings.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from twittervotes.core.config.duration import duration, seconds
from twittervotes.core.config.yaml_tree import Block, Items, Location, Problem, Scalar, Tree, shown
from twittervotes.core.errors import TwittervotesError

T = TypeVar("T")
Reader = Callable[[str], str | int | float]
TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Slot(NamedTuple):
    """One setting: the field it fills, its key in a file, its type, and its parser."""

    name: str
    key: str
    hint: type[object]
    reader: Reader | None = None

    @property
    def secret(self) -> bool:
        """Whether the value must not be shown."""
        return is_secret(self.key)


def is_secret(key: str) -> bool:
    """Return whether a value must not be shown, judging by its key."""
    return key == "key" or any(word in key.lower() for word in ("secret", "token", "password"))


def meant(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" if `known` has something similar to `word`, else ""."""
    alike = difflib.get_close_matches(word.lower()[:80], list(known), n=1, cutoff=0.6)
    return f"; did you mean {alike[0]!r}?" if alike else ""


def slots(kind: type[object], readers: Mapping[tuple[type[object], str], Reader]) -> list[Slot]:
    """Return the settings of the dataclass `kind`."""
    found = []
    hints = get_type_hints(kind, include_extras=True)
    for name in _field_names(kind):
        hint = _single(hints[name])
        key, reader = name, None
        if _bare(hint) is float and name.endswith("_s"):
            reader = _seconds
        elif _bare(hint) is int and name.endswith(("_ms", "_s")):
            key, _, unit = name.rpartition("_")
            reader = duration if unit == "ms" else _whole_seconds
        found.append(Slot(name, key, hint, readers.get((kind, key), reader)))
    return found


def single_values(
    kind: type[object], readers: Mapping[tuple[type[object], str], Reader]
) -> Iterator[tuple[str, ...]]:
    """Yield the path of every setting that one line of text can set, including those in blocks."""
    for slot in slots(kind, readers):
        if is_dataclass(slot.hint):
            yield from ((slot.key, *rest) for rest in single_values(slot.hint, readers))
        elif not is_dataclass(get_args(slot.hint)[0] if _is_list(slot.hint) else None):
            yield (slot.key,)


@dataclass(frozen=True, slots=True)
class Fitting:
    """Binds blocks to dataclasses, and collects problems and doubts.

    `readers` parse the texts of single settings, by class and key: they return the value, or raise
    ValueError with a phrase to put after the key, or a TwittervotesError with a sentence. `homes`
    maps each key to its section, for hints to those who wrote it elsewhere.
    """

    readers: Mapping[tuple[type[object], str], Reader] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)

    def fit(
        self, block: Block, kind: type[T], usual: T | None = None, *, beside: Iterable[str] = ()
    ) -> T | None:
        """Return a `kind` with the values of `block`, and defaults from `usual` or the class.

        Returns None if a problem was found. `beside` names further keys that may be in the block.
        """
        known = {slot.key: slot for slot in slots(kind, self.readers)}
        values: dict[str, object] = {}
        if usual is not None:
            values = {slot.name: getattr(usual, slot.name) for slot in known.values()}
        before = len(self.problems)
        for key, (place, tree) in block.entries.items():
            if key in known:
                value = self._value(tree, known[key])
                if value is not None:
                    values[known[key].name] = value
            else:
                self._unknown(key, place, [*known, *beside])
        if len(self.problems) > before:
            return None
        try:
            return msgspec.convert(values, kind, from_attributes=True)
        except (msgspec.ValidationError, TwittervotesError) as error:
            missing = re.match(r"Object missing required field `(\w+)`", str(error))
            if missing:
                self._problem(block.place, f"{missing[1]} is missing.")
            else:
                self._problem(_place_of(block, str(error)), str(error))
            return None

    def _problem(self, place: Location, sentence: str) -> None:
        self.problems.append(Problem(place, sentence))

    def _unknown(self, key: str, place: Location, known: list[str]) -> None:
        hint = meant(key, known)
        if not hint and key in self.homes:
            hint = f"; it belongs under '{self.homes[key]}:'."
        hint = hint or meant(key, self.homes) or f"; the settings here are {', '.join(known)}."
        self._problem(place, f"Unknown setting {shown(key)}{hint}")

    def _value(self, tree: Tree, slot: Slot) -> object:
        if isinstance(tree, Scalar) and tree.kind == "null":
            self._nothing(tree, slot)
            return None
        if _is_list(slot.hint):
            inner = slot._replace(key=f"an item of {slot.key}", hint=get_args(slot.hint)[0])
            return self._items(tree, slot.key, inner)
        if is_dataclass(slot.hint):
            if isinstance(tree, Block):
                return self.fit(tree, slot.hint)
            self._problem(tree.place, f"{slot.key} must be lines 'name: value', indented below it.")
            return None
        if isinstance(tree, Scalar):
            return self._leaf(tree, slot)
        self._problem(tree.place, f"{slot.key} must be one value.")
        return None

    def _nothing(self, scalar: Scalar, slot: Slot) -> None:
        inner = get_args(slot.hint)[0] if _is_list(slot.hint) else slot.hint
        if scalar.remark and _bare(inner) is str:
            self._commented(scalar.place, scalar.remark, slot)

    def _commented(self, place: Location, remark: str, slot: Slot) -> None:
        what, how = ("what follows", "'…'") if slot.secret else (remark, f'"{remark}"')
        self._problem(
            place,
            f"YAML takes {what} for a comment, so {slot.key} is without it;"
            f" write it in quotes: {how}, or put a space after the '#' of a comment.",
        )

    def _items(self, tree: Tree, key: str, slot: Slot) -> object:
        if isinstance(tree, Scalar) and not is_dataclass(slot.hint):
            words = re.split(r"[,\s]+", tree.text.strip(", \t\n"))
            tree = Items(tree.place, tuple(Scalar(tree.place, word) for word in words if word))
        if not isinstance(tree, Items):
            self._problem(tree.place, f"{key} must be a list, each item after '- '.")
            return None
        if tree.remark and _bare(slot.hint) is str:
            self._commented(tree.place, tree.remark, slot)
        values = []
        for item in tree.items:
            if isinstance(item, Scalar) and item.kind == "null":
                before = len(self.problems)
                self._nothing(item, slot)
                if len(self.problems) == before:
                    self._problem(item.place, f"{slot.key} is empty.")
            else:
                values.append(self._value(item, slot))
        return tuple(value for value in values if value is not None)

    def _leaf(self, scalar: Scalar, slot: Slot) -> object:
        if scalar.remark and _bare(slot.hint) is str and not slot.secret:
            self.doubts.append(
                Problem(
                    scalar.place,
                    f"YAML takes {scalar.remark} for a comment; if it belongs to {slot.key},"
                    " put the whole text in quotes.",
                )
            )
        try:
            if scalar.kind == "int" and _bare(slot.hint) is int and re.match("0[0-9]", scalar.text):
                raise ValueError("must not begin with 0, which makes it an octal number in YAML")
            return slot.reader(scalar.text) if slot.reader else _read(scalar.text, slot)
        except ValueError as error:
            self._problem(scalar.place, f"{slot.key} {error}.".replace("?.", "?"))
        except TwittervotesError as error:
            self._problem(scalar.place, str(error))
        return None


def _read(text: str, slot: Slot) -> object:
    hint = _bare(slot.hint)
    if hint is str:
        return text
    if hint is bool:
        if text.lower() not in TRUTHS:
            raise ValueError("must be true or false")
        return TRUTHS[text.lower()]
    names = _names(hint)
    if names:
        if text not in names:
            wrong = "" if slot.secret else meant(text, names)
            raise ValueError(f"must be {', '.join(names[:-1])} or {names[-1]}{wrong}")
        return msgspec.convert(text, hint)
    try:
        value = msgspec.convert(text.strip(), slot.hint, strict=False)
    except msgspec.ValidationError as error:
        wanted = str(error).partition(", got")[0].removeprefix("Expected ")
        wanted = wanted.replace("`int`", "a whole number").replace("`float`", "a number")
        raise ValueError(f"must be {wanted}") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a number")
    return value


def _names(hint: type[object]) -> tuple[str, ...]:
    if get_origin(hint) is Literal:
        return tuple(str(value) for value in get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return tuple(str(member.value) for member in hint)
    return ()


def _seconds(text: str) -> float:
    """Parse a number of seconds, which may be negative, or a duration."""
    return float(text) if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]+)?", text) else duration(text) / 1000


def _whole_seconds(text: str) -> int:
    return seconds(text) // 1000


def _field_names(kind: type[object]) -> list[str]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind!r} isn't a dataclass")
    return [each.name for each in fields(kind)]


def _single(hint: type[object]) -> type[object]:
    """Remove the `| None`: an omitted value is None, and no text stands for it."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    return hint


def _bare(hint: type[object]) -> type[object]:
    if get_origin(hint) is not Annotated:
        return hint
    bare: type[object] = get_args(hint)[0]
    return bare


def _place_of(block: Block, sentence: str) -> Location:
    """Return the place of the setting that `sentence` begins with, else that of `block`."""
    key = sentence.partition(" ")[0]
    return block.entries[key][1].place if key in block.entries else block.place


def _is_list(hint: type[object]) -> bool:
    return get_origin(hint) is tuple
