"""Number formats of the viewer's language; pure.

A page says which language its numbers use, so that the browser continues in it. The texts
themselves are English.
"""

from __future__ import annotations

import re
from typing import NamedTuple

NARROW, WIDE = "\u202f", "\u00a0"


class Format(NamedTuple):
    """The separators of thousands and fractions, and the least digits that are separated."""

    language: str
    thousands: str
    fraction: str
    least: int = 4

    def whole(self, number: int) -> str:
        """Format a whole number: 12,480."""
        digits = f"{number:,}" if abs(number) >= 10 ** (self.least - 1) else str(number)
        return digits.replace("-", "\u2212").replace(",", self.thousands)

    def tenths(self, number: float) -> str:
        """Format a number with one decimal: 46.2."""
        return f"{number:.1f}".replace(".", self.fraction)


_ALL = (
    *(Format(name, ",", ".") for name in ("en", "ja", "zh", "ko", "he", "th")),
    *(Format(name, ".", ",") for name in ("de", "it", "nl", "da", "tr", "id", "el", "ro")),
    *(Format(name, ".", ",", 5) for name in ("es", "pt")),
    *(Format(name, WIDE, ",") for name in ("sv", "fi", "nb", "no", "cs", "ru", "uk", "sk", "hu")),
    Format("pl", WIDE, ",", 5),
    Format("fr", NARROW, ","),
)
FORMATS = {each.language: each for each in _ALL}
ENGLISH = FORMATS["en"]


def chosen(accepted: str) -> Format:
    """Return the format of the first known language in an Accept-Language header."""
    wishes: list[tuple[float, str]] = []
    for part in accepted[:200].split(","):
        found = re.fullmatch(
            r"\s*([a-z]{2,3})(?:-[\w-]+)?\s*(?:;\s*q=([01](?:\.\d{1,3})?))?\s*", part, re.I
        )
        if found and found[1].lower() in FORMATS:
            wishes.append((-float(found[2] or 1), found[1].lower()))
    best = min(wishes, key=lambda wish: wish[0], default=(0.0, "en"))
    return FORMATS[best[1]]


def clock(ms: int) -> str:
    """Format a duration: 02:31, from an hour on 1:02:31."""
    minutes, seconds = divmod(max(0, -(-ms // 1000)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
