"""A live, exact and provable vote counter for hashtags."""

__version__ = "0.1.0"
