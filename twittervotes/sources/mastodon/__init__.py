"""Mastodon, and other servers with its API."""
