"""What the window draws, and how: a snapshot with a few additions, and the operator's wishes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.presentation.outage import Outage


@dataclass(frozen=True, slots=True)
class Moment:
    """A snapshot, the time of day now, and each choice's votes by posts of the last minute.

    `outage` is there while sources give no data.
    """

    snapshot: Snapshot
    now_ms: int
    changes: tuple[int, ...]
    percents: tuple[float, ...]
    outage: Outage | None = None


class Order(StrEnum):
    """In which order the choices stand."""

    GIVEN = "as entered"
    VOTES = "by votes"
    NAME = "by name"

    @property
    def next(self) -> Order:
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


@dataclass(slots=True)
class Showing:
    """What is asked of window and display mode alike; it outlives their widgets."""

    order: Order = Order.GIVEN
    hidden: bool = False
