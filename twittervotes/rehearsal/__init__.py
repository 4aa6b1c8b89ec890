"""Simulated networks on this machine, with an audience that posts and a truth that is known."""
