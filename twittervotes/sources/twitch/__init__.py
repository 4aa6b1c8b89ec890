"""Twitch's chat."""

from twittervotes.sources.twitch.source import PLUGIN

__all__ = ["PLUGIN"]
