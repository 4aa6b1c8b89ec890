"""The wiring: what the start files and the commands put together."""
