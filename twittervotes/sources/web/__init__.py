"""Ballots cast on the vote's own page."""

from twittervotes.sources.web.source import PLUGIN

__all__ = ["PLUGIN"]
