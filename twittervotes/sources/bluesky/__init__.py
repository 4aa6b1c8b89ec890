"""Bluesky: Jetstream live, and search."""
