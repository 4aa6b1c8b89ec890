"""Decode JSON into structs: strictly if that succeeds, otherwise leniently.

Networks, and the tools that store their responses, write "nothing" in many ways: null, NaN, `{}`,
`[]`, "", 0 or false. R puts single texts and numbers into lists or takes them out, MongoDB wraps
numbers, and a truncated text may have half a surrogate pair. The strict decoder is fast and always
tried first. Only JSON that it refuses is parsed in Python, without the optional fields that hold
nothing, and then given to the strict decoder again, which has the last word.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import msgspec
from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
WRAPPED: Final = ("$numberLong", "$numberInt", "$numberDouble", "$numberDecimal")  # by MongoDB
HALF_PAIR: Final = re.compile("[\ud800-\udfff]")
UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)

_decode_raw = msgspec.json.Decoder(msgspec.Raw).decode


class Lenient(Generic[T]):
    """A decoder of JSON into one type."""

    def __init__(self, kind: type[T]) -> None:
        self._strict = msgspec.json.Decoder(kind).decode
        self._kind = inspect.type_info(kind)

    def __call__(self, data: bytes | msgspec.Raw) -> T:
        """Decode `data`. Raises one of UNREADABLE."""
        try:
            return self._strict(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return self.without_nothing(data)

    def without_nothing(self, data: bytes | msgspec.Raw) -> T:
        """Return `data` without optional fields that hold nothing. Raises UNREADABLE."""
        return self._strict(_dumped(_fitted(_loaded(bytes(data)), self._kind)))


def mended(data: bytes) -> bytes:
    """Return `data` as JSON that any decoder accepts, or unchanged if it isn't JSON at all."""
    try:
        _decode_raw(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        try:
            return _dumped(_loaded(data))
        except (ValueError, RecursionError):
            return data
    return data


def is_nothing(value: object) -> bool:
    """Return whether a value means the same as its absence."""
    if isinstance(value, dict):
        value = _unwrapped(value)
    if isinstance(value, dict):
        return all(each is None or each == "" for each in value.values())
    if isinstance(value, list):
        return all(map(is_nothing, value))
    return not value


def _loaded(data: bytes) -> object:
    # bytes that aren't UTF-8 become U+FFFD, and non-numbers become null
    return json.loads(
        data.decode("utf-8", "replace"),
        parse_float=_finite,
        parse_constant=lambda _: None,
        object_hook=_unwrapped,
    )


def _dumped(value: object) -> bytes:
    return HALF_PAIR.sub("\ufffd", json.dumps(value, ensure_ascii=False)).encode()


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _unwrapped(told: dict[str, object]) -> object:
    """Return the number that MongoDB wrapped into `told`, or `told`."""
    if len(told) != 1:
        return told
    ((name, value),) = told.items()
    if name not in WRAPPED or not isinstance(value, str):
        return told
    with suppress(ValueError):
        return int(value)
    with suppress(ValueError):
        return _finite(value)
    return None


def _fitted(value: object, kind: inspect.Type) -> object:
    """Return `value` in the shape of `kind`, as far as possible."""
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    lists = [each for each in kinds if isinstance(each, inspect.ListType)]
    structs = [each for each in kinds if isinstance(each, inspect.StructType)]
    if isinstance(value, list) and lists:
        return [_fitted(item, lists[0].item_type) for item in value if not is_nothing(item)]
    if isinstance(value, dict) and structs:
        return _record(value, structs[0])
    if isinstance(value, str | int) and lists and _is_single(lists[0].item_type):
        return [value]
    if isinstance(value, list) and len(value) == 1 and _is_single(kind):
        return value[0]
    return value


def _is_single(kind: inspect.Type) -> bool:
    """Return whether a type is a text or a number, or optional."""
    if isinstance(kind, inspect.UnionType):
        return all(map(_is_single, kind.types))
    return isinstance(
        kind, inspect.StrType | inspect.IntType | inspect.FloatType | inspect.NoneType
    )


def _record(told: Mapping[str, object], kind: inspect.StructType) -> dict[str, object]:
    """Return the fields of `kind`, without optional ones that hold nothing."""
    return {
        field.encode_name: _fitted(told[field.encode_name], field.type)
        for field in kind.fields
        if field.encode_name in told
        and (field.required or not _is_left_out(told[field.encode_name], field.type))
    }


def _is_left_out(value: object, kind: inspect.Type) -> bool:
    """Return whether a field holds nothing; an empty list means that there are no items."""
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    is_list = isinstance(value, list) and any(isinstance(each, inspect.ListType) for each in kinds)
    return is_nothing(value) and not is_list
