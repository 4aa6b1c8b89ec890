"""Acts: what an operator or the clock does to a contest, and the state that follows.

The ledger stores acts. The current contest is the original one with all acts applied in order.
`act_kinds` declares what each kind does.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from twittervotes.core.contest.contest import Contest, Rules

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOCK = "the clock"
OPERATOR = "the operator"


class ActKind(StrEnum):
    """The kinds of acts."""

    OPENED = "opened"
    PAUSED = "paused"
    RESUMED = "resumed"
    UNPAUSED = "unpaused"
    CLOSED = "closed"
    EXTENDED = "extended"
    RULED = "ruled"
    EXCLUDED = "excluded"
    ADJUSTED = "adjusted"
    DRAWN = "drawn"
    SETTLED = "settled"
    CERTIFIED = "certified"


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what, when, by whom, and a reason where one is required.

    `until_ms` is the new end of the vote (EXTENDED), `rules` the new rules (RULED), `voter` the
    excluded account (EXCLUDED), `tag` and `votes` a choice and the votes added to it (ADJUSTED),
    `seed` the public seed of a draw (DRAWN), `pause_ms` the begin of the pause that is taken back
    (UNPAUSED), `request` the name of the request that it fulfils, if a desk requested it. New
    fields must default to None: the ledger omits a field that is None, so the entries of all other
    acts keep their bytes.
    """

    does: ActKind
    at_ms: int = 0
    by: str = OPERATOR
    until_ms: int | None = None
    rules: Rules | None = None
    voter: str = ""
    tag: str = ""
    votes: int = 0
    seed: str = ""
    reason: str = ""
    pause_ms: int | None = None
    request: str | None = None

    @property
    def longest(self) -> int:
        """The length of the longest text in the act."""
        values = (getattr(self, each.name) for each in fields(self))
        return max(len(value) for value in values if isinstance(value, str))

    @property
    def times(self) -> tuple[int, ...]:
        """All times that the act names, its own first."""
        times = (self.at_ms, self.until_ms, self.pause_ms)
        return tuple(at_ms for at_ms in times if at_ms is not None)


class State(StrEnum):
    """The states of a contest."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    PAUSED = "paused"
    CLOSING = "closing"
    PROVISIONAL = "provisional"
    CERTIFIED = "certified"


def second_before(at_ms: int) -> int:
    """Return the full second that `at_ms` falls in."""
    return at_ms - at_ms % 1000


def second_after(at_ms: int) -> int:
    """Return the next full second, or `at_ms` itself if it is one."""
    return at_ms + -at_ms % 1000


def state(contest: Contest, acts: Iterable[Act], now_ms: int) -> State:
    """Return the state of `contest` after `acts` at `now_ms`."""
    done = {act.does for act in acts}
    if ActKind.CERTIFIED in done:
        return State.CERTIFIED
    if ActKind.SETTLED in done:
        return State.PROVISIONAL
    if contest.closes_ms is not None and now_ms >= contest.closes_ms:
        return State.CLOSING
    if now_ms < contest.opens_ms:
        return State.SCHEDULED
    return State.PAUSED if contest.is_paused else State.OPEN
