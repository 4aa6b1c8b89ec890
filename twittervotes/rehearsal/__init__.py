"""Simulated networks on this machine, with an audience that posts and a known true result."""
