"""The sums of votes as they come and go: by choice, by network and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.posts import FINE_MS, MINUTE_MS, STEP_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twittervotes.core.counting.opinions import CastNumbers, CastVote

K = TypeVar("K", str, int)

Steps = npt.NDArray[np.int64]  # of STEP_MS since 1970 UTC

CAST_BITS: Final = 27  # of a number that stands for a step and a cast; steps take 36


class Sums:
    """Votes by choice, by network and by time of posting; `casts` are those of the opinions.

    Votes up to FINE_MS after `opens_ms` are also split by steps of STEP_MS.
    """

    def __init__(self, choices: int, casts: Sequence[CastVote], opens_ms: int) -> None:
        self.opens_ms = opens_ms
        self.votes = [0] * choices
        self.networks: dict[str, list[int]] = {}
        self.minutes: dict[int, list[int]] = {}
        self.steps: dict[int, list[int]] = {}
        self._casts = casts
        self._minute_rows: dict[int, tuple[int, ...]] = {}

    def credit(self, casts: CastNumbers, steps: Steps, sign: int = 1) -> None:
        """Count what ballots in these steps cast; -1 as `sign` subtracts it."""
        if not len(casts):
            return
        together = (steps << CAST_BITS) | casts
        for each, times in zip(*map(np.ndarray.tolist, np.unique(together, return_counts=True))):  # noqa: B905
            cast = self._casts[each & ((1 << CAST_BITS) - 1)]
            self.put(cast.network, each >> CAST_BITS, cast.choices, sign * times)

    def cast(self, number: int) -> CastVote:
        """Return the cast with this number."""
        return self._casts[number]

    def put(self, network: str, step: int, choices: Sequence[int], times: int) -> None:
        """Count a cast `times` times; negative numbers subtract it."""
        width, at_ms = len(self.votes), step * STEP_MS
        minute = at_ms // MINUTE_MS * MINUTE_MS
        self._minute_rows.pop(minute, None)
        rows = [
            self.votes,
            self.networks.setdefault(network, [0] * width),
            self.minutes.setdefault(minute, [0] * width),
        ]
        if at_ms < self.opens_ms + FINE_MS:
            rows.append(self.steps.setdefault(at_ms, [0] * width))
        for row in rows:
            for choice in choices:
                row[choice] += times

    def network_rows(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Return the votes by network, in order; networks without votes are left out."""
        return _rows({name: tuple(row) for name, row in self.networks.items()})

    def minute_rows(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """Return the votes by minute (its first millisecond), like `network_rows`."""
        for minute in self.minutes.keys() - self._minute_rows.keys():
            self._minute_rows[minute] = tuple(self.minutes[minute])
        return _rows(self._minute_rows)

    def step_rows(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """Return the votes by step (its first millisecond), like `network_rows`."""
        return _rows({at_ms: tuple(row) for at_ms, row in self.steps.items()})


def _rows(rows: dict[K, tuple[int, ...]]) -> tuple[tuple[K, tuple[int, ...]], ...]:
    return tuple((key, rows[key]) for key in sorted(rows) if any(rows[key]))
