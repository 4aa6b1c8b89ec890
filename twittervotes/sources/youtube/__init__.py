"""YouTube's live chat."""

from twittervotes.sources.youtube.source import PLUGIN

__all__ = ["PLUGIN"]
