"""The ballot page as a network: its title, and the titles of its sources."""

from __future__ import annotations

from typing import Final

from twittervotes.core.contest.networks import Network

NAME: Final = "web"
UNVERIFIED: Final = "web-open"  # the source whose voters are browsers, without any verification

NETWORK = Network(
    name=NAME,
    title="Ballot page",
    sources={NAME: "Ballot page (codes)", UNVERIFIED: "Ballot page (unverified)"},
)
