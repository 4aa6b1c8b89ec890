"""Which choices the audience likes at a moment, and how active it is: waves, and occasional bursts.

A function of the seed and the second only, so that a rehearsal can be repeated. Knows nothing of
posts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from random import Random

STRETCH_S = 15  # each stretch may have one burst
BURST_S = 5
BURST_FAVOUR = 6.0
BURST_LIVELINESS = 1.8
INTEREST_S = 420  # from one peak of interest to the next
USUAL_LIVELINESS = 1.13  # the long-term mean, including bursts


@dataclass(frozen=True, slots=True)
class Mood:
    """One second: the activity (1 on average), and the choices' cumulative weights."""

    liveliness: float
    weights: tuple[float, ...]


class Popularity:
    """The audience's moods, second by second."""

    def __init__(self, seed: int, choices: int) -> None:
        rng = Random(f"favour {seed}")  # noqa: S311 - a play, no secret
        self._seed = seed
        self._waves = tuple(
            (rng.uniform(-0.3, 0.3), rng.uniform(35, 140), rng.uniform(0, math.tau))
            for _ in range(choices)
        )

    def at(self, second: int) -> Mood:
        """Return the mood of one second, counted from the audience's start."""
        weights = [
            math.exp(bias + 0.9 * math.sin(math.tau * second / period + phase))
            for bias, period, phase in self._waves
        ]
        liveliness = 1 + 0.4 * math.sin(math.tau * second / 47)
        liveliness *= 1 + 0.5 * math.sin(math.tau * second / INTEREST_S)
        burst = Random(f"burst {self._seed} {second // STRETCH_S}")  # noqa: S311 - as above
        favourite, from_s = burst.randrange(len(weights)), burst.randrange(2 * STRETCH_S)
        if from_s <= second % STRETCH_S < from_s + BURST_S:
            weights[favourite] *= BURST_FAVOUR
            liveliness *= BURST_LIVELINESS
        return Mood(liveliness / USUAL_LIVELINESS, tuple(accumulate(weights)))
