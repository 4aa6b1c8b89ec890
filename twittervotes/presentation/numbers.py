"""How every view formats numbers, durations and lists of names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_NAMES = 4


def grouped(number: int) -> str:
    """Format a whole number with thousands separators: 12,480."""
    return f"{number:,}".replace("-", "−")


def signed(number: int) -> str:
    """Format a difference with its sign: +3, −2."""
    return f"{'+' * (number > 0)}{grouped(number)}"


def counted(number: int, thing: str) -> str:
    """Format a number with its noun: 1 vote, 2 votes."""
    return f"{grouped(number)} {thing}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], last: str = "and", most: int = MOST_NAMES) -> str:
    """Join names as in a sentence; beyond `most`, say how many more there are."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} {last} {len(names) - most + 1} more"
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def lasting(seconds: int) -> str:
    """Format a duration: 02:31, or 1:02:31 from an hour on."""
    minutes, left = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}"
