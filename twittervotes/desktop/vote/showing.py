"""How the operator wants things shown: in which order, and whether the audience may see results."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Order(StrEnum):
    """In which order the choices stand."""

    GIVEN = "as given"
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
