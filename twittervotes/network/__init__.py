"""Networking: HTTP with one deadline, and the addresses that secrets may be sent to."""
