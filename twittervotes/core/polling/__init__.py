"""Polling: when to ask each source, the worker processes, and the pipeline that joins them."""
