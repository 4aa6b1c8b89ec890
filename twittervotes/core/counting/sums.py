"""What votes add up to while they come and go: by choice, by network and by minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.posts import MINUTE_MS
from twittervotes.core.counting.opinions import Cast, CastNumbers

K = TypeVar("K", str, int)

Minutes = npt.NDArray[np.int64]  # since 1970 UTC

CAST_BITS: Final = 30  # of a number that stands for a minute and a cast; minutes take 33


class Sums:
    """Votes by choice, by network and by the minute of posting; `casts` are those of opinions."""

    def __init__(self, choices: int, casts: Sequence[Cast]) -> None:
        self.votes = [0] * choices
        self.networks: dict[str, list[int]] = {}
        self.minutes: dict[int, list[int]] = {}
        self._casts = casts
        self._minute_rows: dict[int, tuple[int, ...]] = {}

    def credit(self, casts: CastNumbers, minutes: Minutes, sign: int = 1) -> None:
        """Count what ballots of these minutes cast, or with -1 as `sign` take it back."""
        if not len(casts):
            return
        together = (minutes << CAST_BITS) | casts
        for each, times in zip(*map(np.ndarray.tolist, np.unique(together, return_counts=True))):  # noqa: B905
            cast = self._casts[each & ((1 << CAST_BITS) - 1)]
            self.put(cast.network, each >> CAST_BITS, cast.choices, sign * times)

    def cast(self, number: int) -> Cast:
        """Return the cast with this number."""
        return self._casts[number]

    def put(self, network: str, minute: int, choices: Sequence[int], times: int) -> None:
        """Count a cast so many times; below zero takes it back."""
        per_network = self.networks.setdefault(network, [0] * len(self.votes))
        per_minute = self.minutes.setdefault(minute * MINUTE_MS, [0] * len(self.votes))
        self._minute_rows.pop(minute * MINUTE_MS, None)
        for choice in choices:
            self.votes[choice] += times
            per_network[choice] += times
            per_minute[choice] += times

    def network_rows(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Return the votes by network, in order, without those that have none."""
        return _rows({name: tuple(row) for name, row in self.networks.items()})

    def minute_rows(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """Return the votes by the first millisecond of each minute, as `network_rows`."""
        for minute in self.minutes.keys() - self._minute_rows.keys():
            self._minute_rows[minute] = tuple(self.minutes[minute])
        return _rows(self._minute_rows)


def _rows(rows: dict[K, tuple[int, ...]]) -> tuple[tuple[K, tuple[int, ...]], ...]:
    return tuple((key, rows[key]) for key in sorted(rows) if any(rows[key]))
