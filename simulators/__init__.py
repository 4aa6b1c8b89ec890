"""Simulated networks for tests and benchmarks; they don't ship with the product."""
