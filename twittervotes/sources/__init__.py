"""The sources: one package per network, and shared modules."""
