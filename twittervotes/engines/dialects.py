"""The differences between the engines' SQL; everything else is in `rule_compiler`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """The SQL of one engine where engines differ.

    Args:
        text: Quotes a string as a literal.
        ms: Converts a timestamp to milliseconds since 1970.
        size: Gives the length of a list.
        first: Cuts a list to its first item.
        rows: Turns each item of a list into a row.
        pair: Makes a pair that sorts by its first column, then by its second.
    """

    name: str
    text: Callable[[str], str]
    ms: Callable[[str], str]
    size: Callable[[str], str]
    first: Callable[[str], str]
    rows: Callable[[str], str]
    pair: Callable[[str, str], str]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


DUCKDB = Dialect(
    name="duckdb",
    text=_quoted,
    ms="epoch_ms({})".format,
    size="len({})".format,
    first="list_slice({}, 1, 1)".format,
    rows="unnest({})".format,
    pair="struct_pack({0} := {0}, {1} := {1})".format,
)
SPARK = Dialect(
    name="spark",
    text=_escaped,
    ms="unix_millis({})".format,
    size="size({})".format,
    first="slice({}, 1, 1)".format,
    rows="explode({})".format,
    pair="struct({}, {})".format,
)
