"""The ballots that a recount sorts, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twittervotes.core.ledger.arrays import zeros
from twittervotes.core.ledger.batch import Numbers, Places, Words
from twittervotes.core.ledger.versions import RowNumbers

if TYPE_CHECKING:
    from twittervotes.core.counting.opinions import CastNumbers


class Ballots(NamedTuple):
    """Posts that may count, as arrays of one length: the values that decide which of them do."""

    numbers: RowNumbers
    keys: Words
    seals: Words
    times: Numbers

    def at(self, places: Places | slice) -> Ballots:
        """Return the ballots at these places, in that order."""
        return Ballots(
            self.numbers[places], self.keys[places], self.seals[places], self.times[places]
        )


class KeptBallots:
    """Ballots and their casts, in arrays that use memory only for the ballots they hold."""

    def __init__(self, room: int) -> None:
        """Start without ballots; `room` is the maximum number that may come."""
        self.size = 0
        self._ballots = Ballots(
            zeros(room, np.uint32, is_sparse=True),
            zeros(room, np.uint64, is_sparse=True),
            zeros(2 * room, np.uint64, is_sparse=True).reshape(-1, 2),
            zeros(room, np.int64, is_sparse=True),
        )
        self._casts = zeros(room, np.uint32, is_sparse=True)

    def put(self, ballots: Ballots, casts: CastNumbers) -> None:
        """Add ballots."""
        here = slice(self.size, self.size + len(casts))
        self._ballots.numbers[here] = ballots.numbers
        self._ballots.keys[here] = ballots.keys
        self._ballots.seals[here] = ballots.seals
        self._ballots.times[here] = ballots.times
        self._casts[here] = casts
        self.size += len(casts)

    def all(self) -> tuple[Ballots, CastNumbers]:
        """Return all ballots."""
        whole = slice(self.size)
        return self._ballots.at(whole), self._casts[whole]
