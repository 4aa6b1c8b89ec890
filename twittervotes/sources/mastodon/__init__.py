"""Mastodon: public hashtag timelines, and streaming with a token."""
