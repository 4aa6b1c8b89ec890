"""What X has billed so far, as far as can be known here, and what is left of the budget.

X bills each post that it delivers, but the same post only once per day (UTC). So a worker remembers
the posts that it received today. What was billed before it started it learns from the ledger, in
which every page records its cost. So after an interruption the budget may stop a source early, but
never late. https://docs.x.com/x-api/getting-started/pricing
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY_MS = 86_400_000

_bills: dict[str, Bill] = {}  # of a worker process, by the source's name


@dataclass(slots=True)
class Bill:
    """The posts billed to a source: `before` this worker or today, and today's by ID."""

    before: int
    _told: int = 0  # the part of the total that pages have reported
    _day: int = 0
    _today: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._told = self.before

    @property
    def posts(self) -> int:
        """The number of posts read."""
        return self.before + len(self._today)

    def cost(self, ids: Iterable[str]) -> int:
        """Return how many of these posts aren't on today's bill."""
        return len(set(ids) - self._today)

    def note(self, ids: Iterable[str], now_ms: int) -> None:
        """Add posts to the bill."""
        if now_ms // DAY_MS != self._day:
            self.before += len(self._today)
            self._today.clear()
            self._day = now_ms // DAY_MS
        self._today.update(ids)

    def untold(self) -> int:
        """Return how many posts were added since the last call, for a page to report."""
        untold, self._told = self.posts - self._told, self.posts
        return untold


def bill(source: str, spent: int) -> Bill:
    """Return the bill of a source that had `spent` posts on it before its first request here."""
    return _bills.setdefault(source, Bill(spent))


def price(price_per_post: float, budget: int | None) -> str:
    """Say in advance what a vote will cost."""
    each = f"X charges ${price_per_post:g} per post"
    if budget is None:
        many = f"10,000 votes cost about {dollars(10_000, price_per_post)}"
        return f"{each}: {many}, with no limit; set one with x.budget."
    most = dollars(budget, price_per_post)
    return f"{each}: at most {most}, as the budget is {budget:,} posts."


def dollars(posts: int, price_per_post: float) -> str:
    """Return the price of so many posts."""
    return f"${posts * price_per_post:,.2f}"
