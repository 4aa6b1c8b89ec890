"""What the window draws, and how: a snapshot with a few additions, and the operator's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from PIL import Image

from twittervotes.core.config.display import DisplaySettings
from twittervotes.core.contest.snapshot import Snapshot
from twittervotes.presentation.outage import Outage
from twittervotes.presentation.trend import TrendKind


@dataclass(frozen=True, slots=True)
class Moment:
    """A snapshot, the current time of day, and each choice's votes by posts in the last minute.

    `outage` is set while sources deliver no data.
    """

    snapshot: Snapshot
    now_ms: int
    changes: tuple[int, ...]
    percents: tuple[float, ...]
    outage: Outage | None = None


class Order(StrEnum):
    """How the choices are sorted."""

    GIVEN = "as entered"
    VOTES = "by votes"
    NAME = "by name"

    @property
    def next(self) -> Order:
        """The order after this one, the first after the last."""
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


class Air(StrEnum):
    """What the audience sees: the choices, the results, or nothing."""

    VOTING = "voting"
    RESULTS = "results"
    NOTHING = "nothing"


@dataclass(slots=True)
class Showing:
    """Settings shared by window and display; they outlive their widgets.

    `link` is the address for voters, `proof` where the result can be checked; `is_displayed` says
    whether the audience's display is open, `is_cut` that what is on air changes without a fade.
    """

    order: Order = Order.GIVEN
    trend: TrendKind = TrendKind.RATE
    air: Air = Air.RESULTS
    display: DisplaySettings = field(default_factory=DisplaySettings)
    link: str = ""
    proof: str = ""
    logo: Image.Image | None = None
    is_displayed: bool = False
    is_cut: bool = False
    _seen: Air | None = field(default=None, init=False)
    _since_ms: int = field(default=0, init=False)

    @property
    def seen(self) -> Air | None:
        """What the audience's display shows, None while it is closed."""
        return self.air if self.is_displayed else None

    def seen_since(self, now_ms: int) -> int:
        """Return since when that is so, if this is called at each change."""
        if self.seen is not self._seen or not self._since_ms:
            self._seen, self._since_ms = self.seen, now_ms
        return self._since_ms

    @property
    def hidden(self) -> bool:
        """Whether all views must hide the results from the audience."""
        return self.air is not Air.RESULTS

    @hidden.setter
    def hidden(self, hidden: bool) -> None:
        self.air = Air.VOTING if hidden else Air.RESULTS
