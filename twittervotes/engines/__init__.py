"""Counts posts on engines that exist, by the same rules, compiled to their SQL."""
