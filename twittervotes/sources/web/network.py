"""The ballot page as a network: its title, and what its sources are called."""

from __future__ import annotations

from typing import Final

from twittervotes.core.contest.networks import Network

NAME: Final = "web"
UNVERIFIED: Final = "web-open"  # the source whose voters are browsers, which nobody has checked

NETWORK = Network(
    name=NAME,
    title="Ballot page",
    sources={NAME: "Ballot page (codes)", UNVERIFIED: "Ballot page (unverified)"},
)
