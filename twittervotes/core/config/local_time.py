"""Local times, which may be ambiguous or not exist when clocks change.

In the night when clocks go back, 02:30 occurs twice; in the night when they go forward, never. The
program doesn't guess: it asks for the offset from UTC. Pure, except for the machine's time zone.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_LONG_FRACTION = re.compile(r"[0-9]{2}[.,][0-9]{6,}")  # Python parses six digits of it


def now() -> datetime:
    """Return the local time, without a zone. When an hour repeats, its `fold` is set."""
    return datetime.now()  # noqa: DTZ005 - a time with an offset has no fold


def parsed(text: str) -> datetime:
    """Parse a date and time; raise ValueError without a message if the text isn't one.

    Raises ValueError, with a phrase to put after a name, unless it is a whole second: votes are
    judged by the second, because networks report posting times in seconds.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError from None
    offset = at.utcoffset() or timedelta()
    if at.microsecond or offset.microseconds or _LONG_FRACTION.search(text):
        raise ValueError("must be a whole second, such as 2026-11-21 20:00:20, without a fraction")
    return at


def readings(at: datetime) -> tuple[datetime, ...]:
    """Return the moments at which the local clock shows `at` (without a zone): none, one or two.

    Each has its offset from UTC.
    """
    both = (at.replace(fold=fold).astimezone() for fold in (0, 1))
    return tuple(dict.fromkeys(each for each in both if each.replace(tzinfo=None) == at))


def located(at: datetime) -> datetime:
    """Return the one moment at which the local clock shows `at`.

    Raises ValueError, with a phrase to put after a name, if there are two or none.
    """
    match readings(at):
        case (moment,):
            return moment
        case (first, second):
            raise ValueError(
                f"occurs twice, because the clocks go back then: write {written(first)} "
                "for the first"
                f" time, or {written(second)} for the second"
            )
    before, after = sorted(at.replace(fold=fold).astimezone() for fold in (0, 1))
    raise ValueError(
        "doesn't exist, because the clocks go forward then: write"
        f" {written(before)} or {written(after)}"
    )


def written(at: datetime) -> str:
    """Return a moment with its offset, as text: 2026-10-25 02:30+01:00."""
    return at.isoformat(" ", "seconds" if at.second else "minutes")


def text_of(at_ms: int) -> str:
    """Return a moment as local text, with its offset only if it is ambiguous without."""
    at = datetime.fromtimestamp(at_ms // 1000).astimezone()
    here = at.replace(tzinfo=None)
    return written(here if len(readings(here)) == 1 else at)


def offset(at: datetime) -> str:
    """Return the offset of a moment as people write it: UTC+01:00, or UTC alone."""
    return f"UTC{at.isoformat()[-6:] if at.utcoffset() else ''}"
