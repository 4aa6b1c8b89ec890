"""Bluesky: its Jetstream, live, and its search."""
