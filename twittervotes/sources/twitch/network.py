"""Twitch's chat as a network: its title, and how to name an account."""

from __future__ import annotations

from twittervotes.core.contest.networks import Network

NETWORK = Network(name="twitch", title="Twitch", accounts="its user ID on Twitch")
