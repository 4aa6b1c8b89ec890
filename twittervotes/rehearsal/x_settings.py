"""The settings of the simulated v2 search beyond the audience and the common faults."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Refusal(StrEnum):
    """The ways in which v2 refuses a request, each with its own body."""

    CREDITS = "credits"
    CREDITS_DEPLETED = "credits-depleted"
    SPEND_CAP = "spend-cap"
    USAGE_CAP = "usage-cap"
    NOT_ENROLLED = "not-enrolled"
    UNAUTHORIZED = "unauthorized"
    TOO_MANY = "too-many"
    TOO_MANY_BY_CODE = "too-many-by-code"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class SimulatedXSettings:
    """The behaviour of one simulated v2 search."""

    names: Literal["tweet", "post", "both"] = "both"  # which field names it understands
    edits: float = 0.0  # share of the votes that are edited to another choice
    untagged: float = 0.0  # share of the edits that remove the hashtags
    edited_s: float = 6.0  # maximum seconds after posting
    retweets: bool = False  # since May 2026 the search finds none
    partial: float = 0.0  # share of the pages with errors beside their data
    empty: float = 0.0  # share of the pages without posts that aren't the last
    credit: int | None = None  # posts until the credits are used up; each counts once a day
    token_life_s: float = 7200.0  # of an access token of OAuth 2.0

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in self._shares()):
            raise ValueError("edits, untagged, partial and empty are shares: from 0 to 1.")
        if self.edited_s <= 0 or self.token_life_s <= 0:
            raise ValueError("edited_s and token_life_s must be above 0.")

    def _shares(self) -> tuple[float, ...]:
        return self.edits, self.untagged, self.partial, self.empty
