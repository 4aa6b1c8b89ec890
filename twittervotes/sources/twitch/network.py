"""Twitch's chat as a network: its title, and how an account is named."""

from __future__ import annotations

from twittervotes.core.contest.networks import Network

NETWORK = Network(name="twitch", title="Twitch", accounts="its user ID on Twitch")
