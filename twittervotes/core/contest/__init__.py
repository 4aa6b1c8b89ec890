"""Contests, rules, acts, posts and snapshots: values and pure functions."""
