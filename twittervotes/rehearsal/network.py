"""The rehearsal as a network."""

from __future__ import annotations

from twittervotes.core.contest.networks import Network

NETWORK = Network("rehearsal", "Rehearsal", sources={"rehearsal": "Rehearsal"})
