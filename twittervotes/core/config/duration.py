"""Durations and times as an operator writes them: 90, 90s, 3m, 1h30m, 30d.

This is the only grammar for the command line, the configuration and the environment. It knows no
clock. Each parser returns whole milliseconds, or raises ValueError with a phrase to put after a
name ("--time must be …").
"""

from __future__ import annotations

import re
from decimal import Decimal

from twittervotes.core.config import local_time

MOST_MS = 3650 * 86_400_000
_LEAST_INTERVAL_MS = 50
_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_NUMBER = r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_WRITTEN = re.compile("".join(rf"(?:{_NUMBER}{unit})?" for unit in _UNITS))
_CLOCK = re.compile(r"([0-9]{1,4}):([0-9]{2})(?::[0-9]{2})?")
_OPEN_END = re.compile(rf"[0-9.]+([dhm]){_NUMBER}")
_NEXT_UNIT = {"d": "h", "h": "m", "m": "s"}


def duration(text: str) -> int:
    """Parse a duration into milliseconds; a bare number is in seconds."""
    written = re.sub(r"\s+", "", text[:64]).lower()
    if re.fullmatch(_NUMBER, written):
        written += "s"
    match = _WRITTEN.fullmatch(written)
    if not match or not written:
        raise ValueError(_mend(text.strip(), written))
    total = sum(
        Decimal(number) * size
        for number, size in zip(match.groups(), _UNITS.values(), strict=True)
        if number
    )
    if total != int(total):
        raise ValueError("must be whole milliseconds, such as 0.5s or 500ms")
    if total > MOST_MS:
        raise ValueError("must not be longer than ten years (3650d)")
    return int(total)


def moment(text: str) -> int:
    """Parse a date and time into milliseconds since 1970 UTC, in whole seconds.

    Without an offset (2026-11-21 20:00+01:00) it is local time, which must be unambiguous.
    """
    try:
        at = local_time.parsed(text)
    except ValueError as error:
        words = str(error) or "must be a date and time, such as 2026-11-21 20:00"
        raise ValueError(words) from None
    if not 1970 < at.year < 9999:
        raise ValueError("must be a date and time of the present age, such as 2026-11-21 20:00")
    if at.tzinfo is None:
        at = local_time.located(at)
    return int(at.timestamp()) * 1000


def period(text: str) -> int:
    """Parse a duration of at least one second, in whole seconds because networks report those."""
    length = duration(text)
    if length < 1000 or length % 1000:
        raise ValueError("must be whole seconds, at least one, such as 90s or 3m")
    return length


def seconds(text: str) -> int:
    """Parse a duration in whole seconds into milliseconds; it may be zero."""
    length = duration(text)
    if length % 1000:
        raise ValueError("must be whole seconds, such as 30s or 0")
    return length


def interval(text: str) -> int:
    """Parse the minimum time between two requests; it must not be zero."""
    length = duration(text)
    if length < _LEAST_INTERVAL_MS:
        raise ValueError(f"must be at least {_LEAST_INTERVAL_MS}ms, such as 0.5s or 2s")
    return length


def format_duration(length_ms: int) -> str:
    """Return the shortest text that `duration` parses as `length_ms`: 90000 gives '1m30s'."""
    parts = []
    for unit, size in _UNITS.items():
        number, length_ms = divmod(length_ms, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def _mend(text: str, written: str) -> str:
    clock = _CLOCK.fullmatch(written)
    if clock:
        first, second = clock.groups()
        return (
            f"is written with units: {first}m{second}s for minutes and seconds,"
            f" {first}h{second}m for hours and minutes"
        )
    open_end = _OPEN_END.fullmatch(written)
    if open_end:
        return f"needs a unit at its end: {text}{_NEXT_UNIT[open_end[1]]}"
    if written.startswith("-"):
        return "must not be negative"
    return "must be a duration, e.g. 90s, 3m, 1h30m"
