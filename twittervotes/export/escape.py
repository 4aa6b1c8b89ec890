"""Texts from people and networks, made fit for what they are put into; pure."""

from __future__ import annotations

import re

from twittervotes.core.counting.result import iso
from twittervotes.core.errors import LedgerError

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they could turn what follows around


def shown(text: str) -> str:
    """Return `text` for a page or a sheet: one line, written in its own direction only."""
    return _TURNS.sub("", _CONTROLS.sub(" ", text))


def utc(at_ms: int | None) -> str:
    """Return a time as ISO 8601; in a ledger from a stranger it may be no date."""
    try:
        return iso(at_ms) or ""
    except LedgerError:
        return f"{at_ms} ms"
