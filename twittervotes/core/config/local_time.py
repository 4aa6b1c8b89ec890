"""Times of day by this machine's clock, which may come twice or never where clocks are changed.

In the night when clocks go back, 02:30 comes twice; in the night when they go ahead, never. Such a
time is not guessed: whoever wrote it is asked to say which, by the offset from UTC. Pure, but for
the time zone of the machine.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_LONG_FRACTION = re.compile(r"[0-9]{2}[.,][0-9]{6,}")  # of which Python reads six digits


def now() -> datetime:
    """Return the local time, without a zone. When an hour repeats, its `fold` is set."""
    return datetime.now()  # noqa: DTZ005 - a time with an offset has no fold


def parsed(text: str) -> datetime:
    """Return the date and time that `text` says; ValueError without words where it says none.

    Raises ValueError, in words that follow a name, where it is no whole second: votes are told
    apart by the second, as networks tell when they were posted.
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
    """Return the moments at which the clock here shows `at`, which has no zone: none, one or two.

    Each has its offset from UTC.
    """
    both = (at.replace(fold=fold).astimezone() for fold in (0, 1))
    return tuple(dict.fromkeys(each for each in both if each.replace(tzinfo=None) == at))


def located(at: datetime) -> datetime:
    """Return the one moment at which the clock here shows `at`.

    Raises ValueError, in words that follow a name, where there are two or none.
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
    """Return the text of a moment with its offset: 2026-10-25 02:30+01:00."""
    return at.isoformat(" ", "seconds" if at.second else "minutes")


def text_of(at_ms: int) -> str:
    """Return the local text of a moment, with its offset only where it is needed to be sure."""
    at = datetime.fromtimestamp(at_ms // 1000).astimezone()
    here = at.replace(tzinfo=None)
    return written(here if len(readings(here)) == 1 else at)


def offset(at: datetime) -> str:
    """Return the offset of a moment as people write it: UTC+01:00."""
    return f"UTC{at.isoformat()[-6:]}"
