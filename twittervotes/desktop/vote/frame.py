"""What one picture of the window is drawn from: a snapshot, and what the window adds to it."""

from __future__ import annotations

from dataclasses import dataclass

from twittervotes.core.contest.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Moment:
    """A snapshot, the time of day now, and each choice's change in the last minute."""

    snapshot: Snapshot
    now_ms: int
    changes: tuple[int, ...]
    percents: tuple[float, ...]
